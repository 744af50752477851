"""Reads ages in a message, and a person's name in the answer to a question that asked for it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.fields import FieldMatch
from intents.normalise import Token, normalise
from intents.numbers import NUMBERS, read_number


def _any(phrases: Iterable[str]) -> str:
    """A regular expression for one of some phrases, as whole words."""
    return rf"\b(?:{'|'.join(map(re.escape, phrases))})(?![\w'-])"


_DATA: dict[str, Any] = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
_YEARS = frozenset(_DATA["years"])
_BETWEEN = frozenset(_DATA["between"])
_FILLERS = rf"(?: {_any(_DATA['fillers'])})*$"
_SOMEBODY = [f"{who} {of}" for who in _DATA["somebody"] for of in _DATA["of"]]
_GROWN = (f"{who} {of}" for who in _DATA["grown"] for of in _DATA["of"])
_GROWN_AGE_FOLLOWS = re.compile(_any(_GROWN) + _FILLERS)
_GROWN_AGE = 15
_AGE_FOLLOWS = re.compile(_any([*_DATA["age_follows"], *_SOMEBODY]) + _FILLERS)
_SOMEBODY_FOLLOWS = re.compile(_any(_SOMEBODY) + _FILLERS)
_COUNTED = re.compile(rf"\w+s\b|{_any(_DATA['counted'])}")
_OWN = re.compile(_any(_DATA["own"]) + _FILLERS)
_OWN_AGE = 6
_SURE = frozenset(_DATA["sure"])
_LASTS = re.compile(_any(_DATA["lasts"]) + _FILLERS)
_LASTED = re.compile(_any(_DATA["lasted"]))
_GOES_ON = re.compile(rf"$|{_any(_DATA['goes_on'])}")
# Written together: "8anos", "8-year-old"; "6-12".
_JOINED = re.compile(rf"(\d{{1,3}})-?({'|'.join(_YEARS)})")
_RANGE = re.compile(r"(\d{1,3})-(\d{1,3})")
_OLDEST = 115
# Words without which, or a digit, there is no age: a mere "one" is one only before "year".
_TELLING = _YEARS | {word for word, number in NUMBERS.items() if number > 1}
# A number, and its words from the first to the last (not included).
_Number = tuple[int, int, int]

_LEADS = frozenset(_DATA["leads"])
_LONGEST_LEAD = max(lead.count(" ") + 1 for lead in _LEADS)
_PARTICLES = frozenset(_DATA["particles"])
NOT_NAMES = frozenset(map(str, _DATA["not_names"]))
_NOT_NAMES = re.compile(_any(_DATA["not_names"]))
_LETTERS = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_INITIAL = re.compile(r"\b([^\W\d_]{1,3})\.(?=\s)")
_LONGEST_NAME = 100


def find_audience_ages(tokens: Sequence[Token]) -> list[FieldMatch]:
    """Ages in figures or words, as `audience` with a value like `age:8`; never durations."""
    if not any(token.text in _TELLING or token.text[0].isdigit() for token in tokens):
        return []
    parts = [part for token in tokens for part in _split(token)]
    words = [part.text for part in parts]
    found: list[FieldMatch] = []
    at = 0
    while at < len(words):
        if words[at] not in NUMBERS and not words[at][0].isdigit():
            at += 1
            continue
        series, end = _series(words, at)
        pauses = end < len(words) and parts[end].start - parts[end - 1].end > 1
        for age, first, last in _ages(words, series, end, pauses=pauses):
            start, stop = parts[first].start, parts[last - 1].end
            found.append(FieldMatch("audience", f"age:{age}", start, stop))
        at = max(end, at + 1)
    return found


def parse_person_name(text: str) -> str | None:
    """The first and last names of an answer, as written or, all in one case, in title case.

    Two to seven words, apart from particles ("de la"). None for what looks like anything else.
    """
    words = _without_lead(_clean(text).split())
    names = [w for w in words if normalise(w) not in _PARTICLES]
    if not 2 <= len(names) <= 7 or sum(len(w) > 1 for w in names) < 2:
        return None
    name = " ".join(words)
    if len(name) > _LONGEST_NAME or not all(_NAME.fullmatch(w) for w in words):
        return None
    if _NOT_NAMES.search(normalise(name)):
        return None
    return _titled(words) if name.islower() or name.isupper() else name


def _split(token: Token) -> Iterator[Token]:
    digit = token.text[0].isdigit()
    match = digit and (_JOINED.fullmatch(token.text) or _RANGE.fullmatch(token.text))
    if not match:
        yield token
        return
    for text in match.groups():
        yield Token(text, token.start, token.end)


def _series(words: Sequence[str], at: int) -> tuple[list[_Number], int]:
    """The numbers from a word on ("6, 8 y 10"), a few at most, and where the last one ends."""
    series: list[_Number] = []
    ahead = at
    while len(series) < 4 and ahead < len(words) and (number := read_number(words, ahead)):
        at = ahead + number[1]
        series.append((number[0], ahead, at))
        ahead = at + next((n for n in (2, 1) if " ".join(words[at : at + n]) in _BETWEEN), 0)
    return series, at


def _ages(
    words: Sequence[str], series: list[_Number], end: int, *, pauses: bool
) -> Iterator[_Number]:
    """Those of the numbers that are ages; the last takes the word "años" with it."""
    if not series:
        return
    before = " ".join(words[max(0, series[0][1] - 5) : series[0][1]])
    if words[end : end + 1] and words[end] in _YEARS:
        after = words[end + 1 : end + 4]
        sure = _SURE.intersection(after[:1])
        if sure or not (_LASTS.search(before) or _LASTED.match(" ".join(after))):
            ages = [*series[:-1], (series[-1][0], series[-1][1], end + 1)]
            yield from (age for age in ages if age[0] <= _OLDEST)
    # "Tengo una" goes on with a noun, even if it was not written yet.
    elif (
        1 < series[0][0] <= _OLDEST
        and (series[0][0] >= _OWN_AGE or not _OWN.search(before))
        and (
            _AGE_FOLLOWS.search(before)
            or (series[0][0] >= _GROWN_AGE and _GROWN_AGE_FOLLOWS.search(before))
        )
    ):
        # After a comma or a full stop nothing is counted any more.
        after = " ".join(words[end : end + 2])
        somebody = _SOMEBODY_FOLLOWS.search(before) and not _COUNTED.match(after)
        if pauses or somebody or _GOES_ON.match(after):
            yield from (age for age in series if 1 < age[0] <= _OLDEST)
        elif _GOES_ON.match(" ".join(words[series[0][2] : series[0][2] + 2])):
            yield series[0]


def _clean(text: str) -> str:
    """One way to write accents, no invisible characters, no dots of abbreviations or of the end."""
    seen = "".join(c for c in unicodedata.normalize("NFC", text) if c.isprintable() or c.isspace())
    return _INITIAL.sub(r"\1", seen.strip(" \t\n.,;!¡\"'"))


def _without_lead(words: list[str]) -> list[str]:
    plain = [normalise(word).strip(".,:;!") for word in words]
    for length in range(_LONGEST_LEAD, 0, -1):
        if len(words) > length and " ".join(plain[:length]) in _LEADS:
            return words[length:]
    return words


def _titled(words: Iterable[str]) -> str:
    """Capitals where names have them: "María de los Ángeles O'Neill"."""
    titled = [
        w.lower() if at and normalise(w) in _PARTICLES else _LETTERS.sub(_capitalised, w)
        for at, w in enumerate(words)
    ]
    return " ".join(titled)


def _capitalised(match: re.Match[str]) -> str:
    return match[0].capitalize()
