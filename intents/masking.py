"""Takes personal data out of a message that is kept for staff: numbers, addresses, names.

It rather takes out too much: staff can still tell what was meant, and nobody can tell who wrote.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import Token, normalise, tokenise
from intents.people import parse_person_name

FOLDER = Path(__file__).parent
# No letters: the classifier doesn't see it, people do.
MASK = "___"
PERSONAL = frozenset({"national_id", "phone", "folio"})
LONGEST_NAME = 6
# Mistyped cédulas and phones are personal too, and so is a birthday written in figures.
_NUMBER = re.compile(r"\d(?:[\s./()\u2010-\u2015-]{0,3}\d){3,}")
_ADDRESS = re.compile(r"\S*@\S+|(?:https?://|www\.)\S+")
_MASKS = re.compile(r"___(?:[\s,.;]*___)+")
Span = tuple[int, int]
Knows = Callable[[str], bool]


@cache
def _words(file: str, key: str) -> frozenset[str]:
    data = YAML(typ="safe").load((FOLDER / file).read_text("utf-8"))
    return frozenset(normalise(str(word)) for word in data[key])


def mask(text: str, entities: Iterable[Mapping[str, Any]], knows: Knows) -> str:
    """The text with `___` for what may say who wrote it; empty when nothing else is left.

    `entities` of the same text tell places and services from names. `knows`: whether a word,
    normalised, is an ordinary one.
    """
    found = list(entities)
    tokens = tokenise(text)
    if is_bare_name(text, found, tokens, knows):
        return ""
    named = [(e["start"], e["end"]) for e in found if e["entity"] not in PERSONAL]
    spans = [
        *((e["start"], e["end"]) for e in found if e["entity"] in PERSONAL),
        *(m.span() for pattern in (_NUMBER, _ADDRESS) for m in pattern.finditer(text)),
        *_names(text, tokens, named, knows),
    ]
    masked = _MASKS.sub(MASK, _without(text, spans))
    return masked if any(t.text.isalpha() for t in tokenise(masked)) else ""


def _without(text: str, spans: Iterable[Span]) -> str:
    parts, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            parts.append(text[at : max(start, at)])
            parts.append(MASK)
            at = end
    return "".join([*parts, text[at:]])


def is_bare_name(text: str, found: Sequence[Any], tokens: Sequence[Token], knows: Knows) -> bool:
    """Whether somebody just wrote who they are; `found`: the entities of the text."""
    unknown = sum(not knows(t.text) for t in tokens)
    return not found and unknown * 2 >= len(tokens) and parse_person_name(text) is not None


def _names(
    text: str, tokens: Sequence[Token], named: Sequence[Span], knows: Knows
) -> Iterator[Span]:
    shouts = text.upper() == text
    for at, token in enumerate(tokens):
        if lead := _lead(tokens, at, "announces"):
            # Also what sounds like a place: many are called like one.
            run = _run(text, tokens, at + lead, named, eager=True)
            if run:
                yield run[0].start, run[-1].end
        elif lead := _lead(tokens, at, "may_announce"):
            run = _run(text, tokens, at + lead, named)
            telling = [t for t in run if not knows(t.text) or _is_capital(text, t, shouts)]
            if telling:
                yield run[0].start, telling[-1].end
        elif _stands_out(text, token, shouts) and not (
            # A word that people use with us, or a place that we know.
            knows(token.text) or _overlaps(token, named)
        ):
            yield token.start, token.end


def _lead(tokens: Sequence[Token], at: int, key: str) -> int:
    """How many words from here on announce a name; 0 if none do."""
    phrases = _words("masking.yml", key)
    for length in (4, 3, 2, 1):
        if " ".join(t.text for t in tokens[at : at + length]) in phrases:
            return length
    return 0


def _run(
    text: str, tokens: Sequence[Token], at: int, named: Sequence[Span], *, eager: bool = False
) -> list[Token]:
    """The words that can be a name, up to punctuation or a word that is in no name."""
    stops = _words("people.yml", "not_names") | _words("masking.yml", "ends")
    particles = _words("people.yml", "particles")
    run: list[Token] = []
    for token in tokens[at : at + LONGEST_NAME]:
        between = text[run[-1].end if run else tokens[at - 1].end : token.start]
        ends = bool(run) and re.search(r"[,;.!?\n]\s", between)
        if ends or token.text in stops or not token.text[0].isalpha():
            break
        if not run and token.text in particles:
            break
        if _overlaps(token, named) and not (eager and (not run or run[-1].text not in particles)):
            break
        run.append(token)
    while run and run[-1].text in particles:
        run.pop()
    return run


def _is_capital(text: str, token: Token, shouts: bool) -> bool:
    return not shouts and text[token.start].isupper() and len(token.text) > 2


def _stands_out(text: str, token: Token, shouts: bool) -> bool:
    """Whether it has a capital that no beginning of a sentence explains."""
    before = text[: token.start].rstrip(" \t¿¡\"'«(")
    return _is_capital(text, token, shouts) and bool(before) and before[-1] not in ".!?…:\n"


def _overlaps(token: Token, spans: Iterable[Span]) -> bool:
    return any(start < token.end and token.start < end for start, end in spans)
