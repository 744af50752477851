"""When something may be handed over: no rolling second at the gateway exceeds the rate.

Instants are seconds of one monotonic clock, passed in.
"""

import asyncio
import random
from time import monotonic

# Grid points are this much further apart than the rate says, and who came late may catch up only
# so much: N + 1 hand-overs then take N x 1.02 / rate - CATCH_UP, which is over a second for all
# that happens on the way, and 98 % of the rate is used.
SLACK = 1.02
CATCH_UP = 0.010


class Pace:
    """The instants of one channel, on a grid of 1.02 / rate."""

    def __init__(self, rate: float) -> None:
        self.gap = SLACK / rate
        self.next_at = 0.0
        self._waiting = {True: 0, False: 0}
        self._gate = asyncio.Lock()

    def free_at(self, is_urgent: bool = False) -> float:
        """When who comes now would have a turn, after those that wait for theirs."""
        ahead = self._waiting[True] + (0 if is_urgent else self._waiting[False])
        return self.next_at + ahead * self.gap

    async def turn(self, is_urgent: bool) -> None:
        """Wait for a turn and take it, in the order of asking; who is urgent goes first."""
        self._waiting[is_urgent] += 1
        try:
            while not await self._take(is_urgent):
                pass
        finally:
            self._waiting[is_urgent] -= 1

    async def _take(self, is_urgent: bool) -> bool:
        # The lock is fair: who lets another go first asks again behind all that wait now.
        async with self._gate:
            await asyncio.sleep(self.next_at - monotonic())
            if self._waiting[True] and not is_urgent:
                return False
            self.spend(monotonic())
            return True

    def spend(self, now: float) -> None:
        """Something is handed over now."""
        self.next_at = max(self.next_at, now - CATCH_UP) + self.gap


class ChatPaces:
    """A bucket for each chat: so many at once, filled again at the rate."""

    def __init__(self, rate: float, burst: int = 1) -> None:
        self._gap = SLACK / rate
        self._credit = (burst - 1) * self._gap
        # When each chat's bucket is full again.
        self._full_at: dict[int, float] = {}

    @property
    def memory(self) -> float:
        """For how many seconds a hand-over counts."""
        return self._gap + self._credit

    def spend(self, chat: int, now: float) -> None:
        """Something is handed over to a chat now."""
        self._full_at[chat] = max(self._full_at.get(chat, now), now) + self._gap

    def resting(self, now: float) -> dict[int, float]:
        """Chats that nothing may be sent to now, and until when."""
        self._full_at = {chat: at for chat, at in self._full_at.items() if at > now}
        ends = ((chat, at - self._credit) for chat, at in self._full_at.items())
        return {chat: end for chat, end in ends if end > now}


def backoff(failures: int, base: float = 1.0, cap: float = 3600.0) -> float:
    """Seconds to wait after so many failures: 1, 4, 16, … times `base`, less up to a half."""
    longest = min(cap, base * 4.0 ** min(failures - 1, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, hides nothing
