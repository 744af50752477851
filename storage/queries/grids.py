"""What sheets of workshops and events are compared with, and filled from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from storage.models import Enrollment, Event, Workshop

AT_ONCE = 500


async def by_slug(session: AsyncSession, model: type[Any], slugs: Sequence[str]) -> dict[str, Any]:
    """Rows by slug."""
    found: dict[str, Any] = {}
    for start in range(0, len(slugs), AT_ONCE):
        query = select(model).where(model.slug.in_(slugs[start : start + AT_ONCE]))
        found |= {row.slug: row for row in (await session.execute(query)).scalars()}
    return found


async def places_taken(session: AsyncSession, workshop_ids: Sequence[int]) -> dict[int, int]:
    """How many people have a place, by workshop."""
    taken: dict[int, int] = {}
    for start in range(0, len(workshop_ids), AT_ONCE):
        query = (
            select(Enrollment.workshop_id, func.count())
            .where(Enrollment.workshop_id.in_(workshop_ids[start : start + AT_ONCE]),
                   Enrollment.status == "placed")
            .group_by(Enrollment.workshop_id)
        )  # fmt: skip
        taken |= {row[0]: row[1] for row in await session.execute(query)}
    return taken


async def workshops_with_names(session: AsyncSession, casa_id: int | None) -> list[Workshop]:
    """All workshops, or a Casa's, with what their cells name."""
    query = (
        select(Workshop)
        .options(joinedload(Workshop.casa), joinedload(Workshop.category),
                 joinedload(Workshop.modality), joinedload(Workshop.cycle))
        .order_by(Workshop.casa_id, Workshop.title_search, Workshop.id)
    )  # fmt: skip
    if casa_id is not None:
        query = query.where(Workshop.casa_id == casa_id)
    return list((await session.execute(query)).scalars())


async def events_with_names(session: AsyncSession, casa_id: int | None) -> list[Event]:
    """All events, or a Casa's, with what their cells name."""
    query = (
        select(Event)
        .options(joinedload(Event.zone), joinedload(Event.casa))
        .order_by(Event.starts_at, Event.id)
    )
    if casa_id is not None:
        query = query.where(Event.casa_id == casa_id)
    return list((await session.execute(query)).scalars())
