"""What a search asks for besides subject, place and time: gratis, with places; what it refuses.

A refusal reaches only what stands right behind it: "no los sábados" is one, "no sé si hay los
sábados" is none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import Token, fold

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Wishes:
    """Where the text asks that it cost nothing, and for free places; empty: it doesn't."""

    free: tuple[Span, ...] = ()
    with_places: tuple[Span, ...] = ()


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(_data()[kind])})(?![a-z0-9])")


def find_wishes(text: str) -> Wishes:
    """Free of charge, and with places."""
    return Wishes(_spans("free", text), _spans("with_places", text))


def says(mark: str, text: str) -> bool:
    """Whether an event's own words say that it is for an audience, or costs nothing."""
    patterns = _data()["marks"].get(mark)
    said = fold(text)[0]
    return patterns is None or any(re.search(rf"(?<![a-z]){p}", said) for p in patterns)


def _spans(kind: str, text: str) -> tuple[Span, ...]:
    folded, origin = fold(text)
    return tuple(
        (origin[m.start()], origin[m.end() - 1] + 1) for m in _pattern(kind).finditer(folded)
    )


def refused(text: str, tokens: Sequence[Token], spans: Sequence[Span]) -> set[Span]:
    """Those of the spans that the text says no to: "menos inglés", "que no sea en el sur"."""
    data = _data()
    denied: set[Span] = set()
    before: Span | None = None
    for span in sorted(spans):
        words = [t for t in tokens if t.end <= span[0]]
        at = len(words)
        while at and words[at - 1].text in data["links"] and not _is_inside(words[at - 1], spans):
            at -= 1
        cue = words[at - 1] if at else None
        breaks = cue is not None and "," in text[cue.end : cue.end + 1]
        says_no = cue is not None and not breaks and cue.text in data["refusals"]
        goes_on = before is not None and before in denied and is_list(tokens, before, span)
        if says_no or goes_on:
            denied.add(span)
        before = span
    return denied


def _is_inside(token: Token, spans: Sequence[Span]) -> bool:
    return any(start <= token.start < end for start, end in spans)


def is_list(tokens: Sequence[Token], first: Span, second: Span) -> bool:
    """Whether two spans are one list: "menos sábados y domingos"."""
    between = {t.text for t in tokens if first[1] <= t.start < second[0]}
    joins, articles = set(_data()["joins"]), set(_data()["articles"])
    return bool(between & joins) and between <= joins | articles
