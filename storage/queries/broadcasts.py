"""Broadcasts and their people: planned at once, queued in batches, held back, never twice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Account,
    Broadcast,
    BroadcastText,
    Conversation,
    Event,
    Outbound,
    Recipient,
)
from storage.queries.delivery import BROADCAST

_UNSENT = ("queued", "sending")


def _upsert(session: AsyncSession, table: Any) -> Any:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return (postgresql.insert if is_postgresql else sqlite.insert)(table)


async def lock_broadcast(
    session: AsyncSession, broadcast_id: int, wait: bool = True
) -> Broadcast | None:
    """A broadcast, locked until the commit; None if there is none, or another process has it."""
    query = select(Broadcast).where(Broadcast.id == broadcast_id)
    locked = query.with_for_update(key_share=True, skip_locked=not wait)
    found = await session.execute(locked.execution_options(populate_existing=True))
    return found.scalar_one_or_none()


async def with_status(session: AsyncSession, *statuses: str) -> list[Broadcast]:
    """Broadcasts by status, the oldest first; without one, all."""
    query = select(Broadcast).order_by(Broadcast.id)
    query = query.where(Broadcast.status.in_(statuses)) if statuses else query
    return list((await session.execute(query)).scalars())


async def newest(session: AsyncSession, before: int | None, limit: int) -> list[Broadcast]:
    """The newest broadcasts, below an id."""
    query = select(Broadcast).order_by(Broadcast.id.desc()).limit(limit)
    query = query.where(Broadcast.id < before) if before is not None else query
    return list((await session.execute(query)).scalars())


async def texts(session: AsyncSession, broadcast_id: int, limit: int) -> list[BroadcastText]:
    """The pinned texts of a broadcast, those of it that most people have first."""
    same = and_(
        Recipient.broadcast_id == BroadcastText.broadcast_id,
        Recipient.reason == BroadcastText.reason,
        Recipient.language == BroadcastText.language,
    )
    query = (
        select(BroadcastText)
        .join(Recipient, same)
        .where(BroadcastText.broadcast_id == broadcast_id)
        .group_by(BroadcastText.id)
        .order_by(func.count().desc(), BroadcastText.id)
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def add_in_slot(session: AsyncSession, values: dict[str, Any]) -> int | None:
    """Add a broadcast unless its slot is taken already, by whichever process; its id."""
    new = _upsert(session, Broadcast).values(**values)
    once = new.on_conflict_do_nothing(index_elements=["slot"]).returning(Broadcast.id)
    return (await session.execute(once)).scalar_one_or_none()


async def has_slot(session: AsyncSession, slot: str) -> bool:
    """Whether there is, or was, a broadcast for it."""
    query = select(Broadcast.id).where(Broadcast.slot == slot)
    return (await session.execute(query)).first() is not None


async def free_slot(session: AsyncSession, slot: str) -> None:
    """Let a slot be taken again whose broadcast was cancelled."""
    cancelled = (Broadcast.slot == slot, Broadcast.status == "cancelled")
    await session.execute(update(Broadcast).where(*cancelled).values(slot=None))


async def add_recipients(session: AsyncSession, broadcast_id: int, people: Select[Any]) -> int:
    """Write a row for each person of a segment; how many. The rows never come here."""
    found = people.subquery().columns
    names = [column.name for column in found]
    rows = select(literal(broadcast_id), *found)
    new = insert(Recipient).from_select(["broadcast_id", *names], rows)
    await session.execute(new)
    query = select(func.count()).where(Recipient.broadcast_id == broadcast_id)
    return int((await session.execute(query)).scalar_one())


async def variants(session: AsyncSession, broadcast_id: int) -> list[tuple[str, str]]:
    """The reasons and languages that its people have."""
    query = (
        select(Recipient.reason, Recipient.language)
        .where(Recipient.broadcast_id == broadcast_id)
        .distinct()
    )
    return [(reason, language) for reason, language in (await session.execute(query)).all()]


async def known_events(session: AsyncSession, ids: Collection[int]) -> set[int]:
    """Those of these events that there are."""
    query = select(Event.id).where(Event.id.in_(ids))
    return set((await session.execute(query)).scalars())


async def waiting_ids(
    session: AsyncSession, broadcast_id: int, channel: str, limit: int
) -> list[int]:
    """Who is next to be queued."""
    query = (
        select(Recipient.id)
        .where(Recipient.broadcast_id == broadcast_id, Recipient.channel == channel)
        .where(Recipient.status == literal("waiting", literal_execute=True))
        .order_by(Recipient.id)
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def queue_recipients(session: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    """Make outbound rows of these people's pinned texts; who has one already keeps that one."""
    rows = (
        select(Recipient.channel, Conversation.id, literal(BROADCAST), Account.address,
               BroadcastText.body, literal("queued"), literal(0), literal(0),
               literal(now, Outbound.created_at.type), Recipient.id)
        .join(Account, Account.id == Recipient.account_id)
        .join(Conversation, Conversation.account_id == Account.id)
        .join(BroadcastText, and_(BroadcastText.broadcast_id == Recipient.broadcast_id,
                                  BroadcastText.reason == Recipient.reason,
                                  BroadcastText.language == Recipient.language))
        .where(Recipient.id.in_(ids))
        .order_by(Recipient.id)
    )  # fmt: skip
    names = ["channel", "conversation_id", "kind", "address", "body", "status", "attempts",
             "doubtful", "created_at", "recipient_id"]  # fmt: skip
    await session.execute(
        _upsert(session, Outbound).from_select(names, rows).on_conflict_do_nothing()
    )
    has_row = select(Outbound.id).where(Outbound.recipient_id == Recipient.id).exists()
    await _change(
        session,
        Recipient.id.in_(ids),
        status=case((has_row, "queued"), else_="failed"),
        error=case((has_row, null()), else_="nobody there"),
    )


async def unsent(session: AsyncSession, channel: str) -> int:
    """How many broadcast rows of a channel are queued or under way."""
    query = select(func.count()).where(
        Outbound.channel == channel, Outbound.status.in_(_UNSENT), Outbound.kind == BROADCAST
    )
    return int((await session.execute(query)).scalar_one())


async def is_open(session: AsyncSession, broadcast_id: int) -> bool:
    """Whether anything of it may still be sent."""
    query = (
        select(Recipient.id)
        .outerjoin(Outbound, Outbound.recipient_id == Recipient.id)
        .where(Recipient.broadcast_id == broadcast_id)
        .where((Recipient.status == "waiting") | Outbound.status.in_(_UNSENT))
        .limit(1)
    )
    return (await session.execute(query)).first() is not None


async def hold(session: AsyncSession, broadcast_id: int) -> None:
    """Keep back what is queued; what is under way is not ours to stop."""
    await _change_rows(session, broadcast_id, ("queued",), status="held")


async def release(session: AsyncSession, broadcast_id: int) -> None:
    """Queue again what was kept back."""
    await _change_rows(session, broadcast_id, ("held",), status="queued")


async def skip_rest(session: AsyncSession, broadcast_id: int, why: str) -> None:
    """Whoever still waits gets nothing."""
    await _change_rows(session, broadcast_id, ("queued", "held"), status="skipped", error=why)
    waits = and_(Recipient.broadcast_id == broadcast_id, Recipient.status == "waiting")
    await _change(session, waits, status="skipped", error=why)


async def queue_failed_again(session: AsyncSession, broadcast_id: int) -> int:
    """Queue again what no gateway ever took, for people who may be reached; how many."""
    reachable = select(Conversation.id).join(Conversation.account).where(~Account.blocked)
    never_taken = Outbound.external_id.is_(None) & Outbound.conversation_id.in_(reachable)
    return await _change_rows(
        session, broadcast_id, ("failed",), never_taken,
        status="queued", error=None, attempts=0, next_attempt_at=None,
    )  # fmt: skip


async def keep_fates(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Note on recipients what became of outbound rows that are about to be deleted."""
    fate = case(
        (Outbound.status.in_(("queued", "held")), "skipped"),
        (Outbound.status == "sending", "uncertain"),
        else_=Outbound.status,
    )
    await _change(
        session,
        and_(Recipient.id == Outbound.recipient_id, which),
        status=fate,
        error=Outbound.error,
    )


async def forget_recipients(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Leave of recipients only channel, reason and fate; who still waits gets nothing."""
    waits = and_(which, Recipient.status == "waiting")
    await _change(session, waits, status="skipped", error="data deleted")
    await _change(session, which, account_id=None, person_id=None)


async def _change_rows(
    session: AsyncSession,
    broadcast_id: int,
    statuses: Sequence[str],
    *which: ColumnElement[bool],
    **values: Any,
) -> int:
    """Of a broadcast's outbound rows, those with one of the statuses; how many they were."""
    of_it = select(Recipient.id).where(
        Recipient.broadcast_id == broadcast_id, Recipient.status == "queued"
    )
    change = (
        update(Outbound)
        .where(Outbound.recipient_id.in_(of_it), Outbound.status.in_(statuses), *which)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    result: Any = await session.execute(change)
    return int(result.rowcount)


async def _change(session: AsyncSession, which: ColumnElement[bool], **values: Any) -> int:
    change = update(Recipient).where(which).values(**values)
    quick = change.execution_options(synchronize_session=False)
    result: Any = await session.execute(quick)
    return int(result.rowcount)
