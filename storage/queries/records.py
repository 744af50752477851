"""Reports, dialogues, events and subscriptions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from storage.models import (
    Casa,
    Dialogue,
    Event,
    MatrixEntry,
    MatrixSupport,
    Report,
    Subscription,
    Workshop,
    Zone,
)


async def report_by_folio(session: AsyncSession, folio: str) -> Report | None:
    """A report by the number that its citizen was given."""
    return (await session.execute(select(Report).where(Report.folio == folio))).scalar_one_or_none()


async def reports_of(session: AsyncSession, account_id: int) -> list[Report]:
    """What an account reported with its name on it, newest first."""
    query = select(Report).where(Report.account_id == account_id).order_by(Report.id.desc())
    return list((await session.execute(query)).scalars())


async def dialogue_by_slug(session: AsyncSession, slug: str) -> Dialogue | None:
    """A citizen dialogue."""
    return (
        await session.execute(select(Dialogue).where(Dialogue.slug == slug))
    ).scalar_one_or_none()


async def dialogue_slugs(session: AsyncSession) -> list[str]:
    """All dialogues, newest first."""
    query = select(Dialogue.slug).order_by(Dialogue.held_on.desc())
    return list((await session.execute(query)).scalars())


async def next_position(session: AsyncSession, dialogue_id: int, kind: str) -> int:
    """Where a new entry of a matrix goes."""
    query = select(func.max(MatrixEntry.position)).where(
        MatrixEntry.dialogue_id == dialogue_id, MatrixEntry.kind == kind
    )
    return ((await session.execute(query)).scalar_one() or 0) + 1


async def support_of(session: AsyncSession, report_id: int) -> MatrixSupport | None:
    """The matrix entry that a report supports, if it was accepted."""
    query = (
        select(MatrixSupport)
        .where(MatrixSupport.report_id == report_id)
        .options(joinedload(MatrixSupport.entry))
    )
    return (await session.execute(query)).scalar_one_or_none()


async def find_events(
    session: AsyncSession,
    begin: datetime,
    end: datetime,
    *,
    zones: Sequence[str] = (),
    casas: Sequence[str] = (),
    kinds: Sequence[str] = (),
    offset: int = 0,
    limit: int = 5,
) -> tuple[list[Event], int]:
    """A page of events that begin within [begin, end), by time, and their total."""
    where = [Event.starts_at >= begin, Event.starts_at < end]
    if zones:
        where.append(Zone.slug.in_(zones))
    if casas:
        where.append(Casa.slug.in_(casas))
    if kinds:
        where.append(Event.kind.in_(kinds))
    base = select(Event).join(Event.zone).outerjoin(Event.casa).where(*where)
    total = (await session.execute(select(func.count()).select_from(base.subquery()))).scalar_one()
    query = base.options(contains_eager(Event.zone), contains_eager(Event.casa))
    rows = await session.execute(
        query.order_by(Event.starts_at, Event.id).offset(offset).limit(limit)
    )
    return list(rows.scalars()), total


async def get_event(session: AsyncSession, event_id: int) -> Event | None:
    """One event with its zone and Casa."""
    query = select(Event).where(Event.id == event_id)
    loaded = query.options(joinedload(Event.zone), joinedload(Event.casa))
    return (await session.execute(loaded)).scalar_one_or_none()


async def active_subscriptions(session: AsyncSession, account_id: int) -> list[Subscription]:
    """What an account is subscribed to."""
    query = (
        select(Subscription)
        .where(Subscription.account_id == account_id, Subscription.ended_at.is_(None))
        .options(joinedload(Subscription.zone))
    )
    return list((await session.execute(query)).scalars())


async def has_demo(session: AsyncSession) -> bool:
    """Whether there is any demonstration data."""
    query = select(Workshop.id).where(Workshop.demo).limit(1)
    return (await session.execute(query)).first() is not None
