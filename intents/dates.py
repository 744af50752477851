"""Finds the days and periods that a message names. How people say them is data: dates.yml."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from intents.fields import FieldMatch
from intents.normalise import Token
from intents.numbers import NUMBERS, read_number
from intents.periods import MEANINGS

_DATA: dict[str, Any] = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
MONTHS: Mapping[str, int] = _DATA["month"] | _DATA["doubtful"]
# The class of a word in the phrases, and what its value is.
_CLASSES = {"weekday": "weekday", "weekdays": "weekday", "month": "month", "doubtful": "month"}
_CLASSES["nth"] = "nth"
_WORDS = {w: (f"<{c}>", kind, v) for c, kind in _CLASSES.items() for w, v in _DATA[c].items()}
_READ = _WORDS.keys() | NUMBERS.keys()
_NO_NUMBERS: Mapping[str, int] = {}
_KINDS = ("n", "month", "year", "weekday", "nth")
_YEAR = re.compile(r"(?:19|20)\d\d")
# 2026-12-05 · 05-12-2026, 5/12/26, 5.12.2026 · 5/12: the day comes first, and without a year only a
# slash makes a date (6-12 are ages). "24/7" is not the 24th of July.
_NUMERIC = re.compile(
    r"(?<![\d/.:-])(?!24/7\b)(?:(\d{4})-(\d\d?)-(\d\d?)"
    r"|(\d\d?)([/.-])(\d\d?)\5(\d{4}|\d\d)|(\d\d?)/(\d\d?))(?![/.:-]?\d)"
)
_RULE = re.compile(r"{(\w+)}")
_PART = re.compile(r"[\[(]|[\])]|\||[^][()|]+")
# A number in words up to ten is too common to look for a date because of it.
_FEW = 10


class _Word(NamedTuple):
    """A word of the message: what phrases call it, and its numbers by kind."""

    key: str
    values: Mapping[str, int]
    start: int
    end: int


def find_dates(tokens: Sequence[Token], today: date, text: str = "") -> list[FieldMatch]:
    """Days and periods named: `date` as YYYY-MM-DD or YYYY-MM-DD/YYYY-MM-DD, both included.

    Give the text of the tokens to tell 5/12 from 5:12, which the tokens alone cannot.
    """
    texts = [token.text for token in tokens]
    if _TELLING.isdisjoint(texts) and not any(t[0].isdigit() for t in texts):
        return []
    words = list(_read(tokens, texts, text or _with_slashes(tokens)))
    found: list[FieldMatch] = []
    first = 0
    while first < len(words):
        if words[first].key not in _FIRST:
            first += 1
            continue
        last, phrase = _longest(words, first)
        if phrase:
            found.extend(_matches(words[first:last], phrase, today))
        first = last
    return found


def _with_slashes(tokens: Sequence[Token]) -> str:
    """A text for tokens that come without theirs: one character between numbers may be a slash."""
    text = ""
    for token in tokens:
        gap = token.start - len(text)
        slash = gap == 1 and text[-1:].isdigit() and token.text[0].isdigit()
        text += ("/" if slash else " " * gap) + token.text.ljust(token.end - token.start)
    return text


def _read(tokens: Sequence[Token], texts: Sequence[str], text: str) -> Iterator[_Word]:
    numeric = {m.start(): m for m in _NUMERIC.finditer(text)}
    at = 0
    while at < len(tokens):
        word = texts[at]
        (_, start, end), used = tokens[at], 1
        # Most words are just words.
        if word not in _READ and not word[0].isdigit():
            yield _Word(word, _NO_NUMBERS, start, end)
            at += 1
            continue
        if match := numeric.get(start):
            key, values = "<date>", _numeric_values(match)
            used = sum(token.start < match.end() for token in tokens[at : at + 3])
        elif word in _WORDS:
            key, kind, value = _WORDS[word]
            values = {kind: value}
        elif word[0].isdigit() and _YEAR.fullmatch(word):
            key, values = "<year>", {"year": int(word)}
        elif number := read_number(texts, at):
            key, values, used = "<n>", {"n": number[0]}, number[1]
        else:
            key, values = word, {}
        yield _Word(key, values, start, tokens[at + used - 1].end)
        at += used


def _numeric_values(match: re.Match[str]) -> dict[str, int]:
    y1, m1, d1, d2, _, m2, y2, d3, m3 = match.groups()
    values = {"n": int(d1 or d2 or d3), "month": int(m1 or m2 or m3)}
    year = y1 or y2
    return values | {"year": int(year) + (2000 if len(year) == 2 else 0)} if year else values


def _longest(words: Sequence[_Word], first: int) -> tuple[int, Mapping[str, Any] | None]:
    """The longest phrase that begins at a word, and the word after it."""
    key, best, phrase = words[first].key, first + 1, None
    for last in range(first + 1, len(words) + 1):
        if key in _PHRASES:
            best, phrase = last, _PHRASES[key]
        if last == len(words) or key not in _BEGINNINGS:
            break
        key = f"{key} {words[last].key}"
    if phrase and not _fits(words, first, best, phrase):
        return first + 1, None
    return best, phrase


def _fits(words: Sequence[_Word], first: int, end: int, phrase: Mapping[str, Any]) -> bool:
    """Whether a doubtful phrase has a number that is high enough and goes on as it must."""
    least = phrase.get("least", 0)
    if any(word.values.get("n", least) < least for word in words[first:end]):
        return False
    return "then" not in phrase or end == len(words) or words[end].key in phrase["then"]


def _matches(
    words: Sequence[_Word], phrase: Mapping[str, Any], today: date
) -> Iterator[FieldMatch]:
    said = {kind: [w.values[kind] for w in words if kind in w.values] for kind in _KINDS}
    by = phrase.get("by", 0)
    periods = MEANINGS[phrase["means"]](today, said, by if isinstance(by, list) else [by])
    parts = [w for w in words if "weekday" in w.values or "n" in w.values]
    # Of several days in a row, each shows its own word; else the whole phrase.
    shown = parts if len(parts) == len(periods) > 1 else [None] * len(periods)
    for (begin, end), part in zip(periods, shown, strict=True):
        value = begin.isoformat() if begin == end else f"{begin}/{end}"
        first, last = part or words[0], part or words[-1]
        yield FieldMatch("date", value, first.start, last.end, role=phrase.get("role"))


def _expand(say: str) -> Iterator[str]:
    """All the phrases of a template with [optional] and (one|other) parts and {rules}."""
    while rule := _RULE.search(say):
        say = say.replace(rule[0], _DATA["rules"][rule[1]])
    return (" ".join(text.split()) for text in _alternatives(iter(_PART.findall(f"({say})"))))


def _alternatives(parts: Iterator[str]) -> list[str]:
    """Every text of the parts up to the end of a group."""
    texts: list[str] = []
    pieces: list[list[str]] = []
    for part in parts:
        if part in "[(":
            pieces.append(_alternatives(parts) + ([""] if part == "[" else []))
        elif part in "|])":
            texts.extend("".join(text) for text in product(*pieces))
            pieces = []
            if part != "|":
                return texts
        else:
            pieces.append([part])
    return ["".join(text) for text in product(*pieces)]


def _telling() -> Iterator[str]:
    """Words without which, or a digit, no day is named."""
    weak, classes = frozenset(_DATA["weak"]), {f"<{name}>" for name in _CLASSES if name != "nth"}
    for words in (text.split() for text, p in _PHRASES.items() if p["means"] != "nothing"):
        if classes.isdisjoint(words):
            yield from (word for word in words if word not in weak and word[0] != "<")
    yield from (word for word, (key, _, _) in _WORDS.items() if key in classes)
    yield from (word for word, number in NUMBERS.items() if number > _FEW)


_PHRASES = {text: p for p in _DATA["phrases"] for say in p["say"] for text in _expand(say)}
_BEGINNINGS = {text[:at] for text in _PHRASES for at in range(len(text)) if text[at] == " "}
_FIRST = {text.split(" ", 1)[0] for text in _PHRASES}
_TELLING = frozenset(_telling())
