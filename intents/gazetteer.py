"""Finds what citizens name (casas, zones, services, themes …) in the words of a message.

An exact name beats a likely typo, and a longer name beats the shorter one inside it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from intents.normalise import Token

CUTOFF = 0.83  # one slip in six letters
MIN_LETTERS = 5
WINDOW = 4  # words; names with more of them must be written right
# Three ways to say where: one span is one place, and the house is the most useful reading of it.
_PLACES = ("casa", "zone", "neighbourhood")
# People miss the first letter only for one that sounds alike.
_FIRST = str.maketrans("vzskqxhjwiy", "bcccccgggll")


@dataclass(frozen=True, slots=True)
class Match:
    """What was named, where in the original text, and how sure we are (1.0: exactly a name)."""

    entity: str
    value: str
    start: int
    end: int
    confidence: float
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of an entity; an empty one only hides the shorter names inside its own."""

    entity: str
    value: str
    extra: Mapping[str, Any]

    @property
    def group(self) -> str:
        return "place" if self.entity in _PLACES else self.entity

    @property
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

    def overlaps(self, other: "_Span") -> bool:
        return self.first < other.last and other.first < self.last


class Gazetteers:
    """All gazetteers of a folder, loaded once."""

    def __init__(self, common_words: Iterable[str]) -> None:
        self._exact: dict[str, list[_Value]] = defaultdict(list)
        self._beginnings: set[str] = set()
        # Without spaces and hyphens ("latola"); and those that a typo is compared with, by first
        # letter, letters and words.
        self._joined: dict[str, list[_Value]] = defaultdict(list)
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
        kept = {k: v for k, v in row.items() if k not in ("value", "names", "bare")}
        value = _Value(file["entity"], row["value"] or "", kept)
        bare = row["names"] if row.get("bare", True) else []
        prefixes = file.get("prefixes", ()) if value.value else ()
        for name in [*bare, *(f"{p} {name}" for p in prefixes for name in row["names"])]:
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
        self._joined[joined].append(value)
        words = name.split()
        if max(map(len, words)) <= MIN_LETTERS:
            return  # "la tola" is one letter away from "la cola"
        first = joined[0].translate(_FIRST)
        for letters in range(ceil(len(joined) * CUTOFF), int(len(joined) / CUTOFF) + 1):
            self._alike[first, letters, len(words)].append(joined)

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """What the message names, in the order in which it is said."""
        words = [token.text for token in tokens]
        spans = _best(self._find_exact(words))
        free = set(range(len(words))).difference(*(range(s.first, s.last) for s in spans))
        spans += _best(self._find_typos(words, free))
        spans.sort(key=lambda span: span[:2])
        return [_match(span, tokens) for span in spans if span.value.value]

    def _find_exact(self, words: Sequence[str]) -> Iterator[_Span]:
        for first in range(len(words)):
            name = words[first]
            for last in range(first + 1, len(words) + 1):
                for value in self._exact.get(name, ()):
                    yield _Span(first, last, value, 1.0)
                if last == len(words) or name not in self._beginnings:
                    break
                name = f"{name} {words[last]}"

    def _find_typos(self, words: Sequence[str], free: Collection[int]) -> Iterator[_Span]:
        unknown = {i for i in free if words[i] not in self._known and not words[i].isdigit()}
        for first, last in _windows(len(words), free, unknown):
            name, likeness = self._closest(words[first:last])
            for value in self._joined.get(name, ()):
                yield _Span(first, last, value, likeness)

    def _closest(self, words: Sequence[str]) -> tuple[str, float]:
        """The name most like these words and how like it is; no name if none is."""
        text = "".join(words).replace("-", "")
        if text in self._joined:
            return text, 1.0
        names = self._alike.get((text[0].translate(_FIRST), len(text), len(words)), [])
        hit = process.extractOne(text, names, scorer=OSA.normalized_similarity, score_cutoff=CUTOFF)
        return (hit[0], hit[1]) if hit else ("", 0.0)


def _windows(
    length: int, free: Collection[int], unknown: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Runs of free words with a word in them that nobody knows."""
    for first in range(length):
        new = False
        for last in range(first, min(first + WINDOW, length)):
            if last not in free:
                break
            new = new or last in unknown
            if new:
                yield first, last + 1


def _best(spans: Iterable[_Span]) -> list[_Span]:
    """Of the spans of one group that overlap, the surest, then the longest."""
    kept: list[_Span] = []
    for span in sorted(spans, key=_preference):
        rivals = (k for k in kept if k.value.group == span.value.group)
        if not any(span.overlaps(rival) for rival in rivals):
            kept.append(span)
    return kept


def _preference(span: _Span) -> tuple[float, int, int, int]:
    return -span.confidence, span.first - span.last, span.value.rank, span.first


def _match(span: _Span, tokens: Sequence[Token]) -> Match:
    value, confidence = span.value, span.confidence
    start, end = tokens[span.first].start, tokens[span.last - 1].end
    return Match(value.entity, value.value, start, end, confidence, value.extra)
