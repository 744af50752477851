"""Counts how well danger is recognised: recall first, then false alarms, and what was missed.

Pure: it takes any reading of a sentence as an intent, so that the guard alone and the whole
parse are held to the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from intents.guard import EMERGENCY, VIOLENCE

DANGER = frozenset({EMERGENCY, VIOLENCE})


@dataclass(frozen=True)
class DangerSet:
    """Labelled sentences: (sentence, intent) of danger, and sentences that only sound like it."""

    danger: tuple[tuple[str, str], ...]
    harmless: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> "DangerSet":
        """Read a file of tests/sentences/danger*.yml."""
        read = YAML(typ="safe").load(path)
        danger = ((s, intent) for intent, sentences in read["danger"].items() for s in sentences)
        return cls(tuple(danger), tuple(read["harmless"]))

    def sentences(self) -> Iterator[str]:
        """All sentences, without their labels."""
        yield from (sentence for sentence, _ in self.danger)
        yield from self.harmless


@dataclass(frozen=True)
class GuardScores:
    """What a reading made of a DangerSet. Shares are between 0 and 1."""

    recall: float  # of danger: recognised as either intent of danger
    exact: float  # of danger: recognised as the very intent
    false_alarms: float  # of the harmless
    missed: tuple[str, ...]
    confused: tuple[str, ...]  # recognised as the other intent of danger
    alarmed: tuple[str, ...]


def score(sentences: DangerSet, read: Callable[[str], str | None]) -> GuardScores:
    """Hold a reading (sentence to intent) to the labelled sentences."""
    found = [(s, intent, read(s)) for s, intent in sentences.danger]
    missed = tuple(s for s, _, got in found if got not in DANGER)
    confused = tuple(s for s, intent, got in found if got in DANGER and got != intent)
    alarmed = tuple(s for s in sentences.harmless if read(s) in DANGER)
    return GuardScores(
        recall=1 - _share(missed, found),
        exact=1 - _share(missed + confused, found),
        false_alarms=_share(alarmed, sentences.harmless),
        missed=missed,
        confused=confused,
        alarmed=alarmed,
    )


def recall_by_intent(
    sentences: DangerSet, read: Callable[[str], str | None]
) -> Mapping[str, float]:
    """The share recognised as danger, of emergencies and of violence apart."""
    apart = {i: tuple(d for d in sentences.danger if d[1] == i) for i in sorted(DANGER)}
    return {intent: score(DangerSet(danger, ()), read).recall for intent, danger in apart.items()}


def _share(some: Sized, of: Sized) -> float:
    return len(some) / len(of) if len(of) else 0.0
