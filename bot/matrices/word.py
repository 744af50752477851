"""Tables as a Word document that an analyst can hand in: landscape A4, pages numbered."""

import io
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from bot.matrices import paper
from bot.matrices.tables import Table
from bot.matrices.word_grid import add_grid

_WIDTH, _HEIGHT, _MARGIN = Cm(29.7), Cm(21), Cm(1.8)


def to_docx(tables: Sequence[Table]) -> bytes:
    """All tables; those of another dialogue or plan begin on a new page."""
    document = Document()
    _prepare(document, tables)
    previous = None
    for table in tables:
        follows = previous is not None and previous.subtitle == table.subtitle
        _title(document, table, follows=follows)
        add_grid(document, table, int(_WIDTH - 2 * _MARGIN))
        previous = table
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _prepare(document: Any, tables: Sequence[Table]) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = _WIDTH, _HEIGHT
    section.left_margin = section.right_margin = _MARGIN
    section.top_margin = section.bottom_margin = _MARGIN
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = paper.FONT, Pt(9)
    normal.paragraph_format.space_after = Pt(0)
    # Else Word checks Spanish as if it were English.
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "es-EC")
    document.core_properties.title = tables[0].title if tables else ""
    document.core_properties.author = "Somos"
    document.core_properties.language = "es-EC"
    _page_number(section.footer.paragraphs[0])


def _page_number(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for text, field in (("Página ", "PAGE"), (" de ", "NUMPAGES")):
        paragraph.add_run(text)
        element = OxmlElement("w:fldSimple")
        element.set(qn("w:instr"), field)
        paragraph._p.append(element)


def _title(document: Any, table: Table, *, follows: bool) -> None:
    title = document.add_heading(level=1)
    title.paragraph_format.page_break_before = not follows
    title.paragraph_format.space_before = Pt(18 if follows else 0)
    _say(title, table.title, 14, paper.TITLE_INK).font.name = paper.FONT
    subtitle, source = document.add_paragraph(), document.add_paragraph()
    _say(subtitle, table.subtitle, 10.5)
    _say(source, paper.source_line(table), 8.5, paper.QUIET_INK)
    for paragraph in (title, subtitle, source):
        paragraph.paragraph_format.space_after = Pt(4)
        paragraph.paragraph_format.keep_with_next = True


def _say(paragraph: Any, text: str, size: float, ink: str = "000000") -> Any:
    run = paragraph.add_run(paper.legible(text))
    run.font.size, run.font.color.rgb = Pt(size), RGBColor.from_string(ink)
    return run
