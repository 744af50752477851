"""Who a workshop is for, where a story tells of other people too: "cuido a mis nietos, quisiera …".

The clause that names the subject decides; who learns for themselves is no child of the story.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import fold

Entity = Mapping[str, Any]
# Shorter messages hold nothing but the request.
STORY_WORDS = 12
GROWN = 18
GROWN_UP = frozenset({"young", "adults", "older", "disability"})
Span = tuple[int, int]


@cache
def _pattern(key: str) -> re.Pattern[str]:
    data = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return re.compile(str(data[key]))


def spans_asked(text: str, spans: Sequence[Span]) -> list[Span]:
    """Of the subjects named, those in the clauses that ask; all of them if none of these does."""
    if len(text.split()) < STORY_WORDS or not spans:
        return list(spans)
    said = fold(text)[0]
    asking = [c for c in _clauses(text) if _pattern("asks").search(said, c[0], c[1])]
    inside = [s for s in spans if any(c[0] <= s[0] < c[1] for c in asking)]
    return inside or list(spans)


def audience_meant(text: str, found: Sequence[Entity], topics: Iterable[Span]) -> list[Entity]:
    """Those of the audience entities that the request is for; `topics`: where it is named."""
    if len(text.split()) < STORY_WORDS or not found:
        return list(found)
    clauses = list(_clauses(text))
    asking = [c for c in clauses if any(c[0] <= start < c[1] for start, _ in topics)]
    inside = [e for e in found if any(c[0] <= e["start"] < c[1] for c in asking)]
    if inside or not asking:
        return inside or list(found)
    if _pattern("for_oneself").search(fold(text)[0]):
        return [e for e in found if _is_grown(e["value"])]
    return list(found)


def _clauses(text: str) -> Iterable[Span]:
    folded, origin = fold(text)
    start = 0
    for cut in [*_pattern("turns").finditer(folded), None]:
        end = cut.start() if cut else len(folded)
        if end > start:
            yield origin[start], origin[end - 1] + 1
        start = cut.end() if cut else end


def _is_grown(value: str) -> bool:
    if value.startswith("age:"):
        return int(value.removeprefix("age:")) >= GROWN
    return value in GROWN_UP
