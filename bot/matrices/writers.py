"""Writes tables and reports in a format: the one door to docx, xlsx, pdf, csv and json."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from bot.matrices.plain import to_csv, to_json
from bot.matrices.report import Report
from bot.matrices.tables import Table

FORMATS = ("docx", "xlsx", "pdf", "csv", "json")


def write(tables: Sequence[Table], format: str, target: BinaryIO | Path) -> None:
    """Write the tables, one after another; `format` is one of FORMATS, else ValueError."""
    content = render(tables, format)
    if isinstance(target, Path):
        target.write_bytes(content)
    else:
        target.write(content)


def render(
    tables: Sequence[Table], format: str, kind: str = "matrix", templates: Path | None = None
) -> bytes:
    """The tables as a file of this format; `templates` is a folder of staff's Word templates."""
    # These libraries take a while to import, and only an export needs them.
    match format:
        case "docx":
            from bot.matrices.templates import fill_matrices

            return fill_matrices(tables, kind, templates)
        case "xlsx":
            from bot.matrices.excel import to_xlsx

            return to_xlsx(tables)
        case "pdf":
            from bot.matrices.pdf import to_pdf

            return to_pdf(tables)
        case "csv":
            return to_csv(tables)
        case "json":
            return to_json(tables)
    raise ValueError(f"unknown format {format!r}; there are {', '.join(FORMATS)}")


def render_report(report: Report, format: str, templates: Path | None = None) -> bytes:
    """A dialogue's report; in a format of tables its prose is a table too."""
    if format == "docx":
        from bot.matrices.templates import fill_report

        return fill_report(report, templates)
    if format == "pdf":
        from bot.matrices.pdf import report_to_pdf

        return report_to_pdf(report)
    return render(report.tables(), format)
