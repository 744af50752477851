"""Tables as an Excel workbook, a sheet each: headings stay in sight, and it prints as it looks."""

import io
import math
import re
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from bot.matrices import paper
from bot.matrices.plain import begins_formula
from bot.matrices.tables import Cell, Row, Table

# Title, subtitle, source and an empty row stand over the table.
_TOP = 4
# Characters across the sheet; so many fit on landscape A4 without shrinking much.
_ACROSS = 150
_LINE_HEIGHT = 13
_EDGE = Side(style="thin", color=paper.LINE_INK)
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\]")


def to_xlsx(tables: Sequence[Table]) -> bytes:
    """A workbook with a sheet for each table; without tables, an empty one."""
    book = Workbook()
    book.properties.creator = "Somos"
    sheets = [book.active, *(book.create_sheet() for _ in tables[1:])]
    for number, (sheet, table) in enumerate(zip(sheets, tables, strict=False), 1):
        name = table.title if len(tables) == 1 else f"{number} {table.title}"
        sheet.title = _FORBIDDEN_IN_NAME.sub("", name)[:31]
        _write(sheet, table)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write(sheet: Any, table: Table) -> None:
    _above(sheet, table)
    widths = [_ACROSS * width / sum(table.widths) for width in table.widths]
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    hidden = paper.covered(table)
    spans = {(top, left): right for top, left, _, right in paper.merges(table)}
    for number, (row, look) in enumerate(paper.lines(table)):
        shown = tuple("" if (number, c) in hidden else cell for c, cell in enumerate(row))
        for column, cell in enumerate(shown):
            _fill(sheet.cell(_TOP + 1 + number, column + 1), cell, look)
        rooms = [sum(widths[c : spans.get((number, c), c) + 1]) for c in range(len(row))]
        sheet.row_dimensions[_TOP + 1 + number].height = _height(shown, rooms, look)
    for top, left, bottom, right in paper.merges(table):
        sheet.merge_cells(None, _TOP + 1 + top, left + 1, _TOP + 1 + bottom, right + 1)
    _set_up_page(sheet, table)


def _above(sheet: Any, table: Table) -> None:
    fonts = (
        Font(name=paper.FONT, size=14, bold=True, color=paper.TITLE_INK),
        Font(name=paper.FONT, size=11),
        Font(name=paper.FONT, size=9, color=paper.QUIET_INK),
    )
    texts = (table.title, table.subtitle, paper.source_line(table))
    for row, (text, font) in enumerate(zip(texts, fonts, strict=True), 1):
        _put(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font


def _put(target: Any, content: Cell) -> None:
    """A number as a number; all else as text, which is never calculated, nor after an edit."""
    if isinstance(content, int):
        target.value = content
    elif content:
        target.value = paper.legible(content)
        target.data_type = "s"
        target.quotePrefix = begins_formula(content)


def _fill(target: Any, content: Cell, look: paper.Look) -> None:
    _put(target, content)
    target.font = Font(name=paper.FONT, size=10, bold=look.bold, color=look.ink)
    target.border = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
    centred = look.centred or isinstance(content, int)
    target.alignment = Alignment(
        wrap_text=True,
        horizontal="center" if centred else "left",
        indent=0 if centred else 1,
        vertical="center" if look.centred else "top",
    )
    if look.fill:
        target.fill = PatternFill("solid", start_color=look.fill)


def _height(row: Row, rooms: list[float], look: paper.Look) -> float:
    """Points: not all programs fit the height of a row to wrapped words by themselves."""
    # A column is measured in digits: small letters take less than one, bold capitals more.
    per_room = 0.9 if look.bold else 1.15
    needed = max(
        sum(max(1, math.ceil(len(part) / (room * per_room))) for part in str(cell).split("\n"))
        for cell, room in zip(row, rooms, strict=True)
    )
    return min(409.0, needed * _LINE_HEIGHT + 5)


def _set_up_page(sheet: Any, table: Table) -> None:
    head = _TOP + paper.head_size(table)
    sheet.freeze_panes = sheet.cell(head + 1, 1)
    sheet.print_title_rows = f"{_TOP + 1}:{head}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom = 0.6, 0.8
    sheet.oddFooter.right.text = "Página &P de &N"
    sheet.oddFooter.right.size = 9
    if not table.merged and not table.above:
        last = f"{get_column_letter(len(table.headings))}{head + len(table.rows)}"
        sheet.auto_filter.ref = f"A{head}:{last}"
