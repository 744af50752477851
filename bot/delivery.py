"""Sends outbound rows: in order within a conversation, paced, tried again, at least once.

Nothing is sent inside a transaction: claim and commit, send, record and commit.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Literal, Protocol

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from bot.clock import Clock
from bot.messages import Outgoing, Parcel
from storage.database import Database
from storage.models import Account, Conversation, Outbound

log = logging.getLogger(__name__)
WINDOW = 50  # rows looked at in one round
AT_ONCE = 64  # sends under way on one channel
REASON_LENGTH = 300
_until_recorded = retry(
    retry=retry_if_exception_type(SQLAlchemyError),
    stop=stop_after_attempt(5),
    wait=wait_exponential_jitter(multiplier=0.2, max=10),
    reraise=True,
)


# What may become of sending; named for the outcome, not for a fault of ours (hence N818).
class Throttled(Exception):  # noqa: N818
    """The gateway wants us to wait so many seconds; it doesn't count as an attempt.

    `whole_channel`: it said so of all chats. Otherwise it is taken for one chat's, until a second
    chat is told the same.
    """

    def __init__(self, retry_after: float, whole_channel: bool = False) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
        self.whole_channel = whole_channel


class Undeliverable(Exception):  # noqa: N818
    """Nothing can reach this address: it blocked us, or doesn't exist (any more)."""


class Rejected(Exception):  # noqa: N818
    """The gateway will never take this message; others to the same address may pass."""


class WindowClosed(Rejected):
    """Free text is no longer let through to this person; they must write first."""


class TemplateMissing(Rejected):
    """The template that this message needs isn't there, or isn't approved."""


class TemporaryFailure(Exception):  # noqa: N818
    """Worth another attempt later: the gateway surely didn't take the message."""


class AnswerLost(TemporaryFailure):
    """The message was handed over and no answer came: the gateway may have taken it."""


class TokenExpired(Exception):  # noqa: N818
    """Nothing can be sent on this channel until an operator mends its access."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A gateway's word on a message; `row_id` where it echoes ours. `at` has a time zone."""

    channel: str
    external_id: str
    row_id: int | None
    status: Literal["sent", "delivered", "read", "failed"]
    at: datetime
    error: str = ""


async def note_receipts(session: AsyncSession, receipts: Sequence[Receipt]) -> None:
    """Note how far messages got; never backwards."""
    stages = ("sending", "sent", "delivered", "read")
    for receipt in receipts:
        row = Outbound.id == receipt.row_id
        if receipt.row_id is None:
            row = Outbound.external_id == receipt.external_id
        is_failure = receipt.status == "failed"
        earlier = stages[: 2 if is_failure else stages.index(receipt.status)]
        await session.execute(
            update(Outbound)
            .where(row, Outbound.channel == receipt.channel, Outbound.status.in_(earlier))
            .values(status=receipt.status, error=receipt.error or None)
        )


class Sender(Protocol):
    """A channel's way out."""

    async def send(self, parcel: Parcel) -> str:
        """Send and return the gateway's message id, or raise one of the four errors above."""


def backoff(failures: int, base: float = 1.0, cap: float = 3600.0) -> float:
    """Seconds to wait after so many failures: 1, 4, 16, … times `base`, less up to a half."""
    longest = min(cap, base * 4.0 ** min(failures - 1, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, hides nothing


# aiolimiter's AsyncLimiter(1, gap) would do this, but no locked dependency brings it; the loop
# below also has to know which chats are resting, so that their rows don't hold up the rest.
@dataclass
class Line:
    """One channel: its sender, its pace (a bucket of one, overall and a chat), what is under way.

    Gaps are seconds; instants are those of the monotonic clock.
    """

    channel: str
    sender: Sender
    gap: float
    chat_gap: float
    free_at: float = 0.0
    held_until: float = 0.0
    resting: dict[int, float] = field(default_factory=dict)
    throttled: dict[int, float] = field(default_factory=dict)
    under_way: set[int] = field(default_factory=set)
    stranded: bool = True
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def take_turn(self, conversation_id: int) -> None:
        """Wait for the channel's next turn and spend it on a conversation."""
        await asyncio.sleep(self.free_at - monotonic())
        now = monotonic()
        self.free_at = now + self.gap
        self.resting[conversation_id] = now + self.chat_gap
        self.under_way.add(conversation_id)

    def end_rests(self) -> float | None:
        """Forget rests that are over; the seconds until the next one is."""
        now = monotonic()
        self.resting = {chat: end for chat, end in self.resting.items() if end > now}
        return min(self.resting.values()) - now if self.resting else None

    def throttle(self, conversation_id: int, seconds: float) -> None:
        """Note a gateway's "wait". One chat's is its own; of two at once, the whole channel's."""
        now = monotonic()
        self.throttled[conversation_id] = now + seconds
        self.throttled = {chat: end for chat, end in self.throttled.items() if end > now}
        if len(self.throttled) > 1:
            self.held_until = max(self.held_until, now + seconds)

    def is_full(self) -> bool:
        """Whether nothing more may be started now."""
        return monotonic() < self.held_until or len(self.under_way) >= AT_ONCE


class Delivery:
    """Sends the queued rows of the channels that were added; one process runs it.

    The clock must run: retries wait by it, also where the dialogue's is frozen. `attempts` is the
    limit for a row, `poll` and `patience` (the first retry's wait) are seconds.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        attempts: int = 8,
        poll: float = 1.0,
        patience: float = 1.0,
    ) -> None:
        self._database = database
        self._clock = clock
        self._attempts = attempts
        self._poll = poll
        self._patience = patience
        self._lines: list[Line] = []

    def add(self, channel: str, sender: Sender, rate: float, chat_rate: float = 1.0) -> None:
        """Send a channel's rows through `sender`, at most so many a second, overall and a chat."""
        self._lines.append(Line(channel, sender, 1 / rate, 1 / chat_rate))

    def notify(self) -> None:
        """Say that rows were queued: they are looked for at once."""
        for line in self._lines:
            line.wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then finish what is under way."""
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(self._serve(line, stop))
            await stop.wait()
            self.notify()

    async def _serve(self, line: Line, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as sends:
            while not stop.is_set():
                line.wake.clear()
                try:
                    await self._start_due(line, sends, stop)
                except Exception as error:  # noqa: BLE001 - a bad round must not end delivery
                    log.error("delivery: channel=%s %s", line.channel, type(error).__name__)
                rest = line.end_rests()
                with suppress(TimeoutError):
                    await asyncio.wait_for(line.wake.wait(), min(self._poll, rest or self._poll))

    async def _start_due(self, line: Line, sends: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        if line.stranded:
            await self._take_back(line)
        line.end_rests()
        for row in await self._due(line):
            if stop.is_set() or line.is_full():
                return
            await line.take_turn(row.conversation_id)
            sends.create_task(self._deliver(line, row))

    async def _take_back(self, line: Line) -> None:
        # Lowered first: a send that fails while we look must raise it again.
        line.stranded = False
        try:
            count = await self._requeue(line)
        except SQLAlchemyError:
            line.stranded = True
            raise
        if count:
            log.warning("sending again what was cut short: channel=%s rows=%d", line.channel, count)

    async def _requeue(self, line: Line) -> int:
        """Queue rows that a crash or a lost database left between sending and its record."""
        stranded = update(Outbound).where(
            Outbound.channel == line.channel,
            Outbound.status == "sending",
            Outbound.conversation_id.not_in(line.under_way),
        )
        # Attempts were counted before sending, so what breaks us each time comes to an end.
        spent = stranded.where(Outbound.attempts >= self._attempts)
        again = stranded.values(status="queued").returning(Outbound.id)
        async with self._database.write() as session:
            await session.execute(spent.values(status="failed", error="interrupted"))
            return len((await session.execute(again)).all())

    async def _due(self, line: Line) -> Sequence[Outbound]:
        """The first unsent row of each conversation that may be sent to now, oldest first."""
        first = (
            select(func.min(Outbound.id))
            .where(Outbound.channel == line.channel, Outbound.status.in_(("queued", "sending")))
            .group_by(Outbound.conversation_id)
        )
        due = or_(Outbound.next_attempt_at.is_(None), Outbound.next_attempt_at <= self._clock())
        query = (
            select(Outbound)
            .where(Outbound.id.in_(first), Outbound.status == "queued", due)
            .where(Outbound.conversation_id.not_in(line.under_way | line.resting.keys()))
            .order_by(Outbound.id)
            .limit(WINDOW)
        )
        async with self._database.read() as session:
            return (await session.execute(query)).scalars().all()

    async def _deliver(self, line: Line, row: Outbound) -> None:
        try:
            if await self._claim(row):
                await self._send(line, row)
        except Exception as error:  # noqa: BLE001 - the row is taken back, the others go on
            line.stranded = True
            log.error("not recorded: row=%s %s", row.id, type(error).__name__)
        finally:
            line.under_way.discard(row.conversation_id)
            line.wake.set()

    async def _claim(self, row: Outbound) -> bool:
        claim = (
            update(Outbound)
            .where(Outbound.id == row.id, Outbound.status == "queued")
            .values(status="sending", attempts=row.attempts + 1)
            .returning(Outbound.id)
        )
        async with self._database.write() as session:
            return (await session.execute(claim)).first() is not None

    async def _send(self, line: Line, row: Outbound) -> None:
        try:
            external_id = await line.sender.send(
                Parcel(row.id, row.address, Outgoing.from_body(row.body))
            )
        except Exception as error:  # noqa: BLE001 - a sender's own fault counts as an attempt
            log.warning(
                "not sent: channel=%s row=%s attempt=%s %s from %s",
                line.channel, row.id, row.attempts + 1, type(error).__name__,
                type(error.__cause__).__name__,
            )  # fmt: skip
            if isinstance(error, Throttled):
                line.throttle(row.conversation_id, error.retry_after)
            await self._record(row, self._after(error, row), isinstance(error, Undeliverable))
        else:
            sent = {"status": "sent", "external_id": external_id, "sent_at": self._clock()}
            if row.body.get("private"):
                # An anonymous report's folio: nothing may tie it to this address afterwards.
                sent["body"] = {"text": ""}
            await self._record(row, sent)

    def _after(self, error: Exception, row: Outbound) -> dict[str, Any]:
        """The columns of a row that was not sent."""
        reason = str(error)[:REASON_LENGTH]
        attempts, wait = row.attempts + 1, backoff(row.attempts + 1, self._patience)
        if isinstance(error, Throttled):
            attempts, wait = row.attempts, error.retry_after
        elif isinstance(error, Undeliverable | Rejected) or attempts >= self._attempts:
            return {"status": "failed", "error": reason}
        again = self._clock() + timedelta(seconds=wait)
        return {
            "status": "queued", "attempts": attempts, "next_attempt_at": again, "error": reason
        }  # fmt: skip

    @_until_recorded
    async def _record(self, row: Outbound, values: dict[str, Any], closed: bool = False) -> None:
        async with self._database.write() as session:
            mark = update(Outbound).where(Outbound.id == row.id)
            await session.execute(mark.values({"error": None, "next_attempt_at": None, **values}))
            if not closed:
                return
            account = select(Conversation.account_id).where(Conversation.id == row.conversation_id)
            blocked = update(Account).where(Account.id == account.scalar_subquery())
            await session.execute(blocked.values(blocked=True))
            waiting = update(Outbound).where(
                Outbound.conversation_id == row.conversation_id, Outbound.status == "queued"
            )
            await session.execute(waiting.values(status="failed", error=values["error"]))
