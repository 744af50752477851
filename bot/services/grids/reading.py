"""Reads a sheet (XLSX or CSV) into rows of cells, whatever Excel of whatever country wrote it."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from openpyxl import load_workbook

from bot.errors import SomosError
from bot.services.grids.shapes import Column, Grid, Problem
from storage.seed.demo_workshops import fold

LARGEST, LARGEST_UNPACKED = 1_500_000, 60_000_000  # bytes
MOST_ROWS = 5_000
DELIMITERS = ";,\t"
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Sheet:
    """The first row, and the others that hold something, each with its number in the file."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Any, ...]], ...]


def read_sheet(content: bytes) -> Sheet:
    """The sheet in a file; raises SomosError for one that is too large or can't be read."""
    if len(content) > LARGEST:
        raise SomosError("staff_sheet_large")
    try:
        rows = _xlsx(content) if content[:2] == b"PK" else _csv(content)
        kept = [(n, cells) for n, cells in enumerate(rows, 1) if n == 1 or any(map(_told, cells))]
    except (zipfile.BadZipFile, csv.Error, ValueError, KeyError, OSError) as error:
        raise SomosError("staff_sheet_unreadable") from error
    if not kept:
        raise SomosError("staff_sheet_unreadable")
    return Sheet(tuple(_told(c) for c in kept[0][1]), tuple(kept[1:]))


def _told(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _xlsx(content: bytes) -> Iterator[tuple[Any, ...]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
            raise SomosError("staff_sheet_large")
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        # A row more than may be: that is how too many are noticed.
        yield from book.worksheets[0].iter_rows(values_only=True, max_row=MOST_ROWS + 2)
    finally:
        book.close()


def _csv(content: bytes) -> Iterable[tuple[Any, ...]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel in Spanish writes so.
        text = content.decode("cp1252")
    heading = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=heading.count)
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield tuple(c[1:] if c[:1] == "'" and c[1:].startswith(_FORMULA) else c for c in row)


def columns_of(grid: Grid, sheet: Sheet) -> tuple[dict[int, Column], list[Problem]]:
    """Which cell of a row belongs to which column, and what is wrong with the headings."""
    known = {fold(name): c for c in grid.columns for name in (c.heading, c.name, *c.also)}
    found: dict[int, Column] = {}
    problems: list[Problem] = []
    for place, heading in enumerate(sheet.headings):
        column = known.get(fold(heading))
        if column is None:
            is_used = any(_told(cell) for _, row in sheet.rows for cell in row[place : place + 1])
            if heading or is_used:
                problems.append(grid.problem(1, heading or "—", "column_unknown"))
        elif column in found.values():
            problems.append(grid.problem(1, column.name, "column_twice"))
        else:
            found[place] = column
    missing = [c for c in grid.columns if c.required and c not in found.values()]
    problems += [grid.problem(1, c.name, "column_missing") for c in missing]
    if not sheet.rows:
        problems.append(grid.problem(1, "—", "no_rows"))
    if len(sheet.rows) > MOST_ROWS:
        problems.append(grid.problem(1, "—", "too_many_rows", most=MOST_ROWS))
    return found, problems
