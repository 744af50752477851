"""What Word and Excel pages share: how a line looks, which cells are one, legible text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.matrices.tables import Cell, Row, Table

FONT = "Arial"
TITLE_INK = "1F3A5F"
QUIET_INK = "595959"
LINE_INK = "8A97A6"

# XML has no place for these; a citizen's phone may send them all the same.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Look:
    """How a line of a table is shown."""

    bold: bool = False
    centred: bool = False
    fill: str | None = None
    ink: str = "000000"


BODY = Look()
_ABOVE = Look(bold=True, centred=True, fill=TITLE_INK, ink="FFFFFF")
_HEADING = Look(bold=True, centred=True, fill="D9E2EC")
_SUBHEAD = Look(bold=True, centred=True, fill="EEF2F6")


def lines(table: Table) -> Iterator[tuple[Row, Look]]:
    """All lines of a table from its title rows down, each with its look."""
    for row in table.above:
        yield row, _ABOVE
    yield table.headings, _HEADING
    for index, cells in enumerate(table.rows):
        yield cells, _SUBHEAD if index in table.subheads else BODY


def head_size(table: Table) -> int:
    """How many lines stand on every page."""
    return len(table.above) + 1


def merges(table: Table) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, bottom, right of each block that is one cell; lines and columns from 0."""
    for line, row in enumerate(table.above):
        starts = [column for column, cell in enumerate(row) if cell or column == 0]
        for left, after in zip(starts, [*starts[1:], len(row)], strict=True):
            if after - left > 1:
                yield line, left, line, after - 1
    for column in range(table.merged):
        for first, last in table.runs(column):
            yield first + head_size(table), column, last + head_size(table), column


def covered(table: Table) -> set[tuple[int, int]]:
    """Line and column of the cells that a merge hides."""
    return {
        (line, column)
        for top, left, bottom, right in merges(table)
        for line in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (line, column) != (top, left)
    }


def legible(cell: Cell) -> str:
    """The text of a cell as XML can hold it."""
    return _NOT_IN_XML.sub("", str(cell).replace("\r\n", "\n"))


def source_line(table: Table) -> str:
    """Where the table comes from."""
    return f"Fuente: {table.source}"


def cells(table: Table) -> Iterator[tuple[list[tuple[Cell, int, int, int]], Look]]:
    """Each line with its visible cells (content, rows and columns it spans, its column)."""
    spans = {(t, left): (b - t + 1, right - left + 1) for t, left, b, right in merges(table)}
    hidden = covered(table)
    for number, (row, look) in enumerate(lines(table)):
        yield (
            [
                (cell, *spans.get((number, column), (1, 1)), column)
                for column, cell in enumerate(row)
                if (number, column) not in hidden
            ],
            look,
        )
