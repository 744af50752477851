"""The inbox: messages that are stored and wait for their turn."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Inbound


async def waiting_of(session: AsyncSession, conversation_id: int) -> list[Inbound]:
    """A conversation's messages that wait, in the gateway's order."""
    query = (
        select(Inbound)
        .where(Inbound.conversation_id == conversation_id, Inbound.status == "waiting")
        .order_by(Inbound.sent_order, Inbound.id)
    )
    return list((await session.execute(query)).scalars())


async def set_due(session: AsyncSession, conversation_id: int, due_at: datetime) -> None:
    """Messages of one thought are due together."""
    await session.execute(
        update(Inbound)
        .where(Inbound.conversation_id == conversation_id, Inbound.status == "waiting")
        .values(due_at=due_at)
    )


@dataclass(frozen=True)
class Waiting:
    """A conversation with waiting messages: when they are due, and since when one waits."""

    conversation_id: int
    due_at: datetime
    since: datetime


async def next_due(session: AsyncSession, limit: int, apart_from: Collection[int]) -> list[Waiting]:
    """Conversations with waiting messages, but for some, the earliest due first."""
    due = func.min(Inbound.due_at)
    query = (
        select(Inbound.conversation_id, due, func.min(Inbound.received_at))
        .where(Inbound.status == "waiting", Inbound.conversation_id.is_not(None))
        .where(Inbound.conversation_id.not_in(apart_from))
        .group_by(Inbound.conversation_id)
        .order_by(due)
        .limit(limit)
    )
    rows = await session.execute(query)
    return [Waiting(c, due, since) for c, due, since in rows if c is not None and due is not None]


async def insert_inbound(session: AsyncSession, row: Inbound) -> bool:
    """Store a message; False if this very one was taken before, whenever that was."""
    values = {c.key: getattr(row, c.key) for c in Inbound.__table__.columns if c.key != "id"}
    values = {k: v for k, v in values.items() if v is not None}
    maker: Any = postgresql.insert if _is_postgresql(session) else sqlite.insert
    new = maker(Inbound).values(**values).on_conflict_do_nothing().returning(Inbound.id)
    return (await session.execute(new)).first() is not None


def _is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


async def count_attempt(session: AsyncSession, conversation_id: int, before: datetime) -> int:
    """Count another attempt at messages that came before then; the most that one of them had."""
    counted = (
        update(Inbound)
        .where(
            Inbound.conversation_id == conversation_id,
            Inbound.status == "waiting",
            Inbound.received_at < before,
        )
        .values(attempts=Inbound.attempts + 1)
        .returning(Inbound.attempts)
    )
    return max((await session.execute(counted)).scalars(), default=0)


async def inbox_size(session: AsyncSession, now: datetime) -> tuple[int, timedelta]:
    """How many messages wait, and how long the one that is due longest has been."""
    query = select(func.count(), func.min(Inbound.due_at)).where(Inbound.status == "waiting")
    count, oldest = (await session.execute(query)).one()
    return count, max(timedelta(0), now - oldest) if oldest else timedelta(0)


async def failed_messages(session: AsyncSession, limit: int) -> list[Inbound]:
    """Messages whose turn failed, the oldest first."""
    query = select(Inbound).where(Inbound.status == "failed").order_by(Inbound.id).limit(limit)
    return list((await session.execute(query)).scalars())
