"""Sends outbound rows: in order within a conversation, paced, replies before broadcasts.

What a crash cut short is of unknown fate: replies are sent again, broadcasts never.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.clock import Clock, wait_at_most
from bot.delivery.errors import Sender
from bot.delivery.handing_over import HandOver
from bot.delivery.line import Line, LineStatus
from bot.delivery.pacing import ChatPaces, Pace
from bot.errors import where
from storage.database import Database
from storage.leadership import Leadership
from storage.queries import delivery as queries
from storage.queries.delivery import Claimed

log = logging.getLogger(__name__)
TOKEN_PAUSE = 60.0
# What was handed over before our time, and how much later than it says it may have been.
WINDOW, LATE = 1.0, 0.05


class Delivery:
    """Sends the queued rows of the channels that were added, each while this process leads there.

    The clock must run: retries wait by it, also where the dialogue's is frozen. `attempts` is the
    limit for a row; `poll`, `patience` (the first retry's wait) and `token_pause` are seconds.
    While `is_quiet` says so, broadcasts wait; replies and notices don't.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leadership: Leadership | None = None,
        attempts: int = 8,
        poll: float = 1.0,
        patience: float = 1.0,
        token_pause: float = TOKEN_PAUSE,
        is_quiet: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._is_quiet = is_quiet
        self._clock = clock
        if leadership is None and not database.is_sqlite:
            raise ValueError("several processes may send: say who leads")
        self._leadership = leadership or Leadership(database)
        self._attempts = attempts
        self._poll = poll
        self._hand_over = HandOver(database, clock, attempts, patience, token_pause)
        self._lines: dict[str, Line] = {}
        self._leadership.listen(lambda channel: self._wake({channel}))
        database.on_queued(self._queued)

    def add(
        self,
        channel: str,
        sender: Sender,
        rate: float,
        chat_rate: float = 1.0,
        chat_burst: int = 1,
        proof: float = 0.0,
    ) -> None:
        """Send a channel's rows through `sender`, at most so many a second, overall and a chat.

        A chat may have `chat_burst` at once. `proof`: seconds to wait for a receipt before a row
        of unknown fate is sent again.
        """
        paces = Pace(rate), ChatPaces(chat_rate, chat_burst)
        line = self._lines[channel] = Line(channel, sender, *paces, proof)
        self._leadership.compete(_name(channel), line.wake.set)

    def status(self) -> Mapping[str, LineStatus]:
        """How each channel's way out is."""
        return {channel: line.status() for channel, line in self._lines.items()}

    def notify(self) -> None:
        """Say that rows were queued: they are looked for at once."""
        self._wake(self._lines)

    def _wake(self, channels: Collection[str]) -> None:
        for line in self._lines.values():
            if line.channel in channels:
                line.has_news = True
                line.wake.set()

    def _queued(self, channels: Collection[str]) -> None:
        """Rows were queued by this process; who sends may be another."""
        self._wake(channels)
        for channel in channels:
            if channel in self._lines and not self._leadership.holds(_name(channel)):
                self._leadership.tell(channel)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then finish what is under way."""
        async with asyncio.TaskGroup() as group:
            for line in self._lines.values():
                group.create_task(self._serve(line, stop))
            await stop.wait()
            self.notify()

    async def _serve(self, line: Line, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as sends:
            while not stop.is_set():
                line.wake.clear()
                try:
                    wait = await self._start_due(line, sends, stop)
                except Exception as error:  # noqa: BLE001 - a bad round must not end delivery
                    log.error("delivery: channel=%s %s", line.channel, where(error))
                    wait, line.stranded = self._poll, True
                if wait > 0:
                    await wait_at_most(min(wait, self._poll), line.wake)

    async def _start_due(self, line: Line, sends: asyncio.TaskGroup, stop: asyncio.Event) -> float:
        """Begin to send what is next; the seconds until there may be something else."""
        if not await self._leads(line):
            return self._poll
        if line.stranded:
            await self._take_back(line)
        room, for_broadcasts = line.room()
        if self._is_quiet():
            for_broadcasts = 0
        if not room:
            return self._poll
        if (wait := line.until_turn()) > 0:
            if not line.has_news:
                return wait
            if (sooner := line.until_turn(is_urgent=True)) > 0:
                return min(wait, sooner)
            for_broadcasts = 0
        claimed, skipped = await self._claim(line, room, for_broadcasts)
        for one in claimed:
            line.under_way.add(one.conversation_id)
            sends.create_task(self._hand_over(line, one, lambda: self._may_send(line, stop)))
        if claimed or skipped or wait > 0:
            return 0
        ends = line.resting().values()
        return max(0.001, min(ends) - monotonic()) if ends else self._poll

    def _may_send(self, line: Line, stop: asyncio.Event) -> bool:
        return not (stop.is_set() or line.is_held) and self._leadership.holds(_name(line.channel))

    async def _leads(self, line: Line) -> bool:
        """Whether this process sends on the channel; who begins respects what was sent before."""
        term = self._leadership.term(_name(line.channel))
        if term and term != line.term:
            now, at = self._clock(), monotonic()
            memory = max(WINDOW, line.chats.memory)
            async with self._database.read() as session:
                handed = await queries.handed_since(
                    session, line.channel, now - timedelta(seconds=memory)
                )
            for conversation_id, when in handed:
                then = at - max(0.0, (now - when).total_seconds()) + LATE
                line.pace.spend(then)
                line.chats.spend(conversation_id, then)
            line.stranded = True
        line.term = term
        return term > 0

    async def _take_back(self, line: Line) -> None:
        # Lowered first: a send that fails while we look must raise it again.
        line.stranded = False
        again_at = self._clock() + timedelta(seconds=line.proof)
        try:
            async with self._database.write() as session:
                fates = await queries.take_back(
                    session, line.channel, line.under_way, self._attempts, again_at
                )
        except SQLAlchemyError:
            line.stranded = True
            raise
        if fates.doubtful or fates.uncertain or fates.failed:
            log.warning("cut short: channel=%s sent_again=%d uncertain=%d failed=%d",
                        line.channel, fates.doubtful, fates.uncertain, fates.failed)  # fmt: skip
        metrics.in_doubt(line.channel, fates.doubtful, fates.uncertain)

    async def _claim(self, line: Line, room: int, for_broadcasts: int) -> tuple[list[Claimed], int]:
        began = monotonic()
        # Where the database is slower than the pace, several turns' rows are claimed together.
        limit = min(room, 1 + int(line.lead / line.pace.gap))
        handed_at = self._clock() + timedelta(seconds=max(0.0, line.pace.free_at() - began))
        busy = line.under_way | line.resting().keys()
        # Lowered first: what is queued while we look is news again.
        line.has_news = False
        async with self._database.write() as session:
            claimed, skipped = await queries.claim(
                session, line.channel, self._clock(), handed_at, busy,
                limit, prompt_only=limit > for_broadcasts,
            )  # fmt: skip
        line.note_claim(monotonic() - began)
        line.has_news |= any(one.kind != queries.BROADCAST for one in claimed)
        metrics.sends(line.channel, "skipped", skipped)
        return claimed, skipped


def _name(channel: str) -> str:
    return f"delivery:{channel}"
