"""Citizens and their enrolments."""

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from storage.models import Casa, Citizen, Enrollment, FolioCounter, Workshop


async def lock_workshop(session: AsyncSession, workshop_id: int) -> Workshop | None:
    """The workshop, locked: places and turns are counted by one transaction at a time."""
    query = select(Workshop).where(Workshop.id == workshop_id).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def count_placed(session: AsyncSession, workshop_id: int) -> int:
    """How many places are taken."""
    query = select(func.count(Enrollment.id)).where(
        Enrollment.workshop_id == workshop_id, Enrollment.status == "placed"
    )
    return (await session.execute(query)).scalar_one()


async def last_turn(session: AsyncSession, workshop_id: int) -> int:
    """The highest turn ever given in the waiting list; 0 if none."""
    query = select(func.max(Enrollment.turn)).where(Enrollment.workshop_id == workshop_id)
    return (await session.execute(query)).scalar_one() or 0


async def count_ahead(session: AsyncSession, enrollment: Enrollment) -> int:
    """How many people wait before this one."""
    query = select(func.count(Enrollment.id)).where(
        Enrollment.workshop_id == enrollment.workshop_id,
        Enrollment.status == "waiting",
        Enrollment.turn < enrollment.turn,
    )
    return (await session.execute(query)).scalar_one()


async def first_waiting(session: AsyncSession, workshop_id: int) -> Enrollment | None:
    """Whoever has waited longest."""
    query = (
        select(Enrollment)
        .where(Enrollment.workshop_id == workshop_id, Enrollment.status == "waiting")
        .order_by(Enrollment.turn)
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def find_citizen(
    session: AsyncSession, account_id: int, kind: str, number: str
) -> Citizen | None:
    """A person by document, among those whom this account gave."""
    query = select(Citizen).where(
        Citizen.account_id == account_id,
        Citizen.document_kind == kind,
        Citizen.document_number == number,
    )
    return (await session.execute(query)).scalar_one_or_none()


async def holder_of(session: AsyncSession, account_id: int) -> Citizen | None:
    """Who writes from this account, if they ever enrolled themselves."""
    query = select(Citizen).where(Citizen.account_id == account_id, Citizen.is_holder).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def active_enrollment(
    session: AsyncSession, workshop_id: int, kind: str, number: str
) -> Enrollment | None:
    """The place or turn in this workshop of whoever has this document, whoever asked for it."""
    query = (
        select(Enrollment)
        .join(Enrollment.citizen)
        .where(
            Enrollment.workshop_id == workshop_id,
            Citizen.document_kind == kind,
            Citizen.document_number == number,
            Enrollment.status != "cancelled",
        )
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def enrollments_of(
    session: AsyncSession, account_id: int, folio: str | None = None
) -> list[Enrollment]:
    """Active enrolments that an account asked for, newest first; one of them by folio."""
    query = (
        select(Enrollment)
        .join(Enrollment.workshop)
        .join(Workshop.casa)
        .where(Enrollment.account_id == account_id, Enrollment.status != "cancelled")
        .options(
            contains_eager(Enrollment.workshop).contains_eager(Workshop.casa).joinedload(Casa.zone),
            joinedload(Enrollment.citizen),
        )
        .order_by(Enrollment.id.desc())
    )
    if folio:
        query = query.where(Enrollment.folio == folio)
    return list((await session.execute(query)).scalars())


async def next_number(session: AsyncSession, prefix: str, year: int) -> int:
    """The next number of a prefix in a year, the first one included; locked until the commit."""
    maker = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # One statement: of two processes that give a year's first number, one waits for the other.
    counted = maker(FolioCounter).values(prefix=prefix, year=year, last=1)
    return (
        await session.execute(
            counted.on_conflict_do_update(
                index_elements=["prefix", "year"], set_={"last": FolioCounter.last + 1}
            ).returning(FolioCounter.last)
        )
    ).scalar_one()
