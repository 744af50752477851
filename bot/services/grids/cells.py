"""Reads one cell: text, a time, a date, a number, a weekday, or the name of something known."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from rapidfuzz import fuzz, process

from bot.services.grids.shapes import WORDS, Column
from storage.seed.demo_workshops import fold

LONGEST = {"text": 300, "long": 2000}
NEAR = 70.0
_TIME = re.compile(r"(\d{1,2})(?:\s*[:hH.]\s*(\d{2})?)?(?::\d{2})?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Known = Mapping[str, Mapping[str, int]]


class CellError(Exception):
    """A cell that does not fit: the key of `problems` in grids.yml, with its values."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def read_cell(column: Column, cell: Any, known: Known) -> Any:
    """The value of a cell, None for an empty one; raises CellError. `known`: ids by folded name."""
    text = "" if cell is None else " ".join(str(cell).split())
    if not text:
        if column.required:
            raise CellError("empty", example=column.example)
        return None
    if column.kind in LONGEST:
        return _text(text, LONGEST[column.kind])
    if column.kind in known:
        return _named(column.kind, cell, text, known[column.kind])
    return _READERS[column.kind](cell, text, column)


def _text(text: str, most: int) -> str:
    if len(text) > most:
        raise CellError("too_long", most=most)
    return text


def _named(kind: str, cell: Any, text: str, known: Mapping[str, int]) -> int:
    # Excel makes a number of "4".
    name = fold(str(int(cell)) if isinstance(cell, float) and cell.is_integer() else text)
    name = name.removeprefix("casa somos ") if kind == "casa" else name
    if name in known:
        return known[name]
    near = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=NEAR)
    if near is not None:
        raise CellError("unknown_near", value=text, near=near[0])
    raise CellError("unknown", value=text)


def _slug(_cell: Any, text: str, _column: Column) -> str:
    if len(text) > 80 or not _SLUG.fullmatch(text):
        raise CellError("slug")
    return text


def _time(cell: Any, text: str, _column: Column) -> time:
    if isinstance(cell, datetime):
        return cell.time().replace(microsecond=0)
    if isinstance(cell, time):
        return cell.replace(microsecond=0)
    found = _TIME.fullmatch(text)
    try:
        return time(int(found[1]), int(found[2] or 0)) if found else _refuse("time")
    except ValueError:
        raise CellError("time") from None


def _date(cell: Any, text: str, _column: Column) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise CellError("date") from None
    raise CellError("date")


def _number(cell: Any, text: str, column: Column) -> int:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if not re.fullmatch(r"\d{1,6}", text):
        raise CellError("number", example=column.example or "12")
    return int(text)


def _day(_cell: Any, text: str, _column: Column) -> int:
    days = [fold(day) for day in WORDS["weekdays"]]
    name = fold(text)
    if name not in days:
        name = name.removesuffix("s")  # "sábados"
    if name not in days:
        raise CellError("day")
    return days.index(name)


def _event_kind(_cell: Any, text: str, _column: Column) -> str:
    name, kinds = fold(text), WORDS["event_kinds"]
    if name not in kinds:
        near = process.extractOne(name, kinds, scorer=fuzz.ratio, score_cutoff=NEAR)
        raise (
            CellError("unknown_near", value=text, near=near[0])
            if near
            else CellError("unknown", value=text)
        )
    return name


def _refuse(key: str) -> Any:
    raise CellError(key)


_READERS = {
    "slug": _slug, "time": _time, "date": _date, "number": _number, "day": _day,
    "event_kind": _event_kind,
}  # fmt: skip
