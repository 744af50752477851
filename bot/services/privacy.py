"""A person's rights over their data (LOPDP arts. 12 to 16): see it, delete it, be forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Account,
    Broadcast,
    Citizen,
    CommitmentTold,
    Conversation,
    Enrollment,
    HandoffCase,
    Inbound,
    Media,
    Outbound,
    Rating,
    Recipient,
    Report,
    ReportMessage,
    Subscription,
    Workshop,
)
from storage.queries.broadcasts import forget_recipients, keep_fates
from storage.queries.enrollments import enrollments_of
from storage.queries.learning import delete_examples_before
from storage.queries.records import active_subscriptions, reports_of


@dataclass(frozen=True)
class Held:
    """How much is kept about an account."""

    enrollments: int
    reports: int
    subscriptions: int


async def what_is_held(session: AsyncSession, account: Account) -> Held:
    """Counts for a citizen who asks what we have of them."""
    return Held(
        len(await enrollments_of(session, account.id)),
        len(await reports_of(session, account.id)),
        len(await active_subscriptions(session, account.id)),
    )


async def delete_everything(session: AsyncSession, account: Account, now: datetime) -> None:
    """Delete a person's data for good: enrolments give their places back, messages go.

    Reports stay without any link to the person, as the anonymous words that they can always be.
    """
    await session.execute(
        update(Enrollment)
        .where(Enrollment.account_id == account.id)
        .values(status="cancelled", cancelled_at=now, account_id=None, citizen_id=None, reason=None)
    )
    mine = select(Citizen.id).where(Citizen.account_id == account.id)
    await _delete_citizens(session, set((await session.execute(mine)).scalars()))
    mine = select(Report.id).where(Report.account_id == account.id)
    await session.execute(delete(ReportMessage).where(ReportMessage.report_id.in_(mine)))
    for table in (Report, Rating):
        await session.execute(
            update(table).where(table.account_id == account.id).values(account_id=None)
        )
    for gone in (Subscription, CommitmentTold):
        await session.execute(delete(gone).where(gone.account_id == account.id))
    mine = select(Conversation.id).where(Conversation.account_id == account.id)
    await session.execute(delete(HandoffCase).where(HandoffCase.conversation_id.in_(mine)))
    await keep_fates(session, Outbound.conversation_id.in_(mine))
    await forget_recipients(session, Recipient.account_id == account.id)
    await session.execute(delete(Outbound).where(Outbound.conversation_id.in_(mine)))
    await _empty_messages(session, Inbound.conversation_id.in_(mine))
    account.consent_at = account.consent_words = None


async def _empty_messages(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Leave of messages only their gateway's ids: one that comes again must still do nothing."""
    done = (which, Inbound.status != "waiting")
    await session.execute(
        delete(Media).where(Media.inbound_id.in_(select(Inbound.id).where(*done)))
    )
    nothing = {"text": None, "attachments": None, "album": None, "conversation_id": None,
               "intent": None, "confidence": None, "unclear": False, "error": None}  # fmt: skip
    await session.execute(update(Inbound).where(*done).values(nothing))


async def _delete_citizens(session: AsyncSession, ids: set[int]) -> None:
    await session.execute(
        update(Enrollment).where(Enrollment.citizen_id.in_(ids)).values(citizen_id=None)
    )
    await session.execute(
        update(Citizen).where(Citizen.representative_id.in_(ids)).values(representative_id=None)
    )
    await session.execute(delete(Citizen).where(Citizen.id.in_(ids)))


async def forget_old(session: AsyncSession, now: datetime, months: int) -> int:
    """Delete what is older than the promised time: messages, and people without a course since.

    Returns how many people were forgotten.
    """
    limit = now - timedelta(days=months * 31)
    await keep_fates(session, Outbound.created_at < limit)
    old_ones = select(Broadcast.id).where(Broadcast.planned_at < limit)
    await forget_recipients(
        session, and_(Recipient.broadcast_id.in_(old_ones), Recipient.account_id.is_not(None))
    )
    await session.execute(delete(Outbound).where(Outbound.created_at < limit))
    await session.execute(delete(HandoffCase).where(HandoffCase.closed_at < limit))
    await session.execute(delete(ReportMessage).where(ReportMessage.created_at < limit))
    await _empty_messages(session, Inbound.received_at < limit)
    await delete_examples_before(session, limit.date())
    recent = (
        select(Enrollment.citizen_id)
        .join(Enrollment.workshop)
        .where(Workshop.last_day >= limit.date(), Enrollment.citizen_id.is_not(None))
    )
    # Without the second condition one NULL would make NOT IN true of nobody.
    answering = select(Citizen.representative_id).where(
        Citizen.id.in_(recent), Citizen.representative_id.is_not(None)
    )
    old = select(Citizen.id).where(
        Citizen.created_at < limit, Citizen.id.not_in(recent), Citizen.id.not_in(answering)
    )
    ids = set((await session.execute(old)).scalars())
    await _delete_citizens(session, ids)
    return len(ids)
