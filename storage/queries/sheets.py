"""What became of a broadcast's people: counted, and line by line."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Outbound, Recipient

By = Literal["channel", "reason", "cause"]
LINE = ("recipient_id", "account_id", "channel", "language", "reason", "fate", "cause",
        "attempts", "sent_at")  # fmt: skip

_state = func.coalesce(Outbound.status, Recipient.status)
_fate = case((_state.in_(("waiting", "queued", "held", "sending")), "waiting"), else_=_state)
_cause = case(
    (_state.in_(("failed", "skipped", "uncertain")), func.coalesce(Outbound.error, Recipient.error))
)
_BY = {"channel": Recipient.channel, "reason": Recipient.reason, "cause": _cause}


def _of(broadcast_id: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Recipient)
        .outerjoin(Outbound, Outbound.recipient_id == Recipient.id)
        .where(Recipient.broadcast_id == broadcast_id)
    )


async def fates(
    session: AsyncSession, broadcast_id: int, by: By
) -> list[tuple[str | None, str, int]]:
    """Group, fate and number: waiting, sent, delivered, read, failed, skipped, uncertain."""
    group = _BY[by]
    query = _of(broadcast_id, group, _fate, func.count()).group_by(group, _fate)
    return [(g, fate, n) for g, fate, n in (await session.execute(query)).all()]


async def totals(session: AsyncSession, ids: Sequence[int]) -> list[tuple[int, str, int]]:
    """Broadcast, fate and number, of several at once."""
    query = (
        select(Recipient.broadcast_id, _fate, func.count())
        .select_from(Recipient)
        .outerjoin(Outbound, Outbound.recipient_id == Recipient.id)
        .where(Recipient.broadcast_id.in_(ids))
        .group_by(Recipient.broadcast_id, _fate)
    )
    return [(i, fate, n) for i, fate, n in (await session.execute(query)).all()]


async def pace(session: AsyncSession, broadcast_id: int, span: timedelta) -> tuple[int, float]:
    """How many were sent in the last `span` before the last one, and over how many seconds.

    By the gateways' times alone: they run also where a trial has frozen the clock.
    """
    last = (await session.execute(_of(broadcast_id, func.max(Outbound.sent_at)))).scalar_one()
    if last is None:
        return 0, 0.0
    recent = _of(broadcast_id, func.count(), func.min(Outbound.sent_at))
    number, first = (await session.execute(recent.where(Outbound.sent_at >= last - span))).one()
    return number, (last - first).total_seconds()


async def lines(session: AsyncSession, broadcast_id: int) -> AsyncIterator[tuple[Any, ...]]:
    """A line for each person, as `LINE` names its fields: ids, no addresses and no words."""
    query = _of(
        broadcast_id, Recipient.id, Recipient.account_id, Recipient.channel, Recipient.language,
        Recipient.reason, _fate, _cause, func.coalesce(Outbound.attempts, 0), Outbound.sent_at,
    ).order_by(Recipient.id)  # fmt: skip
    async for row in await session.stream(query):
        yield tuple(row)
