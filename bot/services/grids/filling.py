"""Makes a sheet: an empty one to fill in, or one of what there is, to change and bring back."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.services.grids.shapes import WORDS, Grid
from storage.models import Event, Workshop
from storage.queries import grids as queries

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HELP_WIDTHS = (18, 60, 30)


async def rows_of(session: AsyncSession, kind: str, casa_id: int | None = None) -> list[list[str]]:
    """What there is, in the order of the columns."""
    if kind == "workshops":
        return [_workshop(w) for w in await queries.workshops_with_names(session, casa_id)]
    return [_event(e) for e in await queries.events_with_names(session, casa_id)]


def _workshop(one: Workshop) -> list[str]:
    ages = ["" if age is None else str(age) for age in (one.min_age, one.max_age)]
    return [one.slug, one.casa.name, one.title, one.category.name, one.modality.name,
            str(one.cycle.number), WORDS["weekdays"][one.weekday], f"{one.starts_at:%H:%M}",
            f"{one.ends_at:%H:%M}", f"{one.first_day:%d/%m/%Y}", f"{one.last_day:%d/%m/%Y}",
            str(one.capacity), *ages]  # fmt: skip


def _event(one: Event) -> list[str]:
    starts, ends = (at.astimezone(LOCAL) for at in (one.starts_at, one.ends_at))
    return [one.slug, one.title, one.description, one.kind, f"{starts:%d/%m/%Y}",
            f"{starts:%H:%M}", f"{ends:%H:%M}", one.zone.short_name,
            one.casa.name if one.casa else "", one.place]  # fmt: skip


def to_csv(grid: Grid, rows: Sequence[Sequence[str]]) -> bytes:
    """With semicolons, as Excel in Spanish reads it; safe against formulas."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";")
    writer.writerow([c.heading for c in grid.columns])
    writer.writerows([[f"'{c}" if c.startswith(_FORMULA) else c for c in row] for row in rows])
    return stream.getvalue().encode("utf-8-sig")


def to_xlsx(grid: Grid, rows: Sequence[Sequence[str]]) -> bytes:
    """A first sheet to fill in, a second that explains each column."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = grid.title
    for number, column in enumerate(grid.columns, 1):
        _put(sheet, 1, number, column.heading, bold=True)
        sheet.column_dimensions[sheet.cell(1, number).column_letter].width = 18
    for at, row in enumerate(rows, 2):
        for number, cell in enumerate(row, 1):
            _put(sheet, at, number, cell)
    sheet.freeze_panes = "A2"
    _explain(book.create_sheet(WORDS["help_sheet"]), grid)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _explain(sheet: Any, grid: Grid) -> None:
    for letter, width in zip("ABC", HELP_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for at, column in enumerate(grid.columns, 1):
        for number, cell in enumerate((column.heading, column.hint, column.example), 1):
            _put(sheet, at, number, cell, bold=number == 1)


def _put(sheet: Any, row: int, column: int, text: str, bold: bool = False) -> None:
    cell = sheet.cell(row, column, text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_FORMULA)
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
