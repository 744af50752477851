"""Tables as CSV and JSON. What citizens wrote must never run as a formula in a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

from bot.matrices.tables import Cell, Row, Table

# Excel takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def begins_formula(cell: Cell) -> bool:
    """Whether a spreadsheet might calculate this cell instead of showing it."""
    return isinstance(cell, str) and cell.startswith(_FORMULA_STARTS)


def to_csv(tables: Sequence[Table]) -> bytes:
    """UTF-8 with a mark that makes Excel read it as such. One table stands alone, without title."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    for table in tables:
        for row in _csv_rows(table, titled=len(tables) > 1):
            writer.writerow([f"'{cell}" if begins_formula(cell) else cell for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def _csv_rows(table: Table, *, titled: bool) -> Iterator[Row]:
    if titled:
        yield (table.title, table.subtitle)
    yield from table.above
    yield table.headings
    yield from table.rows
    if titled:
        yield ()


def to_json(tables: Sequence[Table]) -> bytes:
    """A list of tables; numbers stay numbers."""
    listed = [
        {
            "title": table.title,
            "subtitle": table.subtitle,
            "source": table.source,
            "above": table.above,
            "headings": table.headings,
            "rows": table.rows,
        }
        for table in tables
    ]
    return (json.dumps(listed, ensure_ascii=False, indent=2) + "\n").encode()
