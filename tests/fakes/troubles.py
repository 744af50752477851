"""What goes wrong at a fake gateway: scripted for the next calls, or by chance with a seed."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

HANG_UP = 0
FINE = 200


@dataclass
class Trouble:
    """An answer that replaces the next `times` real ones, of a call and maybe of one address.

    So many as `skip` says still pass before it begins. HANG_UP cuts the connection; FINE is only
    late. `after_doing` does what was asked, and loses the answer. `delay` in seconds.
    """

    call: str
    answer: int
    address: str | None = None
    times: int = 1
    skip: int = 0
    retry_after: float | None = None
    description: str = ""
    after_doing: bool = False
    delay: float = 0.0

    def concerns(self, call: str, address: str | None) -> bool:
        mine = self.address in (None, address)
        if self.times == 0 or call != self.call or not mine:
            return False
        self.skip -= 1
        return self.skip < 0


class Troubles:
    """All that is to go wrong. `throttled` and `broken`: how this gateway says 429 and 5xx."""

    def __init__(self, throttled: int, broken: int) -> None:
        self.scripted: list[Trouble] = []
        self._chances: list[tuple[float, Trouble]] = []
        self._calls: frozenset[str] = frozenset()
        self._longest = 0.0
        self._dice = Random(0)
        self._names = {
            "throttle": Trouble("", throttled, retry_after=1),
            "error": Trouble("", broken),
            "cut": Trouble("", HANG_UP),
            "cut_after": Trouble("", HANG_UP, after_doing=True),
            "slow": Trouble("", FINE),
        }

    def by_chance(
        self, seed: int, calls: Iterable[str], longest: float = 0.2, **shares: float
    ) -> None:
        """From now on a share (0 to 1) of these calls fails: throttle, error, cut, cut_after, slow.

        `longest`: how many seconds a slow one takes at most. No shares: all is well again.
        """
        self._dice, self._calls, self._longest = Random(seed), frozenset(calls), longest
        self._chances = [(share, self._names[name]) for name, share in shares.items()]

    def of(self, call: str, address: str | None) -> Trouble | None:
        """What goes wrong with this call; what is scripted comes first."""
        scripted = next((t for t in self.scripted if t.concerns(call, address)), None)
        if scripted is not None:
            scripted.times -= 1
            return scripted
        return self._drawn() if call in self._calls else None

    def _drawn(self) -> Trouble | None:
        drawn = self._dice.random()
        for share, trouble in self._chances:
            drawn -= share
            if drawn < 0:
                late = self._dice.uniform(0, self._longest) if trouble.answer == FINE else 0.0
                return Trouble(**{**vars(trouble), "delay": late})
        return None

    def clear(self) -> None:
        self.scripted.clear()
        self._chances.clear()
