"""Enrolments as staff see them; `casa_id` keeps a Casa's manager to their own (None: all)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from storage.models import Casa, Citizen, Enrollment, Workshop


@dataclass(frozen=True)
class WorkshopCounts:
    """A workshop with how many have a place, were confirmed, and wait."""

    workshop: Workshop
    placed: int
    confirmed: int
    waiting: int


def _of(casa_id: int | None) -> ColumnElement[bool]:
    return true() if casa_id is None else Workshop.casa_id == casa_id


async def workshops(
    session: AsyncSession, casa_id: int | None, title: str, ended_before: date,
    after: tuple[str, int] | None, limit: int,
) -> list[WorkshopCounts]:  # fmt: skip
    """A page of the workshops that go on, by title; `title` is a part of it in search form."""
    query = (
        select(Workshop)
        .join(Workshop.casa)
        .options(contains_eager(Workshop.casa))
        .where(_of(casa_id), Workshop.last_day >= ended_before)
        .order_by(Workshop.title_search, Workshop.id)
        .limit(limit)
    )
    if title:
        query = query.where(Workshop.title_search.contains(title, autoescape=True))
    if after:
        above = and_(Workshop.title_search == after[0], Workshop.id > after[1])
        query = query.where(or_(Workshop.title_search > after[0], above))
    found = list((await session.execute(query)).scalars())
    return await _counted(session, found)


async def workshop(
    session: AsyncSession, casa_id: int | None, workshop_id: int
) -> WorkshopCounts | None:
    """One workshop, if it is one of theirs."""
    query = (
        select(Workshop)
        .where(Workshop.id == workshop_id, _of(casa_id))
        .options(joinedload(Workshop.casa))
    )
    found = (await session.execute(query)).scalar_one_or_none()
    return (await _counted(session, [found]))[0] if found else None


async def _counted(session: AsyncSession, found: Sequence[Workshop]) -> list[WorkshopCounts]:
    is_placed = Enrollment.status == "placed"
    counts = (
        select(
            Enrollment.workshop_id,
            func.sum(case((is_placed, 1), else_=0)),
            func.sum(case((is_placed & Enrollment.confirmed_at.is_not(None), 1), else_=0)),
            func.sum(case((Enrollment.status == "waiting", 1), else_=0)),
        )
        .where(Enrollment.workshop_id.in_([w.id for w in found]), Enrollment.status != "cancelled")
        .group_by(Enrollment.workshop_id)
    )
    known = {row[0]: tuple(row[1:]) for row in await session.execute(counts)}
    return [WorkshopCounts(w, *known.get(w.id, (0, 0, 0))) for w in found]


async def placed(session: AsyncSession, workshop_id: int) -> list[Enrollment]:
    """Who has a place, by name."""
    query = (
        select(Enrollment)
        .outerjoin(Enrollment.citizen)
        .options(contains_eager(Enrollment.citizen))
        .where(Enrollment.workshop_id == workshop_id, Enrollment.status == "placed")
        .order_by(Citizen.full_name, Enrollment.id)
    )
    return list((await session.execute(query)).scalars())


async def waiting(
    session: AsyncSession, workshop_id: int, after_turn: int, limit: int
) -> list[Enrollment]:
    """A page of the waiting list, in its order."""
    query = (
        select(Enrollment)
        .options(joinedload(Enrollment.citizen))
        .where(Enrollment.workshop_id == workshop_id, Enrollment.status == "waiting",
               Enrollment.turn > after_turn)
        .order_by(Enrollment.turn)
        .limit(limit)
    )  # fmt: skip
    return list((await session.execute(query)).scalars())


async def turned_down(session: AsyncSession, workshop_id: int, limit: int) -> list[Enrollment]:
    """The last ones that staff turned down, with the reason."""
    query = (
        select(Enrollment)
        .options(joinedload(Enrollment.citizen))
        .where(Enrollment.workshop_id == workshop_id, Enrollment.status == "cancelled",
               Enrollment.reason.is_not(None))
        .order_by(Enrollment.id.desc())
        .limit(limit)
    )  # fmt: skip
    return list((await session.execute(query)).scalars())


async def enrollment(session: AsyncSession, casa_id: int | None, folio: str) -> Enrollment | None:
    """One enrolment by folio as it is now, cancelled ones too, if it is one of theirs."""
    query = (
        select(Enrollment)
        .join(Enrollment.workshop)
        .options(
            contains_eager(Enrollment.workshop).joinedload(Workshop.casa),
            joinedload(Enrollment.citizen),
        )
        .where(Enrollment.folio == folio, _of(casa_id))
        .execution_options(populate_existing=True)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def citizen(session: AsyncSession, citizen_id: int | None) -> Citizen | None:
    """A person, such as a representative."""
    return await session.get(Citizen, citizen_id) if citizen_id else None


async def casas(session: AsyncSession, casa_id: int | None) -> list[Casa]:
    """The Casas that they may see, by name."""
    query = select(Casa).order_by(Casa.name)
    if casa_id is not None:
        query = query.where(Casa.id == casa_id)
    return list((await session.execute(query)).scalars())
