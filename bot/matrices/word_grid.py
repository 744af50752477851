"""One table in Word: its headings on every page, and no row torn by the end of a page."""

from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from bot.matrices import paper
from bot.matrices.tables import Cell, Table


def add_grid(document: Any, table: Table, room: int) -> Any:
    """Add the table, `room` wide in EMU, and return it."""
    lines = list(paper.lines(table))
    # Staff's template may have no such style.
    style = "Table Grid" if "Table Grid" in [s.name for s in document.styles] else None
    grid = document.add_table(len(lines), len(table.headings), style=style)
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _frame(grid)
    cells = [list(row.cells) for row in grid.rows]
    for top, left, bottom, right in paper.merges(table):
        cells[top][left].merge(cells[bottom][right])
    hidden = paper.covered(table)
    widths = [room * width // sum(table.widths) for width in table.widths]
    for number, (row, look) in enumerate(lines):
        _keep(grid.rows[number], heads=number < paper.head_size(table))
        for column, cell in enumerate(row):
            cells[number][column].width = widths[column]
            if (number, column) not in hidden:
                _fill(cells[number][column], cell, look)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    return grid


def _frame(grid: Any) -> None:
    """Thin grey lines and room around the words."""
    properties = grid._tbl.tblPr
    borders, margins = OxmlElement("w:tblBorders"), OxmlElement("w:tblCellMar")
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = _element(f"w:{edge}", val="single", sz="4", space="0", color=paper.LINE_INK)
        borders.append(line)
    for side, width in (("top", "50"), ("left", "80"), ("bottom", "50"), ("right", "80")):
        margins.append(_element(f"w:{side}", w=width, type="dxa"))
    # The schema wants this order, and Word refuses a file that ignores it.
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(borders)
    layout.addnext(margins)


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _keep(row: Any, *, heads: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if heads:
        properties.append(OxmlElement("w:tblHeader"))


def _fill(cell: Any, content: Cell, look: paper.Look) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(paper.legible(content))
    run.bold, run.font.size = look.bold, Pt(9)
    run.font.color.rgb = RGBColor.from_string(look.ink)
    if look.fill:
        cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", fill=look.fill))
    if look.centred or isinstance(content, int):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if look.centred:
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        # A heading at the foot of a page would stand without its rows.
        paragraph.paragraph_format.keep_with_next = True
