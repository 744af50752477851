"""Tables and reports as PDF: headings again on every page, no row lost that is longer than one.

The fonts are those that every reader has, which know the letters of Spanish; a sign that they lack
(an emoji) is shown as "?".
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from fpdf import FPDF
from fpdf.enums import CellBordersLayout, MethodReturnValue, TableHeadingsDisplay, XPos, YPos
from fpdf.fonts import FontFace

from bot.matrices import paper
from bot.matrices.report import Picture, Prose, Report
from bot.matrices.tables import Cell, Row, Table

FONT = "helvetica"
BODY_SIZE, LINE = 9.0, 4.3
PADDING = 1.2
# A row longer than this many lines goes on in another row.
MOST_LINES = 24
PICTURE_WIDTH = 130.0


class _Paper(FPDF):
    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, size=8)
        self.cell(0, 6, f"Página {self.page_no()} de {{nb}}", align="R")


def to_pdf(tables: Sequence[Table]) -> bytes:
    """All tables on landscape A4; those of another dialogue or plan begin on a new page."""
    pdf = _paper("landscape", tables[0].title if tables else "")
    previous = None
    for table in tables:
        if previous is not None and previous.subtitle != table.subtitle:
            pdf.add_page()
        _say(pdf, table.title, 14, bold=True, ink=paper.TITLE_INK)
        _say(pdf, table.subtitle, 10.5)
        _say(pdf, paper.source_line(table), 8.5, ink=paper.QUIET_INK)
        pdf.ln(2)
        _grid(pdf, table)
        pdf.ln(6)
        previous = table
    return bytes(pdf.output())


def report_to_pdf(report: Report) -> bytes:
    """A dialogue's report on portrait A4."""
    pdf = _paper("portrait", report.title)
    for number, line in enumerate(report.head):
        _say(pdf, line, 13 if number in (1, 2) else 11, bold=number in (1, 2), align="C")
    pdf.ln(6)
    for section in report.sections:
        _say(pdf, section.title, 12, bold=True, ink=paper.TITLE_INK)
        pdf.ln(1)
        for part in section.parts:
            _part(pdf, part)
        pdf.ln(4)
    _signatures(pdf, report)
    return bytes(pdf.output())


def _paper(orientation: Any, title: str) -> FPDF:
    pdf = _Paper(orientation=orientation, format="A4")
    pdf.core_fonts_encoding = "cp1252"
    pdf.set_lang("es-EC")
    pdf.set_title(title)
    pdf.set_author("Somos")
    pdf.set_margins(16, 16)
    pdf.set_auto_page_break(True, 18)
    pdf.add_page()
    return pdf


def _part(pdf: FPDF, part: Prose | Table | Picture) -> None:
    if isinstance(part, Table):
        pdf.ln(2)
        _say(pdf, part.title, 10.5, bold=True)
        _grid(pdf, part)
        pdf.ln(5)
    elif isinstance(part, Picture):
        width = min(PICTURE_WIDTH, 150.0 * part.width / part.height)
        if pdf.will_page_break(width * part.height / part.width + 10):
            pdf.add_page()
        pdf.image(part.path, w=width)
        _say(pdf, part.caption, 9, ink=paper.QUIET_INK)
        pdf.ln(3)
    else:
        bullet = "\N{BULLET} " if part.style == "bullet" else ""
        indent = 6 if part.style in ("bullet", "number") else 0
        _say(pdf, bullet + part.text, 10, bold=part.style == "label", indent=indent)
        pdf.ln(1.5)


def _signatures(pdf: FPDF, report: Report) -> None:
    if pdf.will_page_break(50):
        pdf.add_page()
    if report.date:
        _say(pdf, f"Fecha: {report.date}", 10)
        pdf.ln(3)
    rows = tuple((s.label, f"{s.name}\n{s.role}", "Firma\n\n\n") for s in report.signatures)
    _grid(pdf, Table("", "", "", ("", "", ""), rows, (30, 40, 30)), headed=False)


def _say(
    pdf: FPDF, text: str, size: float, *, bold: bool = False, ink: str = "000000",
    align: Any = "L", indent: float = 0,
) -> None:  # fmt: skip
    pdf.set_font(FONT, "B" if bold else "", size)
    pdf.set_text_color(*_colour(ink))
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(pdf.epw - indent, size * 0.48, shown(text), align=align,
                   new_x=XPos.LMARGIN, new_y=YPos.NEXT)  # fmt: skip
    pdf.set_text_color(0, 0, 0)


def _grid(pdf: FPDF, table: Table, *, headed: bool = True) -> None:
    pdf.set_font(FONT, "", BODY_SIZE)
    pdf.set_draw_color(*_colour(paper.LINE_INK))
    heads = paper.head_size(table) if headed else 0
    with pdf.table(
        col_widths=table.widths, num_heading_rows=heads, first_row_as_headings=headed,
        repeat_headings=TableHeadingsDisplay.ON_TOP_OF_EVERY_PAGE, line_height=LINE,
        padding=PADDING, text_align="LEFT", v_align="TOP", headings_style=FontFace(),
    ) as grid:  # fmt: skip
        lines = list(paper.lines(table))
        if headed:
            for row, look in lines[:heads]:
                _heading(grid.row(), row, look)
        for index, (row, look) in enumerate(lines[-len(table.rows) :] if table.rows else []):
            if look.centred:
                _heading(grid.row(), row, look)
            else:
                _body(pdf, grid, table, index, row)


def _heading(line: Any, row: Row, look: paper.Look) -> None:
    """Cells of a heading; an empty one over the table continues the one to its left."""
    above = look.fill == paper.TITLE_INK
    starts = [c for c, cell in enumerate(row) if cell or c == 0 or not above]
    face = FontFace(
        emphasis="BOLD", color=_colour(look.ink), fill_color=_colour(look.fill or "FFFFFF")
    )
    for left, after in zip(starts, [*starts[1:], len(row)], strict=True):
        line.cell(shown(str(row[left])), colspan=after - left, align="C", style=face)


def _body(pdf: FPDF, grid: Any, table: Table, index: int, row: Row) -> None:
    """A row, in as many lines of the grid as it needs; merged cells say their words once."""
    slices = list(_slices(pdf, table, row))
    for number, cells in enumerate(slices):
        line = grid.row()
        for column, cell in enumerate(cells):
            starts, ends = _edges(table, column, index)
            border = CellBordersLayout.LEFT | CellBordersLayout.RIGHT
            if starts and number == 0:
                border |= CellBordersLayout.TOP
            if ends and number == len(slices) - 1:
                border |= CellBordersLayout.BOTTOM
            align = "C" if isinstance(row[column], int) else "L"
            line.cell(cell if starts else "", border=border, align=align)


def _edges(table: Table, column: int, index: int) -> tuple[bool, bool]:
    """Whether the row begins, and ends, the block that paper shows as one cell."""
    if column < table.merged:
        for first, last in table.runs(column):
            if first <= index <= last:
                return index == first, index == last
    return True, True


def _slices(pdf: FPDF, table: Table, row: Row) -> Iterator[list[str]]:
    widths = [pdf.epw * width / sum(table.widths) - 2 * PADDING - 0.5 for width in table.widths]
    columns = [_lines(pdf, cell, width) for cell, width in zip(row, widths, strict=True)]
    longest = max((len(lines) for lines in columns), default=0)
    if longest <= MOST_LINES:
        yield [shown(str(cell)) for cell in row]
        return
    for start in range(0, longest, MOST_LINES):
        yield ["\n".join(lines[start : start + MOST_LINES]) for lines in columns]


def _lines(pdf: FPDF, cell: Cell, width: float) -> list[str]:
    output = MethodReturnValue.LINES
    found = pdf.multi_cell(width, LINE, shown(str(cell)), dry_run=True, align="L", output=output)
    return list(found) if isinstance(found, list) else []


def shown(text: str) -> str:
    """The text in letters that the font has."""
    return "".join(_sign(sign) for sign in paper.legible(text).replace("\t", " "))


def _sign(sign: str) -> str:
    for candidate in (
        sign,
        unicodedata.normalize("NFKC", sign),
        unicodedata.normalize("NFD", sign)[0],
    ):
        try:
            candidate.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return candidate
    return "" if unicodedata.category(sign) in ("Mn", "Cf") else "?"


def _colour(ink: str) -> tuple[int, int, int]:
    return int(ink[:2], 16), int(ink[2:4], 16), int(ink[4:], 16)
