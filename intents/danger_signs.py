"""Hears danger in words that stand close together, in whatever order they were said.

Patterns know phrases; these know that "cayó", "andamio" and a person within a few words mean harm.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache


class DangerSigns:
    """Signs (name: words, "golpe*" for any ending) and which of them mean danger together."""

    def __init__(
        self,
        signs: Mapping[str, Iterable[str]],
        together: Mapping[str, Iterable[Sequence[str]]],
        span: int,
    ) -> None:
        bits = {name: 1 << i for i, name in enumerate(signs)}
        self._words: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        for name, words in signs.items():
            for word in words:
                kept = self._stems if word.endswith("*") else self._words
                kept[word.rstrip("*")] = kept.get(word.rstrip("*"), 0) | bits[name]
        self._together = {
            intent: [sum(bits[name] for name in set(group)) for group in groups]
            for intent, groups in together.items()
        }
        self._span = span
        # People use few different words: each is looked up once.
        self._told_by = lru_cache(maxsize=8192)(self._look_up)

    def tell(self, intent: str, words: Sequence[str]) -> bool:
        """Whether the words hold, close together, all signs of one danger."""
        told = list(map(self._told_by, words))
        heard = 0
        for bits in set(told):
            heard |= bits
        possible = [group for group in self._together[intent] if group & heard == group]
        return bool(possible) and any(
            group & near == group for near in self._windows(told) for group in possible
        )

    def _windows(self, told: Sequence[int]) -> Iterable[int]:
        for start, bits in enumerate(told):
            if bits:
                near = 0
                for other in told[start : start + self._span]:
                    near |= other
                yield near

    def _look_up(self, word: str) -> int:
        bits = self._words.get(word, 0)
        for end in range(3, len(word) + 1):
            bits |= self._stems.get(word[:end], 0)
        return bits
