"""Finds the days and periods that a message names. How people say them is data: dates.yml."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.fields import FieldMatch
from intents.normalise import Token, tokenise

Period = tuple[date, date]
Said = Mapping[str, list[int]]

_DATA: dict[str, Any] = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
_NUMBERS: dict[str, int] = _DATA["number"]
# The class of a word in the phrases, and what its value is.
_CLASSES = {"weekday": "weekday", "weekdays": "weekday", "month": "month", "doubtful": "month"}
_CLASSES["nth"] = "nth"
_WORDS = {w: (f"<{c}>", kind, v) for c, kind in _CLASSES.items() for w, v in _DATA[c].items()}
_DIGITS = re.compile(r"(\d{1,3})(?:st|nd|rd|th|ro|ero)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
# 2026-12-05 · 05-12-2026, 5/12/26, 5.12.2026 · 5/12; "24/7" is not the 24th of July.
_NUMERIC = re.compile(
    r"(?<![\d/.:-])(?!24/7\b)(?:(\d{4})-(\d\d?)-(\d\d?)"
    r"|(\d\d?)([/.-])(\d\d?)\5(\d{4}|\d\d)|(\d\d?)/(\d\d?))(?![/.:-]?\d)"
)
_GROUP = re.compile(r"[\[(]([^][()]*)[\])]")
_RULE = re.compile(r"{(\w+)}")
_OLDEST = 115


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the message: what phrases call it, and its numbers by kind."""

    key: str
    values: Mapping[str, int]
    start: int
    end: int


def find_dates(tokens: Sequence[Token], today: date, text: str = "") -> list[FieldMatch]:
    """Days and periods named: `date` as YYYY-MM-DD or YYYY-MM-DD/YYYY-MM-DD, both included.

    Give the text of the tokens to tell 5/12 from 5:12, which the tokens alone cannot.
    """
    words = list(_read(tokens, text or _with_slashes(tokens)))
    found: list[FieldMatch] = []
    first = 0
    while first < len(words):
        last, phrase = _longest(words, first)
        if phrase:
            found.extend(_matches(words[first:last], phrase, today))
        first = last
    return found


def read_number(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """The number that begins at a word, in digits or in words, and how many words it takes."""
    if digits := _DIGITS.fullmatch(words[at]):
        return int(digits[1]), 1
    tens = _NUMBERS.get(words[at])
    if tens is None:
        return None
    after = words[at + 1 : at + 3]
    if tens in range(30, 100, 10) and len(after) == 2 and after[0] == "y":
        unit = _NUMBERS.get(after[1], 10)
        return (tens + unit, 3) if unit < 10 else (tens, 1)
    return tens, 1


def parse_birth_date(text: str, today: date) -> date | None:
    """The first real date of birth in an answer, the day before the month."""
    parts = list(_birth_parts(text))
    for three in zip(parts, parts[1:], parts[2:], strict=False):
        born = _birth_date(three, today)
        if born and born <= today and _age(born, today) <= _OLDEST:
            return born
    return None


def _birth_parts(text: str) -> Iterator[str]:
    """The numbers of an answer, and its months as m1 to m12."""
    words = [part for token in tokenise(text) for part in token.text.split("-")]
    for at, word in enumerate(words):
        if re.fullmatch(r"\d{8}", word):
            yield from (word[:2], word[2:4], word[4:])
        elif word.isdigit():
            yield word
        elif _WORDS.get(word, ("", "", 0))[1] == "month":
            yield f"m{_WORDS[word][2]}"
        elif number := read_number(words, at):
            yield str(number[0])


def _birth_date(parts: tuple[str, str, str], today: date) -> date | None:
    day, month, year = parts
    if len(day) == 4 and day.isdigit():
        day, year = year, day
    elif day.startswith("m"):
        day, month = month, day
    if not (day.isdigit() and year.isdigit() and len(year) in (2, 4)):
        return None
    if len(year) == 4:
        return _day(int(year), int(month.lstrip("m")), int(day))
    recent = _day(2000 + int(year), int(month.lstrip("m")), int(day))
    if recent and recent <= today:
        return recent
    return _day(1900 + int(year), int(month.lstrip("m")), int(day))


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _with_slashes(tokens: Sequence[Token]) -> str:
    """A text for tokens that come without theirs: one character between numbers may be a slash."""
    text = ""
    for token in tokens:
        gap = token.start - len(text)
        slash = gap == 1 and text[-1:].isdigit() and token.text[0].isdigit()
        text += ("/" if slash else " " * gap) + token.text.ljust(token.end - token.start)
    return text


def _read(tokens: Sequence[Token], text: str) -> Iterator[_Word]:
    numeric = {m.start(): m for m in _NUMERIC.finditer(text)}
    texts = [token.text for token in tokens]
    at = 0
    while at < len(tokens):
        start, used = tokens[at].start, 1
        if match := numeric.get(start):
            key, values = "<date>", _numeric_values(match)
            used = sum(token.start < match.end() for token in tokens[at : at + 3])
        elif _YEAR.fullmatch(texts[at]):
            key, values = "<year>", {"year": int(texts[at])}
        elif texts[at] in _WORDS:
            key, kind, value = _WORDS[texts[at]]
            values = {kind: value}
        elif number := read_number(texts, at):
            key, values, used = "<n>", {"n": number[0]}, number[1]
        else:
            key, values = texts[at], {}
        yield _Word(key, values, start, tokens[at + used - 1].end)
        at += used


def _numeric_values(match: re.Match[str]) -> dict[str, int]:
    y1, m1, d1, d2, _, m2, y2, d3, m3 = match.groups()
    values = {"n": int(d1 or d2 or d3), "month": int(m1 or m2 or m3)}
    year = y1 or y2
    return values | {"year": int(year) + (2000 if len(year) == 2 else 0)} if year else values


def _longest(words: Sequence[_Word], first: int) -> tuple[int, dict[str, Any] | None]:
    """The longest phrase that begins at a word, and the word after it."""
    key, best, phrase = "", first + 1, None
    for last in range(first, len(words)):
        key = f"{key} {words[last].key}" if key else words[last].key
        if key in _PHRASES:
            best, phrase = last + 1, _PHRASES[key]
        if key not in _BEGINNINGS:
            break
    return best, phrase


def _matches(
    words: Sequence[_Word], phrase: Mapping[str, Any], today: date
) -> Iterator[FieldMatch]:
    kinds = ("n", "month", "year", "weekday", "nth")
    said = {kind: [w.values[kind] for w in words if kind in w.values] for kind in kinds}
    periods = _MEANINGS[phrase["means"]](today, said, phrase.get("by", 0))
    parts = [w for w in words if "weekday" in w.values or "n" in w.values]
    # Of several days in a row, each shows its own word; else the whole phrase.
    shown = parts if len(parts) == len(periods) > 1 else [None] * len(periods)
    for (begin, end), part in zip(periods, shown, strict=True):
        value = begin.isoformat() if begin == end else f"{begin}/{end}"
        first, last = part or words[0], part or words[-1]
        yield FieldMatch("date", value, first.start, last.end, role=phrase.get("role"))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _from(start: date, weekday: int) -> date:
    """The first such weekday from a day on, that day included."""
    return start + timedelta((weekday - start.weekday()) % 7)


def _on(*days: date | None) -> list[Period]:
    return [(day, day) for day in days if day]


def _coming(today: date, said: Said, period_in: Callable[[int], Period | None]) -> list[Period]:
    """The period of the year that was said, or the next one that has not ended."""
    if said["year"]:
        period = period_in(said["year"][-1])
        return [period] if period else []
    years = range(today.year, today.year + 9)  # the 29th of February may be eight years off
    periods = (period_in(year) for year in years)
    return next(([p] for p in periods if p and p[1] >= today), [])


def _date(today: date, said: Said, _by: int) -> list[Period]:
    days, months = said["n"], said["month"]

    def period_in(year: int) -> Period | None:
        last = _day(year, months[-1], days[-1])
        first = _day(year, months[0], days[0])
        if first and last and first > last and months[0] > months[-1]:
            first = _day(year - 1, months[0], days[0])
        return (first, last) if first and last and first <= last else None

    return _coming(today, said, period_in)


def _each_day_of_month(today: date, said: Said, by: int) -> list[Period]:
    return [period for day in said["n"] for period in _date(today, {**said, "n": [day]}, by)]


def _day_of_this_month(today: date, said: Said, by: int) -> list[Period]:
    month = _add_months(today, by)
    return _on(_day(month.year, month.month, said["n"][0]))


def _named_month(today: date, said: Said, _by: int) -> list[Period]:
    month = said["month"][0]
    return _coming(
        today, said, lambda y: (date(y, month, 1), date(y, month, monthrange(y, month)[1]))
    )


def _week_of_month(today: date, said: Said, _by: int) -> list[Period]:
    month, nth = said["month"][0], (said["nth"] or [-1])[0]

    def period_in(year: int) -> Period:
        first = nth * 7 - 6 if nth > 0 else monthrange(year, month)[1] - 6
        return date(year, month, first), date(year, month, first + 6)

    return _coming(today, said, period_in)


def _weekday_of_month(today: date, said: Said, _by: int) -> list[Period]:
    month, nth, weekday = said["month"][0], (said["nth"] or [-1])[0], said["weekday"][0]

    def period_in(year: int) -> Period:
        last = monthrange(year, month)[1]
        day = _from(date(year, month, nth * 7 - 6 if nth > 0 else last - 6), weekday)
        return day, day

    return _coming(today, said, period_in)


def _weekday_with_number(today: date, said: Said, _by: int) -> list[Period]:
    """The Saturday of "sábado 28", if near; else the number means another thing: "sábado 10 am"."""
    day = _from(today, said["weekday"][0])
    near = (day + timedelta(7 * week) for week in range(7))
    return _on(next((d for d in near if d.day == said["n"][0]), day))


def _weekday_range(today: date, said: Said, _by: int) -> list[Period]:
    first = _from(today, said["weekday"][0])
    return [(first, _from(first, said["weekday"][1]))]


def _each_weekday(today: date, said: Said, _by: int) -> list[Period]:
    first, last = said["weekday"] or (0, 4)  # "entre semana" names none
    return _on(*(_from(today, (first + i) % 7) for i in range((last - first) % 7 + 1)))


def _weekend(today: date, _said: Said, by: int) -> list[Period]:
    # From Monday to Friday the next weekend is this one.
    weeks = 0 if by == 1 and today.weekday() < 5 else by
    saturday = today + timedelta(5 - today.weekday() + 7 * weeks)
    return [(saturday, saturday + timedelta(1))]


def _week(today: date, _said: Said, by: int) -> list[Period]:
    monday = today + timedelta(7 * by - today.weekday())
    return [(monday, monday + timedelta(6))]


def _month(today: date, _said: Said, by: int) -> list[Period]:
    first = _add_months(today.replace(day=1), by)
    return [(first, _add_months(first, 1) - timedelta(1))]


_MEANINGS: dict[str, Callable[[date, Said, int], list[Period]]] = {
    "nothing": lambda _today, _said, _by: [],
    "day": lambda today, _said, by: _on(today + timedelta(by)),
    "later": lambda today, said, by: _on(today + timedelta(said["n"][0] * by)),
    "later_counting_today": lambda today, said, _by: _on(today + timedelta(said["n"][0] - 1)),
    "months_later": lambda today, said, _by: _on(_add_months(today, said["n"][0])),
    "weekday": lambda t, said, by: _on(*(_from(t + timedelta(by), w) for w in said["weekday"])),
    "weekday_with_number": _weekday_with_number,
    "weekday_range": _weekday_range,
    "each_weekday": _each_weekday,
    "weekday_of_month": _weekday_of_month,
    "weekend": _weekend,
    "week": _week,
    "week_of_month": _week_of_month,
    "month": _month,
    "named_month": _named_month,
    "date": _date,
    "each_day_of_month": _each_day_of_month,
    "day_of_this_month": _day_of_this_month,
}


def _expand(say: str) -> list[str]:
    """All the phrases of a template with [optional] and (one|other) parts and {rules}."""
    while rule := _RULE.search(say):
        say = say.replace(rule[0], _DATA["rules"][rule[1]])
    texts = [say]
    # All have the same groups, and lose the same one in each round.
    while _GROUP.search(texts[0]):
        texts = list(dict.fromkeys(t for text in texts for t in _without_group(text)))
    return [" ".join(text.split()) for text in texts]


def _without_group(text: str) -> Iterator[str]:
    """A template with its first innermost group replaced by each of its options."""
    if group := _GROUP.search(text):
        for option in [*group[1].split("|"), *([""] if group[0][0] == "[" else [])]:
            yield text[: group.start()] + option + text[group.end() :]


_PHRASES = {text: p for p in _DATA["phrases"] for say in p["say"] for text in _expand(say)}
_BEGINNINGS = {text.rsplit(" ", n)[0] for text in _PHRASES for n in range(1, text.count(" ") + 1)}
