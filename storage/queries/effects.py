"""What those whom a broadcast reached did afterwards; for its effect, not about any one person."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Enrollment, Inbound, Outbound, Recipient, Subscription


def _reached(broadcast_id: int, counted: Any) -> Select[Any]:
    return (
        select(counted)
        .select_from(Recipient)
        .join(Outbound, Outbound.recipient_id == Recipient.id)
        .where(Recipient.broadcast_id == broadcast_id, Outbound.sent_at.is_not(None))
    )


async def effects(session: AsyncSession, broadcast_id: int, until: datetime) -> dict[str, int]:
    """People who wrote after it, their questions, who opted out, and enrolments, all by `until`."""
    people = func.count(Recipient.id.distinct())
    wrote = (Inbound.conversation_id == Outbound.conversation_id) & Inbound.received_at.between(
        Outbound.sent_at, until
    )
    asked = Inbound.intent.like("ask\\_%", escape="\\")
    ended = (Subscription.account_id == Recipient.account_id) & Subscription.ended_at.between(
        Outbound.sent_at, until
    )
    enrolled = (Enrollment.account_id == Recipient.account_id) & Enrollment.created_at.between(
        Outbound.sent_at, until
    )
    questions = func.count(Inbound.id.distinct())
    enrolments = func.count(Enrollment.id.distinct())
    queries = {
        "replied": _reached(broadcast_id, people).join(Inbound, wrote),
        "questions": _reached(broadcast_id, questions).join(Inbound, wrote).where(asked),
        "opted_out": _reached(broadcast_id, people)
        .join(Subscription, ended)
        .join(Account, Account.id == Recipient.account_id)
        .where(Account.opted_out),
        "enrolments": _reached(broadcast_id, enrolments).join(Enrollment, enrolled),
    }
    return {name: int((await session.execute(q)).scalar_one()) for name, q in queries.items()}
