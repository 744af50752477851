"""The outbound queue: who is next, what became of it, and what a crash left of unknown fate."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    inspect,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Account, Broadcast, Conversation, Outbound, Recipient

BROADCAST = "broadcast"
# Written out, not as parameters: only so can the planner tell that a partial index fits.
_QUEUED = Outbound.status == literal_column("'queued'")
_PROMPT = Outbound.kind != literal_column("'broadcast'")
BLANK = {"text": ""}
_OPEN = ("queued", "sending", "uncertain")
_BROADCAST_IS = (
    select(Broadcast.status)
    .join(Recipient, Recipient.broadcast_id == Broadcast.id)
    .where(Recipient.id == Outbound.recipient_id)
    .correlate(Outbound)
    .scalar_subquery()
)
# Staff may have stopped the broadcast while the row was under way.
_QUEUED_AGAIN = case(
    (_BROADCAST_IS == "paused", "held"),
    (_BROADCAST_IS == "cancelled", "skipped"),
    else_="queued",
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is to be handed over, as it was before it was claimed, and what its gateway must
    know of the person.
    """

    id: int
    conversation_id: int
    kind: str
    address: str
    body: dict[str, Any]
    attempts: int
    doubtful: int
    language: str
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fates:
    """How many rows of unknown fate were queued again, and how many were left alone for good."""

    doubtful: int
    uncertain: int
    failed: int = 0


async def claim(
    session: AsyncSession,
    channel: str,
    now: datetime,
    handed_at: datetime,
    busy: Collection[int],
    limit: int,
    prompt_only: bool,
) -> tuple[list[Claimed], int]:
    """Mark the next rows as `sending`: each the first of its conversation, replies and notices
    before broadcasts, the oldest first, none of a conversation in `busy`.

    Also returns how many broadcasts were skipped, because nobody wants them (any more).
    """
    told = {"channel": channel, "now": now, "busy": list(busy), "most": limit}
    found = (await session.execute(_next(prompt_only), told)).all()
    unwanted = [r.conversation_id for r in found if r.rank and (r.opted_out or r.blocked)]
    ids = [r.id for r in found if r.conversation_id not in unwanted or not r.rank]
    skipped = await _skip(session, unwanted) if unwanted else 0
    if not ids:
        return [], skipped
    mark = (
        update(Outbound)
        .where(Outbound.id.in_(ids), _QUEUED)
        .values(status="sending", attempts=Outbound.attempts + 1, handed_at=handed_at)
        .returning(Outbound.id)
        .execution_options(synchronize_session=False)
    )
    marked = set((await session.execute(mark)).scalars())
    names = Claimed.__slots__
    return [Claimed(*(getattr(r, n) for n in names)) for r in found if r.id in marked], skipped


@cache
def _next(prompt_only: bool) -> Any:
    """Finds what is next; made once, because making it takes longer than running it."""
    if prompt_only:
        return _heads(prompt=True)
    both = union_all(*(select(_heads(prompt).subquery()) for prompt in (True, False)))
    return both.order_by("rank", "id").limit(bindparam("most"))


def _heads(prompt: bool) -> Any:
    other = aliased(Outbound)
    is_unsent = other.status.in_([literal_column("'queued'"), literal_column("'sending'")])
    is_prompt = other.kind != literal_column("'broadcast'")
    is_earlier = other.id < Outbound.id
    ahead = select(other.id).where(
        is_unsent,
        other.channel == Outbound.channel,
        other.conversation_id == Outbound.conversation_id,
        and_(is_earlier, is_prompt) if prompt else or_(is_earlier, is_prompt),
    )
    is_due = or_(Outbound.next_attempt_at.is_(None), Outbound.next_attempt_at <= bindparam("now"))
    row = (getattr(Outbound, name) for name in Claimed.__slots__[:7])
    return (
        select(*row, Conversation.language, Account.last_inbound_at, Account.opted_out,
               Account.blocked, literal_column("0" if prompt else "1").label("rank"))
        .join(Conversation, Conversation.id == Outbound.conversation_id)
        .join(Account, Account.id == Conversation.account_id)
        .where(Outbound.channel == bindparam("channel"), _QUEUED, _PROMPT if prompt else ~_PROMPT)
        .where(is_due, Outbound.conversation_id.not_in(bindparam("busy", expanding=True)))
        .where(~ahead.exists())
        .order_by(Outbound.id)
        .limit(bindparam("most"))
    )  # fmt: skip


async def _skip(session: AsyncSession, conversations: Collection[int]) -> int:
    """Skip all broadcasts that wait for people who opted out or blocked us."""
    skip = (
        update(Outbound)
        .where(Outbound.conversation_id.in_(conversations), _QUEUED, Outbound.kind == BROADCAST)
        .values(status="skipped", error="opted out, or unreachable")
        .returning(Outbound.id)
        .execution_options(synchronize_session=False)
    )
    return len((await session.execute(skip)).all())


async def give_back(session: AsyncSession, ids: Collection[int]) -> None:
    """Queue rows again that were claimed and surely not handed over."""
    await session.execute(
        update(Outbound)
        .where(Outbound.id.in_(ids), Outbound.status == "sending")
        .values(status=_QUEUED_AGAIN, attempts=Outbound.attempts - 1, handed_at=None)
        .execution_options(synchronize_session=False)
    )


async def take_back(
    session: AsyncSession, channel: str, busy: Collection[int], attempts: int, again_at: datetime
) -> Fates:
    """Decide on rows that a crash or a lost database left between sending and its record: replies
    and notices are queued again, broadcasts never. What came to `attempts` fails.
    """
    stranded = update(Outbound).where(
        Outbound.channel == channel,
        Outbound.status == "sending",
        Outbound.conversation_id.not_in(busy),
    )
    left = stranded.where(Outbound.kind == BROADCAST)
    spent = stranded.where(Outbound.attempts >= attempts)
    changes = (
        left.values(status="uncertain", error="interrupted"),
        # Attempts were counted before sending, so what breaks us each time comes to an end.
        spent.values(status="failed", error="interrupted"),
        stranded.values(
            status="queued", doubtful=Outbound.doubtful + 1, next_attempt_at=again_at
        ),
    )  # fmt: skip
    uncertain, failed, doubtful = [
        len((await session.execute(change.returning(Outbound.id))).all()) for change in changes
    ]
    return Fates(doubtful, uncertain, failed)


async def record_sent(session: AsyncSession, sent: Iterable[tuple[Claimed, str, datetime]]) -> None:
    """The gateway took these rows, as which ids and when; what receipts already said stays."""
    groups: dict[bool, list[dict[str, Any]]] = {}
    for row, external_id, at in sent:
        values = {"row": row.id, "gave": external_id, "at": at}
        groups.setdefault(bool(row.body.get("private")), []).append(values)
    for is_private, rows in groups.items():
        await session.execute(_mark_sent(is_private), rows)


@cache
def _mark_sent(is_private: bool) -> Any:
    table: Any = inspect(Outbound).local_table
    row = table.c
    # Written out: a list as a parameter can't be had for several rows at once.
    is_open = row.status.in_([literal_column(f"'{name}'") for name in _OPEN])
    values: dict[str, Any] = {
        "status": case((is_open, "sent"), else_=row.status),
        "error": case((is_open, None), else_=row.error),
        "external_id": bindparam("gave", type_=row.external_id.type),
        "sent_at": bindparam("at", type_=row.sent_at.type),
        "next_attempt_at": None,
    }
    if is_private:
        # An anonymous report's folio: nothing may tie it to this address afterwards.
        values["body"] = BLANK
    return update(table).where(row.id == bindparam("row")).values(values)


async def record_unsent(session: AsyncSession, row_id: int, values: dict[str, Any]) -> None:
    """What becomes of a row that was not sent, unless a receipt knows better."""
    mark = update(Outbound).where(Outbound.id == row_id, Outbound.status == "sending")
    if values["status"] == "queued":
        values = {**values, "status": _QUEUED_AGAIN}
    new = mark.values({"next_attempt_at": None, **values})
    await session.execute(new.execution_options(synchronize_session=False))


async def close_account(session: AsyncSession, conversation_id: int, reason: str) -> None:
    """Nothing reaches this person: the account is blocked and all that waits for it fails."""
    account = select(Conversation.account_id).where(Conversation.id == conversation_id)
    await session.execute(
        update(Account).where(Account.id == account.scalar_subquery()).values(blocked=True)
    )
    await session.execute(
        update(Outbound)
        .where(Outbound.conversation_id == conversation_id, _QUEUED)
        .values(status="failed", error=reason)
    )


async def handed_since(
    session: AsyncSession, channel: str, since: datetime
) -> list[tuple[int, datetime]]:
    """Conversations and instants of the channel's latest hand-overs, in order."""
    query = (
        select(Outbound.conversation_id, Outbound.handed_at)
        .where(Outbound.channel == channel, Outbound.handed_at > since)
        .order_by(Outbound.handed_at)
    )
    return [(c, at) for c, at in (await session.execute(query)).all() if at is not None]


async def settle(
    session: AsyncSession, which: ColumnElement[bool], values: dict[str, Any], at: datetime
) -> bool:
    """Apply a receipt to the row that `which` selects, if any; fills in what wasn't recorded."""
    noted = (
        update(Outbound)
        .where(which)
        .values({**values, "sent_at": func.coalesce(Outbound.sent_at, at), "next_attempt_at": None})
        .returning(Outbound.id, Outbound.body)
    )
    found = (await session.execute(noted)).first()
    if found is not None and found.body.get("private"):
        await session.execute(
            update(Outbound).where(Outbound.id == found.id).values(body=BLANK)
        )  # fmt: skip
    return found is not None


@dataclass(frozen=True, slots=True)
class Depth:
    """How many rows of a channel wait, and since when the oldest does."""

    count: int
    oldest: datetime


async def depths(session: AsyncSession) -> dict[str, Depth]:
    """The queues, by channel; those without rows are missing."""
    query = (
        select(Outbound.channel, func.count(), func.min(Outbound.created_at))
        .where(_QUEUED)
        .group_by(Outbound.channel)
    )
    return {c: Depth(n, oldest) for c, n, oldest in (await session.execute(query)).all()}


async def fates(session: AsyncSession) -> dict[str, Fates]:
    """For the books, by channel: how often rows were sent again in doubt, how many broadcasts
    are of unknown fate, and how many rows failed. Reads the whole table.
    """
    query = select(
        Outbound.channel,
        func.sum(Outbound.doubtful),
        func.count().filter(Outbound.status == "uncertain"),
        func.count().filter(Outbound.status == "failed"),
    ).group_by(Outbound.channel)
    return {c: Fates(d, u, f) for c, d, u, f in (await session.execute(query)).all()}
