"""One channel's way out: its sender and pace, what is under way, and what it waits for."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Literal

from bot.delivery.errors import Sender
from bot.delivery.pacing import SLACK, ChatPaces, Pace
from storage.queries.delivery import BROADCAST, Claimed

Problem = Literal["", "token_expired"]
# Seconds of answers that may be outstanding at full rate, and the fewest sends at once.
PATIENCE = 4.0
FEWEST_AT_ONCE = 16
# Of the sends at once, so many are for broadcasts: a slow gateway must leave room for replies.
SHARE_OF_BROADCASTS = 0.75
# Rows are claimed before their turn by what a claim takes on average and so many times what one
# differs from that, as TCP does with its answers; within reason.
DEVIATIONS = 4.0
LONGEST_LEAD = 0.25
LEARNING = 0.1


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What operators may know of a channel's way out.

    `leads`: this process sends on it. `problem`: nothing can be sent until somebody acts.
    """

    leads: bool
    problem: Problem
    since: datetime | None


@dataclass
class Line:
    """The state of a channel. Instants are those of the monotonic clock.

    `proof`: seconds in which a receipt may tell that a row of unknown fate was sent after all.
    """

    channel: str
    sender: Sender
    pace: Pace
    chats: ChatPaces
    proof: float = 0.0
    term: int = 0
    stranded: bool = True
    problem: Problem = ""
    since: datetime | None = None
    # Rows were queued; some of them may be urgent.
    has_news: bool = True
    held_until: float = 0.0
    throttled: dict[int, float] = field(default_factory=dict)
    under_way: set[int] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _average: float = 0.0
    _deviation: float = 0.0

    def throttle(self, conversation_id: int, seconds: float, whole: bool) -> None:
        """Note a gateway's "wait". One chat's is its own; of two at once, the whole channel's."""
        now = monotonic()
        self.throttled[conversation_id] = now + seconds
        if whole or len(self._throttled(now)) > 1:
            self.hold(seconds)

    def hold(self, seconds: float) -> None:
        """Hand nothing over for so long."""
        self.held_until = max(self.held_until, monotonic() + seconds)

    def _throttled(self, now: float) -> dict[int, float]:
        self.throttled = {chat: end for chat, end in self.throttled.items() if end > now}
        return self.throttled

    @property
    def is_held(self) -> bool:
        """Whether nothing may be handed over now."""
        return monotonic() < self.held_until

    def resting(self) -> dict[int, float]:
        """Conversations that nothing may be sent to now, and until when."""
        now = monotonic()
        return {**self.chats.resting(now), **self._throttled(now)}

    async def next_piece(self, row: Claimed) -> None:
        """Wait until another piece of a row may be sent: for its chat, and then for a turn."""
        chat = row.conversation_id
        await asyncio.sleep(self.resting().get(chat, 0.0) - monotonic())
        await self.pace.turn(is_urgent=row.kind != BROADCAST)
        self.chats.spend(chat, monotonic())

    def room(self) -> tuple[int, int]:
        """How many sends may begin now, and how many of them with broadcasts."""
        most = max(FEWEST_AT_ONCE, int(PATIENCE * SLACK / self.pace.gap))
        if self.problem:
            # One at a time finds out whether it is over.
            most = 1
        used = len(self.under_way)
        for_broadcasts = 1 if self.problem else int(most * SHARE_OF_BROADCASTS)
        return max(0, most - used), max(0, for_broadcasts - used)

    def until_turn(self, is_urgent: bool = False) -> float:
        """Seconds until a row should be claimed for the next turn; for an urgent one, right after
        the turn before.
        """
        lead = self.lead + (self.pace.gap if is_urgent else 0)
        return max(self.held_until, self.pace.free_at(is_urgent) - lead) - monotonic()

    def note_claim(self, seconds: float) -> None:
        """Learn how long a claim takes."""
        self._deviation += LEARNING * (abs(seconds - self._average) - self._deviation)
        self._average += LEARNING * (seconds - self._average)

    @property
    def lead(self) -> float:
        """How long before its turn a row is claimed, so that the turn isn't missed."""
        return min(LONGEST_LEAD, self._average + DEVIATIONS * self._deviation)

    def status(self) -> LineStatus:
        """For readiness and metrics."""
        return LineStatus(self.term > 0, self.problem, self.since)
