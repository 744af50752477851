"""The inbox: what gateways hand over is stored first, acknowledged, and then has its turn.

Nothing stored is lost, whoever is killed when: rows wait until a turn's commit takes them. Short
messages within seconds are one thought; buttons, choices and danger never wait.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import metrics
from bot.clock import Clock, wait_at_most
from bot.dialogue.message_rows import clean, new_row
from bot.dialogue.turn import Turns
from bot.errors import where
from bot.logs import turn_of
from bot.messages import Attachment, Incoming, as_one
from bot.metrics import counted_turn
from storage.models import Conversation, Inbound
from storage.queries.conversations import (
    find_conversation,
    lock_conversation_by_id,
)
from storage.queries.inbox import (
    Waiting,
    count_attempt,
    insert_inbound,
    next_due,
    set_due,
    waiting_of,
)

log = logging.getLogger(__name__)
# Who writes on and on still gets an answer, after so many moments of quiet.
MOST_WAITS = 5
# An album arrives as several messages, also where nothing else waits.
ALBUM_SECONDS = 1.0
AT_ONCE = 8
# SQLite has one writer: turns that queue for it would only keep messages from being stored.
AT_ONCE_ON_SQLITE = 2
POLL = 1.0
# A message that still waits after this long may be what kills its process.
SUSPECT_AFTER = timedelta(seconds=30)
MOST_ATTEMPTS = 3
# Until another look at a conversation that another process has.
LOCKED_REST = timedelta(seconds=0.05)


class Inbox:
    """Stores messages and gives each conversation its turns, one at a time, in order.

    `quiet`: seconds without another message until a thought is complete. `clock` must run, also
    where the dialogue's is frozen.
    """

    def __init__(self, turns: Turns, clock: Clock, quiet: float) -> None:
        self._turns = turns
        self._database = turns.database
        self._clock = clock
        self._quiet = quiet
        self._wake = asyncio.Event()
        self._under_way: set[int] = set()
        self._at_once = AT_ONCE_ON_SQLITE if self._database.is_sqlite else AT_ONCE
        # Conversations that another process has, or whose failure could not even be recorded, and
        # until when they rest.
        self._resting: dict[int, datetime] = {}

    async def store(self, messages: Sequence[Incoming]) -> list[Incoming]:
        """Store messages in one transaction and return those that are new; then acknowledge.

        Raises what the database raises: the gateway must deliver them again.
        """
        # In one order for all processes, so that none waits for a row that another waits with.
        ordered = sorted(map(clean, messages), key=lambda m: m.sender)
        async with self._database.write() as session:
            new = [m for m in ordered if await self._store(session, m)]
        for channel in {m.channel for m in ordered}:
            taken = sum(m.channel == channel for m in new)
            sent = sum(m.channel == channel for m in ordered)
            metrics.received(channel, taken, sent - taken)
        self._wake.set()
        return new

    async def _store(self, session: AsyncSession, incoming: Incoming) -> bool:
        now = self._clock()
        conversation = await find_conversation(session, incoming.channel, incoming.sender, now)
        row = new_row(conversation, incoming, now)
        row.due_at = now
        if not await insert_inbound(session, row):
            return False
        waiting = await waiting_of(session, conversation.id)
        await set_due(session, conversation.id, self._due(waiting, now))
        return True

    def _due(self, waiting: Sequence[Inbound], now: datetime) -> datetime:
        """When a conversation's waiting messages are answered, the newest one among them."""
        said = [row.text or "" for row in waiting]
        hearing = self._turns.hearing
        quiet = self._quiet
        if any(row.album for row in waiting):
            quiet = max(quiet, ALBUM_SECONDS)
        if any(map(hearing.is_urgent, said)) or hearing.is_urgent("\n".join(said)):
            return now
        first = min(row.received_at for row in waiting)
        return min(now + timedelta(seconds=quiet),
                   first + timedelta(seconds=MOST_WAITS * quiet))  # fmt: skip

    async def run(self, stop: asyncio.Event) -> None:
        """Give turns until told to stop; those under way are finished."""
        async with asyncio.TaskGroup() as turns:
            turns.create_task(self._wake_up_at(stop))
            while not stop.is_set():
                self._wake.clear()
                try:
                    wait = await self._start_due(turns)
                except SQLAlchemyError as error:
                    log.error("inbox: %s", type(error).__name__)
                    wait = POLL
                await wait_at_most(wait, self._wake)

    async def _wake_up_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _start_due(self, turns: asyncio.TaskGroup) -> float:
        """Begin the turns that are due; the seconds until something else may be."""
        now = self._clock()
        self._resting = {c: until for c, until in self._resting.items() if until > now}
        free = self._at_once - len(self._under_way)
        if not free:
            return POLL
        async with self._database.read() as session:
            waiting = await next_due(session, free, {*self._resting, *self._under_way})
        for one in waiting:
            if one.due_at > now:
                return min(POLL, (one.due_at - now).total_seconds())
            self._under_way.add(one.conversation_id)
            turns.create_task(self._take_turns(one, now))
        return min([POLL, *((until - now).total_seconds() for until in self._resting.values())])

    async def _take_turns(self, one: Waiting, now: datetime) -> None:
        """Answer what waits in a conversation, thought by thought; a failure stops nobody else."""
        conversation_id = one.conversation_id
        try:
            if one.since < now - SUSPECT_AFTER and await self._is_hopeless(conversation_id, now):
                await self._give_up(conversation_id, "given up: its process ended each time")
            while await self._turn(conversation_id):
                pass
        except Exception as error:  # noqa: BLE001 - whatever broke is recorded, or tried again
            await self._fail(conversation_id, where(error))
        finally:
            self._under_way.discard(conversation_id)
            self._wake.set()

    async def _is_hopeless(self, conversation_id: int, now: datetime) -> bool:
        """Whether what waits here was tried too often: each try is counted before it begins."""
        async with self._database.write() as session:
            return (
                await count_attempt(session, conversation_id, now - SUSPECT_AFTER) > MOST_ATTEMPTS
            )

    async def _turn(self, conversation_id: int) -> bool:
        """One thought in one transaction; whether there may be another."""
        async with self._database.write() as session:
            taken = await self._take(session, conversation_id)
            if taken is None:
                return False
            conversation, rows, has_more = taken
            incoming = as_one([_incoming(row, conversation) for row in rows])
            with turn_of(incoming.channel, incoming.external_id), counted_turn(incoming.channel):
                await self._turns.answer(session, conversation, incoming, rows)
        waited = self._clock() - min(row.received_at for row in rows)
        metrics.answered_after(waited.total_seconds())
        return has_more

    async def _take(
        self, session: AsyncSession, conversation_id: int
    ) -> tuple[Conversation, list[Inbound], bool] | None:
        """The conversation, its next thought, and whether others wait behind; None if another
        process has it, or none is due.
        """
        conversation = await lock_conversation_by_id(session, conversation_id)
        if conversation is None:
            # Not again at once: who has it looks for more itself.
            self._resting[conversation_id] = self._clock() + LOCKED_REST
            return None
        waiting = await waiting_of(session, conversation_id)
        if not waiting or min(r.due_at or r.received_at for r in waiting) > self._clock():
            return None
        thought = next_thought(waiting, joins=self._quiet > 0)
        return conversation, thought, len(waiting) > len(thought)

    async def _fail(self, conversation_id: int, problem: str) -> None:
        try:
            await self._give_up(conversation_id, problem)
        except Exception as error:  # noqa: BLE001 - it stays stored and is tried again
            self._resting[conversation_id] = self._clock() + timedelta(seconds=10 * POLL)
            log.error("turn not recorded: conversation=%s %s", conversation_id, where(error))

    async def _give_up(self, conversation_id: int, problem: str) -> None:
        async with self._database.write() as session:
            taken = await self._take(session, conversation_id)
            if taken is None:
                return
            conversation, rows, _ = taken
            incoming = as_one([_incoming(row, conversation) for row in rows])
            with turn_of(incoming.channel, incoming.external_id), counted_turn(incoming.channel):
                await self._turns.apologise(session, conversation, incoming, rows, problem)

    async def retry(self, inbound_id: int) -> bool:
        """Give a failed message its turn again; False if it has none to have.

        Raises what the turn raises: the message stays failed.
        """
        async with self._database.write() as session:
            row = await session.get(Inbound, inbound_id)
            if row is None or row.status != "failed" or row.conversation_id is None:
                return False
            conversation = await lock_conversation_by_id(session, row.conversation_id, wait=True)
            if conversation is None or not (row.text or row.attachments):
                return False
            row.error = None
            with turn_of(row.channel, row.external_id), counted_turn(row.channel):
                await self._turns.answer(session, conversation, _incoming(row, conversation), [row])
        return True


def next_thought(waiting: Sequence[Inbound], joins: bool = True) -> list[Inbound]:
    """The first messages that are answered together: a button or a number stands alone.

    Where each message is to stand alone (`joins` is False) only an album is one all the same.
    """
    if not joins:
        first, *others = waiting
        return [first, *(row for row in others if row.album and row.album == first.album)]
    thought: list[Inbound] = []
    for row in waiting:
        said = (row.text or "").strip()
        if said.startswith("/") or said.isdigit():
            return thought or [row]
        thought.append(row)
    return thought


def _incoming(row: Inbound, conversation: Conversation) -> Incoming:
    account = conversation.account
    return Incoming(
        account.channel,
        account.address,
        row.external_id,
        row.text or "",
        tuple(Attachment(**a) for a in row.attachments or ()),
        is_public=row.is_public,
    )
