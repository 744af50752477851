"""Word documents follow staff's own templates, and PDF loses no word."""

import io
import re
from pathlib import Path

import pypdfium2
import pytest
from docx import Document

from bot.errors import SomosError
from bot.matrices.pdf import shown
from bot.matrices.report import Prose, Report, Section, Signature
from bot.matrices.tables import Table
from bot.matrices.writers import render, render_report

LONG = " ".join(f"palabra{number}" for number in range(900))


def table(*rows: tuple[str, ...], merged: int = 0) -> Table:
    return Table("MATRIZ", "Tacamoros", "el acta", ("PREGUNTA", "RESPUESTA"), rows, (1, 2),
                 merged=merged)  # fmt: skip


def pages_of(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as document:
        return [page.get_textpage().get_text_range() for page in document]


def template(folder: Path, name: str, *paragraphs: str) -> None:
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(folder / name)


def report() -> Report:
    parts = (Prose("Uno & <dos> {{ 7*7 }}"), Prose("Tres.", "bullet"), table(("a", "b")))
    signatures = (Signature("Elaborado por:", "Ana Ñauta", "Analista"),)
    sections = (Section("antecedente", "I. ANTECEDENTE", parts),)
    return Report(("MIES", "Calvas"), sections, "", signatures, "INFORME", "S", "el acta")


@pytest.mark.parametrize("name", ["alerts.docx", "matrix.docx"])
def test_a_template_of_staff_takes_the_place_of_ours(tmp_path: Path, name: str) -> None:
    template(tmp_path, name, "Membrete", "{%p for t in tablas %}", "{{p t.tabla }}",
             "{{ t.fuente }}", "{%p endfor %}")  # fmt: skip
    document = Document(io.BytesIO(render([table(("a", "b"))], "docx", "alerts", tmp_path)))
    assert [p.text for p in document.paragraphs] == ["Membrete", "Fuente: el acta"]
    assert [c.text for c in document.tables[0].rows[1].cells] == ["a", "b"]


def test_the_name_of_a_kind_goes_before_the_one_for_all(tmp_path: Path) -> None:
    template(tmp_path, "matrix.docx", "todas")
    template(tmp_path, "alerts.docx", "solo alertas")
    document = Document(io.BytesIO(render([], "docx", "alerts", tmp_path)))
    assert [p.text for p in document.paragraphs] == ["solo alertas"]


@pytest.mark.parametrize(
    "mark", ["{{ nada }}", "{{ tablas", "{% for %}", "{{ tablas.__class__.__mro__[1] }}"]
)
def test_a_broken_template_is_refused_by_its_name(tmp_path: Path, mark: str) -> None:
    template(tmp_path, "matrix.docx", mark)
    with pytest.raises(SomosError) as caught:
        render([], "docx", "alerts", tmp_path)
    assert caught.value.key == "staff_template_broken"
    assert caught.value.values["name"] == "matrix.docx"


def test_what_is_no_word_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(b"no")
    with pytest.raises(SomosError) as caught:
        render_report(report(), "docx", tmp_path)
    assert caught.value.values["name"] == "report.docx"


def test_a_section_is_found_by_its_name_and_words_are_never_marks(tmp_path: Path) -> None:
    template(tmp_path, "report.docx", "{%p for x in antecedente.partes %}",
             "{%p if x.tipo != 'tabla' %}", "{{ x.texto }}", "{%p endif %}",
             "{%p endfor %}")  # fmt: skip
    document = Document(io.BytesIO(render_report(report(), "docx", tmp_path)))
    assert [p.text for p in document.paragraphs] == ["Uno & <dos> {{ 7*7 }}", "Tres."]


def test_pdf_repeats_headings_on_each_page_and_keeps_every_word() -> None:
    rows = (*((f"fila {n}", "ñandú «así» – ¿qué?") for n in range(60)), ("larga", LONG))
    pages = pages_of(render([table(*rows)], "pdf"))
    assert len(pages) > 2
    assert all("RESPUESTA" in page for page in pages)
    words = " ".join(pages)
    assert words.count("ñandú «así» – ¿qué?") == 60
    assert [f"palabra{n}" for n in range(900)] == re.findall(r"palabra\d+", words)


def test_pdf_says_a_merged_question_once() -> None:
    (page,) = pages_of(render([table(("¿Cuál?", "a"), ("¿Cuál?", "b"), merged=1)], "pdf"))
    assert page.count("¿Cuál?") == 1


def test_pdf_shows_a_sign_that_its_font_lacks_as_a_question_mark() -> None:
    assert shown("niña 👋🏽 ṁ\u200d “a”…") == "niña ?? m “a”…"


def test_the_report_as_pdf_tells_all_that_it_has() -> None:
    words = " ".join(pages_of(render_report(report(), "pdf")))
    for part in ("I. ANTECEDENTE", "Uno & <dos> {{ 7*7 }}", "Tres.", "RESPUESTA", "Ana Ñauta"):
        assert part in words
