"""How well entities are found: precision, recall and F1 of each over a file of labelled messages.

Right is the exact canonical value on overlapping words; `strict` also asks for the same words.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from intents.entities import Entity, EntityFinder
from intents.normalise import tokenise

# Answers to the questions of a form: its own conversations test them.
NOT_LABELLED = frozenset({"field", "option"})


class Label(NamedTuple):
    """A value that a message names, and where in it."""

    entity: str
    value: str
    start: int
    end: int

    def agrees(self, other: "Label") -> bool:
        """Whether both say the same of overlapping words."""
        return self[:2] == other[:2] and self.start < other.end and other.start < self.end


@dataclass
class Score:
    """What was right, found wrongly and missed, with the messages that show it."""

    right: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def figures(self, entity: str | None = None) -> tuple[float, float, float, float]:
        """Precision, recall, F1 and strict F1 of one entity, or of all together."""
        counts = (self.right, self.exact, self.wrong, self.missed)
        right, exact, wrong, missed = (c[entity] if entity else c.total() for c in counts)
        precision = right / (right + wrong) if right + wrong else 1.0
        recall = right / (right + missed) if right + missed else 1.0
        half_of_all = right + (wrong + missed) / 2
        if not half_of_all:
            return 1.0, 1.0, 1.0, 1.0
        return precision, recall, right / half_of_all, exact / half_of_all

    def cases(self, entity: str) -> int:
        """How often the entity was really named."""
        return self.right[entity] + self.missed[entity]

    def entities(self) -> list[str]:
        """The entities that were named or found, in alphabetical order."""
        return sorted(self.right.keys() | self.wrong.keys() | self.missed.keys())

    def table(self) -> Iterator[str]:
        """The figures as lines of a Markdown table."""
        yield "| entity | cases | precision | recall | F1 | strict F1 |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: |"
        for entity in self.entities():
            figures = " | ".join(f"{f:.3f}" for f in self.figures(entity))
            yield f"| {entity} | {self.cases(entity)} | {figures} |"
        figures = " | ".join(f"{f:.3f}" for f in self.figures())
        yield f"| all | {self.right.total() + self.missed.total()} | {figures} |"


def score(finder: EntityFinder, cases: Iterable[Mapping[str, Any]], today: date) -> Score:
    """Compare what is found in the messages with their labels; a case may have its own day."""
    total = Score()
    for case in cases:
        text = case["say"]
        found = finder.find(text, tokenise(text), case.get("today", today))
        _add(total, text, [_label(e) for e in found if e["entity"] not in NOT_LABELLED], case)
    return total


def _add(total: Score, text: str, found: Sequence[Label], case: Mapping[str, Any]) -> None:
    missed = list(_labels(text, case["finds"]))
    allowed = list(_labels(text, case.get("may", ())))
    for label in found:
        rival = min(
            (e for e in missed if label.agrees(e)), key=lambda e: e[2:] != label[2:], default=None
        )
        if rival:
            missed.remove(rival)
            total.right[label.entity] += 1
            total.exact[label.entity] += rival == label
        elif not any(label.agrees(a) for a in allowed):
            total.wrong[label.entity] += 1
            total.errors.append(f"wrong  {_shown(text, label)}")
    for label in missed:
        total.missed[label.entity] += 1
        total.errors.append(f"missed {_shown(text, label)}")


def _labels(text: str, written: Iterable[str]) -> Iterator[Label]:
    """The labels of a case; of words that stand twice, each label takes the next."""
    at: dict[str, int] = {}
    for item in written:
        named, _, words = item.partition("@")
        entity, _, value = named.partition("=")
        start = text.index(words, at.get(item, 0))
        at[item] = start + len(words)
        yield Label(entity, value, start, start + len(words))


def _label(entity: Entity) -> Label:
    return Label(entity["entity"], entity["value"], entity["start"], entity["end"])


def _shown(text: str, label: Label) -> str:
    return f"{label.entity}={label.value}@{text[label.start : label.end]} in: {text}"


def read(path: Path) -> dict[str, Any]:
    """The labelled messages of a file, by part, and the day on which they were written."""
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


def main() -> None:
    """Print the figures of a file; with the name of one of its parts, also its errors."""
    path, *shown = sys.argv[1:]
    labelled, finder = read(Path(path)), EntityFinder()
    for part in [key for key in labelled if key != "today" and key in (shown or labelled)]:
        total = score(finder, labelled[part], labelled["today"])
        lines = [f"\n{part}: {len(labelled[part])} messages", "", *total.table()]
        print("\n".join([*lines, *(total.errors if shown else ())]))


if __name__ == "__main__":
    main()
