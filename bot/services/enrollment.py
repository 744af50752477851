"""Places and turns: the last place goes to exactly one person, turns have no gaps."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.folios import next_folio
from storage.models import Account, Citizen, Enrollment, Workshop
from storage.queries import enrollments as queries

ADULT_CONSENT_AGE = 15  # LOPDP art. 21 and 24: from 15 a person consents for themselves


@dataclass(frozen=True)
class Person:
    """Who takes part, as given in the form. `phone` is E.164."""

    full_name: str
    document_kind: str
    document_number: str
    birth_date: date
    phone: str


@dataclass(frozen=True)
class Representative:
    """The adult who answers for somebody under 15."""

    full_name: str
    document_kind: str
    document_number: str


def age_on(birth_date: date, day: date) -> int:
    """Completed years."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def needs_representative(birth_date: date, day: date) -> bool:
    """Whether the law asks for a legal representative's consent (LOPDP art. 21)."""
    return age_on(birth_date, day) < ADULT_CONSENT_AGE


async def enroll(
    session: AsyncSession,
    workshop_id: int,
    person: Person,
    account: Account,
    now: datetime,
    representative: Representative | None = None,
) -> Enrollment:
    """Give the last free place, or the next turn of the waiting list.

    Raises SomosError when the workshop is gone or the person is enrolled in it already.
    """
    workshop = await queries.lock_workshop(session, workshop_id)
    if workshop is None:
        raise SomosError("utter_workshop_gone")
    kind, number = person.document_kind, person.document_number
    present = await queries.active_enrollment(session, workshop_id, kind, number)
    if present is not None:
        mine = present.account_id == account.id
        key = "utter_already_enrolled" if mine else "utter_already_enrolled_elsewhere"
        raise SomosError(key, folio=present.folio)
    citizen = await _citizen(session, person, representative, account, now)
    placed = await queries.count_placed(session, workshop_id)
    waiting = await queries.first_waiting(session, workshop_id)
    # A free place belongs to whoever waits for it, not to whoever comes next.
    has_place = placed < workshop.capacity and waiting is None
    turn = None if has_place else await queries.last_turn(session, workshop_id) + 1
    enrollment = Enrollment(
        folio=await next_folio(session, "IN", now),
        workshop_id=workshop_id,
        citizen_id=citizen.id,
        account_id=account.id,
        status="placed" if has_place else "waiting",
        turn=turn,
        created_at=now,
    )
    session.add(enrollment)
    await session.flush()
    return enrollment


async def _citizen(
    session: AsyncSession,
    person: Person,
    representative: Representative | None,
    account: Account,
    now: datetime,
) -> Citizen:
    """The person among this account's, with what was confirmed just now."""
    citizen = await _known_or_new(
        session, account, person.document_kind, person.document_number, now
    )
    citizen.full_name, citizen.birth_date = person.full_name, person.birth_date
    citizen.phone = person.phone
    if representative is not None:
        kind, number = representative.document_kind, representative.document_number
        adult = await _known_or_new(session, account, kind, number, now)
        adult.full_name, adult.phone = representative.full_name, adult.phone or person.phone
        await session.flush()
        citizen.representative_id = adult.id
    await session.flush()
    return citizen


async def _known_or_new(
    session: AsyncSession, account: Account, kind: str, number: str, now: datetime
) -> Citizen:
    found = await queries.find_citizen(session, account.id, kind, number)
    if found is not None:
        return found
    citizen = Citizen(
        account_id=account.id,
        full_name="",
        document_kind=kind,
        document_number=number,
        phone="",
        created_at=now,
    )
    session.add(citizen)
    return citizen


async def mark_holder(session: AsyncSession, account_id: int, enrollment: Enrollment) -> None:
    """Remember who writes from the account, so that they aren't asked for their data again."""
    before = await queries.holder_of(session, account_id)
    if before is not None:
        before.is_holder = False
    citizen = await session.get(Citizen, enrollment.citizen_id)
    if citizen is not None:
        citizen.is_holder = True


async def cancel(
    session: AsyncSession, account_id: int, folio: str, now: datetime
) -> tuple[Enrollment, Enrollment | None]:
    """Give up a place or turn; the freed place goes to whoever has waited longest.

    Returns the cancelled enrolment and the one that moved up, if any. Raises SomosError for a
    folio that this account doesn't hold.
    """
    held = await queries.enrollments_of(session, account_id, folio)
    if not held:
        raise SomosError("utter_folio_unknown", folio=folio)
    enrollment = held[0]
    await queries.lock_workshop(session, enrollment.workshop_id)
    # It may have moved up while we waited for the lock.
    await session.refresh(enrollment, ["status"])
    had_place = enrollment.status == "placed"
    enrollment.status, enrollment.cancelled_at = "cancelled", now
    await session.flush()
    if not had_place:
        return enrollment, None
    return enrollment, await move_up(session, enrollment.workshop)


async def move_up(session: AsyncSession, workshop: Workshop) -> Enrollment | None:
    """Give a free place of a locked workshop to whoever has waited longest, if there are both."""
    waiting = await queries.first_waiting(session, workshop.id)
    if waiting is not None and await queries.count_placed(session, workshop.id) < workshop.capacity:
        waiting.status = "placed"
        await session.flush()
        return waiting
    return None
