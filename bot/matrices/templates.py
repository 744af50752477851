"""Word documents from templates that staff may replace: a template says how it looks, never what.

A template is a Word file with Jinja marks (see responses/documents/README.md). It runs in a
sandbox, and one that is broken is refused with its name and what is wrong with it.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from bot.errors import SomosError
from bot.matrices import paper
from bot.matrices.report import Picture, Prose, Report, Section
from bot.matrices.tables import Table
from bot.matrices.word_grid import add_grid

PACKAGED = Path(__file__).parent.parent.parent / "responses" / "documents"
PICTURE_WIDTH = 130  # millimetres
KINDS = {"plain": "parrafo", "bullet": "vineta", "number": "numero", "label": "rotulo"}
BROKEN = (TemplateError, PackageNotFoundError, BadZipFile, etree.LxmlError, KeyError, ValueError,
          TypeError, AttributeError)  # fmt: skip


class _Xml:
    """A table's XML, which takes the place of the paragraph that names it."""

    def __init__(self, xml: str) -> None:
        self._xml = xml

    def __html__(self) -> str:
        return self._xml

    __str__ = __html__


def find_template(kind: str, folder: Path | None) -> Path:
    """Staff's template of this kind, or their `matrix.docx` for all matrices, or ours."""
    general = "report" if kind == "report" else "matrix"
    theirs = [folder / f"{name}.docx" for name in (kind, general)] if folder else []
    return next((path for path in theirs if path.is_file()), PACKAGED / f"{general}.docx")


def fill_matrices(tables: Sequence[Table], kind: str, folder: Path | None) -> bytes:
    """The tables, one after the other, in the template of their kind."""
    path = find_template(kind, folder)

    def context(_template: Any) -> dict[str, Any]:
        shown = []
        for number, table in enumerate(tables):
            follows = number > 0 and tables[number - 1].subtitle == table.subtitle
            shown.append(_table(table, path) | {"salto": number > 0 and not follows})
        return {"tablas": shown}

    return _fill(path, context, tables[0].title if tables else "")


def fill_report(report: Report, folder: Path | None) -> bytes:
    """A dialogue's report in its template."""
    path = find_template("report", folder)

    def context(template: Any) -> dict[str, Any]:
        sections = [_section(section, template, path) for section in report.sections]
        return {
            "encabezado": [paper.legible(line) for line in report.head],
            "secciones": sections,
            **{section["nombre"]: section for section in sections},
            "fecha": report.date,
            "firmas": [
                {"rotulo": s.label, "nombre": paper.legible(s.name), "cargo": paper.legible(s.role)}
                for s in report.signatures
            ],
        }

    return _fill(path, context, report.title)


def _fill(path: Path, context: Any, title: str) -> bytes:
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    stream = io.BytesIO()
    try:
        template = DocxTemplate(path)
        template.init_docx()
        template.render(context(template), environment)
        template.docx.core_properties.title = title
        template.docx.core_properties.author = "Somos"
        template.save(stream)
    except BROKEN as error:
        problem = " ".join(str(error).split())[:200] or type(error).__name__
        raise SomosError("staff_template_broken", name=path.name, problem=problem) from error
    return stream.getvalue()


def _section(section: Section, template: Any, path: Path) -> dict[str, Any]:
    parts = [_part(part, template, path) for part in section.parts]
    return {"nombre": section.key, "titulo": section.title, "partes": parts}


def _part(part: Prose | Table | Picture, template: Any, path: Path) -> dict[str, Any]:
    if isinstance(part, Table):
        return _table(part, path) | {"tipo": "tabla"}
    if isinstance(part, Picture):
        image = InlineImage(template, str(part.path), width=Mm(PICTURE_WIDTH))
        return {"tipo": "foto", "imagen": image, "texto": paper.legible(part.caption)}
    return {"tipo": KINDS[part.style], "texto": paper.legible(part.text)}


def _table(table: Table, path: Path) -> dict[str, Any]:
    return {
        "titulo": paper.legible(table.title),
        "subtitulo": paper.legible(table.subtitle),
        "fuente": paper.legible(paper.source_line(table)),
        "encabezados": list(table.headings),
        "filas": [[paper.legible(cell) for cell in row] for row in table.rows],
        "tabla": _Xml(_grid(table, path)),
    }


def _grid(table: Table, path: Path) -> str:
    """The table as wide as the template's page lets it."""
    scratch = Document(str(path))
    section = scratch.sections[-1]
    edges = int(section.left_margin or 0) + int(section.right_margin or 0)
    room = int(section.page_width or Mm(210)) - edges
    grid = add_grid(scratch, table, room)
    return str(etree.tostring(grid._tbl, encoding="unicode"))
