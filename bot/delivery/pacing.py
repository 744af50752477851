"""When something may be handed over: no rolling second at the gateway exceeds the rate.

Instants are seconds of one monotonic clock, passed in.
"""

import asyncio
import random
from collections import deque
from time import monotonic

# Everything is this much slower than the rate says: 22 ms a second for what differs on the way.
# More would use less than 97 % of the rate.
SLACK = 1.022
# Who is so little late keeps to the grid and catches up; after more, or a pause, it begins anew.
CATCH_UP = 0.1


# AIORateLimiter and aiolimiter keep an average: they let twice the rate through in the second
# after a pause, or lose each millisecond that the loop wakes up late.
class Pace:
    """The instants of one channel: on a grid, so that they are spread; and each so long after the
    one that is a second's number before it, so that no rolling second has more.
    """

    def __init__(self, rate: float) -> None:
        self.gap = SLACK / rate
        number = max(1, int(rate))
        self._window = max(1.0, number / rate) * SLACK
        self._last: deque[float] = deque(maxlen=number)
        self._grid = 0.0
        self._waiting = {True: 0, False: 0}
        self._gate = asyncio.Lock()

    @property
    def next_at(self) -> float:
        """When something may be handed over."""
        if not self._last:
            return self._grid
        spread = max(self._grid, self._last[-1] + self.gap / 2)
        is_full = len(self._last) == self._last.maxlen
        return max(spread, self._last[0] + self._window) if is_full else spread

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
        self._grid = (self._grid if now - self._grid < CATCH_UP else now) + self.gap
        self._last.append(now)


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
