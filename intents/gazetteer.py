"""Finds what citizens name (casas, zones, services, themes …) in the words of a message.

An exact name beats a likely typo, and a longer name beats the shorter one inside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from intents.normalise import Token
from intents.sounds import sound

CUTOFF = 0.83  # one slip in six letters
SOUNDS_LIKE = 0.95  # another spelling of the same sounds
MIN_LETTERS = 5
WINDOW = 4  # words; names with more of them must be written right
# Three ways to say where: one span is one place, and the house is the most useful reading of it.
_PLACES = ("casa", "zone", "neighbourhood")


@dataclass(frozen=True, slots=True)
class Match:
    """What was named, where in the original text, and how sure we are (1.0: exactly a name)."""

    entity: str
    value: str
    start: int
    end: int
    confidence: float
    extra: Mapping[str, Any]


@dataclass(frozen=True)
class _Value:
    """One value of an entity; an empty one only hides the shorter names inside its own."""

    entity: str
    value: str
    extra: Mapping[str, Any]

    @cached_property
    def group(self) -> str:
        return "place" if self.entity in _PLACES else self.entity

    @cached_property
    def rank(self) -> int:
        if not self.value:
            return len(_PLACES)
        return _PLACES.index(self.entity) if self.entity in _PLACES else 0


class _Span(NamedTuple):
    """Words first to last (not included) of a message, read as a value."""

    first: int
    last: int
    value: _Value
    confidence: float


class Gazetteers:
    """All gazetteers of a folder, loaded once."""

    def __init__(self, common_words: Iterable[str]) -> None:
        self._exact: dict[str, list[_Value]] = defaultdict(list)
        self._beginnings: set[str] = set()
        # Without spaces and hyphens ("latola"); by their sounds; and the sounds that a typo is
        # compared with, by first letter, letters and words.
        self._joined: dict[str, list[_Value]] = defaultdict(list)
        self._sounds: dict[str, list[_Value]] = defaultdict(list)
        self._alike: dict[tuple[str, int, int], list[str]] = defaultdict(list)
        self._known: set[str] = set(common_words)

    @classmethod
    def load(cls, folder: Path) -> "Gazetteers":
        """Read every file of the folder: gazetteers, and the words that are no typo."""
        yaml = YAML(typ="safe")
        files = [yaml.load(path) for path in sorted(folder.glob("*.yml"))]
        found = cls(word for file in files for word in file.get("words", ()))
        for file in files:
            for row in file.get("values", ()):
                found._add(row, file)
        return found

    def _add(self, row: Mapping[str, Any], file: Mapping[str, Any]) -> None:
        plain = ("value", "names", "bare", "before", "after")
        kept = {k: v for k, v in row.items() if k not in plain}
        value = _Value(file["entity"], row["value"] or "", kept)
        bare = row["names"] if row.get("bare", True) else []
        prefixes = file.get("prefixes", ()) if value.value else ()
        prefixed = [f"{p} {name}" for p in prefixes for name in row["names"]]
        combined = [f"{b} {a}" for b in row.get("before", ()) for a in row.get("after", ())]
        for name in [*bare, *prefixed, *combined]:
            self._add_exact(name, value)
        if file.get("fuzzy") and value.value:
            for name in bare:
                self._add_fuzzy(name, value)

    def _add_exact(self, name: str, value: _Value) -> None:
        if value not in self._exact[name]:
            self._exact[name].append(value)
        words = name.split()
        self._known.update(words)
        self._beginnings.update(" ".join(words[:n]) for n in range(1, len(words)))

    def _add_fuzzy(self, name: str, value: _Value) -> None:
        joined = name.replace(" ", "").replace("-", "")
        if len(joined) < MIN_LETTERS:
            return
        words = name.split()
        heard = "".join(map(sound, words))
        self._joined[joined].append(value)
        if len(heard) < MIN_LETTERS:
            return
        if value not in self._sounds[heard]:
            self._sounds[heard].append(value)
        if max(map(len, words)) <= MIN_LETTERS:
            return  # "la tola" is one letter away from "la cola"
        for letters in range(ceil(len(heard) * CUTOFF), int(len(heard) / CUTOFF) + 1):
            self._alike[heard[0], letters, len(words)].append(heard)

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """What the message names, in the order in which it is said."""
        words = [token.text for token in tokens]
        spans = _best(self._find_exact(words))
        unknown = [i for i, w in enumerate(words) if w not in self._known and not w.isdigit()]
        if unknown:
            taken = {i for span in spans for i in range(span.first, span.last)}
            spans += _widest(_best(self._find_typos(words, unknown, taken)))
            spans = _united(sorted(spans, key=lambda span: span[:2]))
        else:
            spans.sort(key=lambda span: span[:2])
        return [_match(span, tokens) for span in spans if span.value.value]

    def _find_exact(self, words: Sequence[str]) -> list[_Span]:
        exact, beginnings, length = self._exact, self._beginnings, len(words)
        found: list[_Span] = []
        for first, word in enumerate(words):
            name, last = word, first + 1
            while True:
                if name in exact:
                    found.extend(_Span(first, last, value, 1.0) for value in exact[name])
                if last == length or name not in beginnings:
                    break
                name = f"{name} {words[last]}"
                last += 1
        return found

    def _find_typos(
        self, words: Sequence[str], unknown: Sequence[int], taken: set[int]
    ) -> Iterator[_Span]:
        values: Sequence[_Value] | None
        for first, last, joined, heard in _runs(words, unknown, taken):
            if values := self._joined.get(joined):
                likeness = 1.0
            elif values := self._sounds.get(heard):
                likeness = SOUNDS_LIKE
            elif names := self._alike.get((heard[0], len(heard), last - first)):
                values, likeness = self._closest(heard, names)
            for value in values or ():
                yield _Span(first, last, value, likeness)

    def _closest(self, heard: str, names: Sequence[str]) -> tuple[Sequence[_Value], float]:
        """What the name that sounds most like it means, and how like it is."""
        hit = process.extractOne(
            heard, names, scorer=OSA.normalized_similarity, score_cutoff=CUTOFF
        )
        return (self._sounds[hit[0]], min(hit[1], SOUNDS_LIKE)) if hit else ((), 0.0)


def _runs(
    words: Sequence[str], unknown: Iterable[int], taken: set[int]
) -> Iterator[tuple[int, int, str, str]]:
    """Runs of free words, one of them unknown: first, last, their letters and their sounds."""
    unknown = set(unknown) - taken
    starts = {first for at in unknown for first in range(max(0, at - WINDOW + 1), at + 1)}
    for first in sorted(starts - taken):
        joined = heard = ""
        is_strange = False
        for at in range(first, min(first + WINDOW, len(words))):
            if at in taken:
                break
            joined += words[at].replace("-", "")
            heard += sound(words[at])
            is_strange = is_strange or at in unknown
            if is_strange:
                yield first, at + 1, joined, heard


def _best(spans: Iterable[_Span]) -> list[_Span]:
    """Of the spans of one group that overlap, the surest, then the longest."""
    kept: list[_Span] = []
    for span in sorted(spans, key=_preference):
        first, last, group = span.first, span.last, span.value.group
        if not any(k.first < last and first < k.last and k.value.group == group for k in kept):
            kept.append(span)
    return kept


def _widest(spans: Sequence[_Span]) -> list[_Span]:
    """Without the likely names inside longer ones: "mongas" of "san jose de mongas" is no minga."""
    return [
        span
        for span in spans
        if not any(
            o.first <= span.first
            and span.last <= o.last
            and o.last - o.first > span.last - span.first
            for o in spans
        )
    ]


def _united(spans: Iterable[_Span]) -> list[_Span]:
    """A name of which only a part was misspelt is one: "joakin" and "gallegos lara"."""
    whole: list[_Span] = []
    for span in spans:
        for at, near in enumerate(whole):
            same = near.value == span.value and near.last == span.first
            if same and min(near.confidence, span.confidence) < 1:
                likeness = min(near.confidence, span.confidence)
                whole[at] = _Span(near.first, span.last, near.value, likeness)
                break
        else:
            whole.append(span)
    return whole


def _preference(span: _Span) -> tuple[float, int, int, int]:
    return -span.confidence, span.first - span.last, span.value.rank, span.first


def _match(span: _Span, tokens: Sequence[Token]) -> Match:
    value, confidence = span.value, span.confidence
    start, end = tokens[span.first].start, tokens[span.last - 1].end
    return Match(value.entity, value.value, start, end, confidence, value.extra)
