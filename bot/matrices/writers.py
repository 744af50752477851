"""Writes tables in a format, to a file or a stream: the one door to docx, xlsx, csv and json."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from bot.matrices.plain import to_csv, to_json
from bot.matrices.tables import Table


def write(tables: Sequence[Table], format: str, target: BinaryIO | Path) -> None:
    """Write the tables, one after another; `format` is one of FORMATS, else ValueError."""
    content = render(tables, format)
    if isinstance(target, Path):
        target.write_bytes(content)
    else:
        target.write(content)


def render(tables: Sequence[Table], format: str) -> bytes:
    """The tables as a file of this format."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; there are {', '.join(FORMATS)}")
    return FORMATS[format](tables)


def _to_docx(tables: Sequence[Table]) -> bytes:
    # These libraries take a while to import, and only an export needs them.
    from bot.matrices.word import to_docx

    return to_docx(tables)


def _to_xlsx(tables: Sequence[Table]) -> bytes:
    from bot.matrices.excel import to_xlsx

    return to_xlsx(tables)


FORMATS: dict[str, Callable[[Sequence[Table]], bytes]] = {
    "docx": _to_docx,
    "xlsx": _to_xlsx,
    "csv": to_csv,
    "json": to_json,
}
