"""Cuts "yoga los martes e inglés los jueves" in two: each subject with the day or place of its own.

A list of subjects under the same wishes ("yoga o inglés los martes") stays one request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from intents.hours import find_hours
from intents.normalise import Token, tokenise
from intents.subjects import find_subjects

# Wishes of a kind are told apart by it; what only one subject has of these is meant for both.
KINDS = {"date": "day", "casa": "place", "zone": "place", "neighbourhood": "place"}
JOINTS = frozenset({"y", "e", "o", "u", "tambien", "ademas", "otro", "otra", "aparte", "and", "or"})
# A story names many things that are no wish.
MOST_WORDS = 20
Span = tuple[int, int]


@dataclass
class _Wish:
    """A subject and what was said with it: spans of wishes by kind."""

    topic: Span
    wishes: dict[str, list[Span]] = field(default_factory=dict)


def wishes_apart(text: str, entities: Sequence[Mapping[str, Any]]) -> list[str]:
    """The text of each wish; one piece, the whole, unless two have a day, hour or place each."""
    tokens = tokenise(text)
    if len(tokens) > MOST_WORDS:
        return [text]
    found = _found(text, tokens, entities)
    starts = [0]
    wishes: list[_Wish] = []
    for kind, span in found:
        if kind != "topic":
            if wishes:
                wishes[-1].wishes.setdefault(kind, []).append(span)
        elif wishes and not wishes[-1].wishes:
            # Two subjects side by side share what follows.
            wishes[-1].topic = (wishes[-1].topic[0], span[1])
        else:
            wishes.append(_Wish(span))
    if len(wishes) < 2:
        return [text]
    for one, other in pairwise(wishes):
        joint = _joint(tokens, one.topic[1], other.topic[0])
        if joint is None or not one.wishes.keys() & other.wishes.keys():
            return [text]
        starts.append(joint)
    pieces = [text[a:b].strip(" ,") for a, b in pairwise([*starts, len(text)])]
    return [_shared(text, piece, wishes, n) for n, piece in enumerate(pieces)]


def _found(
    text: str, tokens: Sequence[Token], entities: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Span]]:
    """Subjects and wishes in the order of the text; nothing twice."""
    hours = find_hours(text)
    said = [("hour", span) for span in (hours.spans if hours else ())]
    said += [(KINDS[e["entity"]], (e["start"], e["end"])) for e in entities if e["entity"] in KINDS]
    topics = [(e["start"], e["end"]) for e in entities if e["entity"] == "category"]
    topics += [(s.start, s.end) for s in find_subjects(text, tokens, {})]
    for topic in topics:
        if not any(topic[0] < end and start < topic[1] for _, (start, end) in said):
            said.append(("topic", topic))
    return sorted(said, key=lambda found: found[1])


def _joint(tokens: Sequence[Token], after: int, before: int) -> int | None:
    """Where the last joining word between two places ends."""
    between = [t for t in tokens if after <= t.start and t.end <= before and t.text in JOINTS]
    return between[-1].end if between else None


def _shared(text: str, piece: str, wishes: Sequence[_Wish], number: int) -> str:
    own = wishes[number].wishes.keys()
    others = [w.wishes for n, w in enumerate(wishes) if n != number]
    more = [
        text[start:end]
        for other in others
        for kind, spans in other.items()
        if kind not in own
        for start, end in spans
    ]
    return ", ".join([piece, *more])
