"""Short messages that go on from what was just shown: a changed wish, or a question about an item.

Their form decides, not the classifier: such messages hold hardly any word to learn from.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.hours import find_hours
from intents.normalise import Token, normalise, tokenise
from intents.openers import ordinal_of
from intents.subjects import find_subjects
from intents.wishes import find_wishes

Span = tuple[int, int]
Entity = Mapping[str, Any]
# What a request is about; the rest of what may be named are wishes.
TOPICS = frozenset({"category", "event_kind"})
OPEN_WORKSHOP = "taller"
WISHES = frozenset({"date", "casa", "zone", "neighbourhood", "audience", "option"})


@dataclass(frozen=True, slots=True)
class Followup:
    """How a message may go on: it changes wishes; it asks something; it points at an item.

    `place` is a place in the list, -1 the last; `points` is "ese"; `names` is "el de …".
    """

    changes: bool
    names_topic: bool
    question: str | None
    place: int | None
    points: bool
    names: bool

    @property
    def is_plain(self) -> bool:
        """Whether its form alone says that it goes on."""
        return self.changes or self.question not in (None, "enroll", "details")


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(map(str, _data()[kind]))


@cache
def _questions() -> Mapping[str, re.Pattern[str]]:
    return {n: re.compile(rf"(?<![a-z])(?:{p})") for n, p in _data()["questions"].items()}


def read_followup(text: str, entities: Sequence[Entity]) -> Followup:
    """What the form of the message allows; entities are those of its parse."""
    tokens = tokenise(text)
    words = [t.text for t in tokens]
    topics = _topics(text, tokens, entities)
    wishes = _wishes(text, entities)
    question = _question(text)
    place = _place(tokens, wishes)
    return Followup(
        changes=_is_change(tokens, wishes, topics),
        names_topic=bool(topics),
        question=question,
        place=place,
        points=_points(tokens, [*wishes, *topics]),
        names=_names(words),
    )


def _topics(text: str, tokens: Sequence[Token], entities: Sequence[Entity]) -> list[Span]:
    subjects = find_subjects(text, tokens, {})
    found = [
        (e["start"], e["end"])
        for e in entities
        if e["entity"] in TOPICS and e["value"] != OPEN_WORKSHOP
    ]
    return [*found, *((s.start, s.end) for s in subjects)]


def _wishes(text: str, entities: Sequence[Entity]) -> list[Span]:
    hours, wishes = find_hours(text), find_wishes(text)
    found = [
        (e["start"], e["end"]) for e in entities if e["entity"] in WISHES and e["value"] != "taller"
    ]
    return [*found, *(hours.spans if hours else ()), *wishes.free, *wishes.with_places]


def _is_change(tokens: Sequence[Token], wishes: Sequence[Span], topics: Sequence[Span]) -> bool:
    """Whether it holds nothing but wishes; a subject among them needs a connector before it."""
    rest = [t.text for t in tokens if not _is_inside(t, [*wishes, *topics])]
    is_joined = bool(tokens) and tokens[0].text in _words("connectors")
    if not (wishes or (topics and is_joined)) or (topics and not is_joined):
        return False
    if " ".join(t.text for t in tokens[:2]) in _words("openings"):
        return False
    allowed = _words("fillers") | (_words("requests") if is_joined else frozenset())
    return set(rest) <= allowed


def _question(text: str) -> str | None:
    said = re.sub(r"[¿?¡!.,;]", " ", normalise(text))
    said = " ".join(said.split())
    return next((name for name, p in _questions().items() if p.search(said)), None)


def _place(tokens: Sequence[Token], wishes: Collection[Span]) -> int | None:
    """The index in the list of "en el segundo" or "la opción 2"; -1 for the last one."""
    for at, token in enumerate(tokens):
        number = ordinal_of(token.text)
        before = tokens[at - 1].text if at else ""
        after = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if number is None or before not in _words("articles") or after in _words("not_listed"):
            continue
        if not _is_inside(token, list(wishes)):
            return number if number < 0 else number - 1
    return None


def _names(words: Sequence[str]) -> bool:
    """Whether one of several is told apart: "el de los sábados", "la de Solanda"."""
    heads = _words("heads")
    return any(w in heads and words[n + 1 : n + 2] in (["de"], ["del"], ["en"], ["que"])
               for n, w in enumerate(words))  # fmt: skip


def _points(tokens: Sequence[Token], spans: Sequence[Span]) -> bool:
    """Whether a short message says "ese"; "este sábado" points at a day."""
    rest = [t for t in tokens if not _is_inside(t, spans)]
    return any(t.text in _words("pointers") for t in rest) and _is_short(tokens, spans)


def _is_short(tokens: Sequence[Token], spans: Sequence[Span]) -> bool:
    rest = [
        t.text
        for t in tokens
        if not _is_inside(t, spans) and t.text not in _words("fillers") | _words("pointers")
    ]
    return len(rest) <= int(_data()["slack"])


def _is_inside(token: Token, spans: Sequence[Span]) -> bool:
    return any(start <= token.start < end for start, end in spans)


def speaks_of(kind: str, text: str) -> bool:
    """Whether it names workshops or events as such: `workshop_words` or `event_words`."""
    return not _words(kind).isdisjoint(t.text for t in tokenise(text))
