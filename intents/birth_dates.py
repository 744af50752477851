"""Reads a date of birth in the answer to a question for it; the day is before the month."""

import re
from collections.abc import Iterator
from datetime import date

from intents.dates import MONTHS
from intents.normalise import tokenise
from intents.numbers import read_number
from intents.periods import day_of

_OLDEST = 115
_EIGHT_DIGITS = re.compile(r"\d{8}")


def parse_birth_date(text: str, today: date) -> date | None:
    """The first real date of birth in an answer."""
    parts = list(_parts(text))
    for three in zip(parts, parts[1:], parts[2:], strict=False):
        born = _date(three, today)
        if born and born <= today and _age(born, today) <= _OLDEST:
            return born
    return None


def _parts(text: str) -> Iterator[str]:
    """The numbers of an answer, and its months as m1 to m12."""
    words = [part for token in tokenise(text) for part in token.text.split("-")]
    for at, word in enumerate(words):
        if _EIGHT_DIGITS.fullmatch(word):
            yield from (word[:2], word[2:4], word[4:])
        elif word.isdigit():
            yield word
        elif word in MONTHS:
            yield f"m{MONTHS[word]}"
        elif number := read_number(words, at):
            yield str(number[0])


def _date(parts: tuple[str, str, str], today: date) -> date | None:
    day, month, year = parts
    if len(day) == 4 and day.isdigit():
        day, year = year, day
    elif day.startswith("m"):
        day, month = month, day
    if not (day.isdigit() and year.isdigit() and len(year) in (2, 4)):
        return None
    if len(year) == 4:
        return day_of(int(year), int(month.lstrip("m")), int(day))
    recent = day_of(2000 + int(year), int(month.lstrip("m")), int(day))
    if recent and recent <= today:
        return recent
    return day_of(1900 + int(year), int(month.lstrip("m")), int(day))


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
