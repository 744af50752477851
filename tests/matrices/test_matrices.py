"""The official matrices come out cell for cell, in every format, with the trace to the citizen."""

import asyncio
import csv
import io
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from ruamel.yaml import YAML
from sqlalchemy import select

from bot.errors import SomosError
from bot.matrices import BUILDERS
from bot.matrices.tables import Table
from bot.matrices.writers import FORMATS, render, write
from storage.database import Database
from storage.migrate import upgrade
from storage.models import Dialogue, MatrixEntry, MatrixSupport, Report
from storage.seed.load import FOLDER, load_seed

Grid = list[list[Any]]
CALVAS = "calvas-2024-11-21"
FOLIO = "AS-2026-00045"


def seed(name: str) -> Any:
    return YAML(typ="safe").load((FOLDER / name).read_text("utf-8"))


def alerts_in_the_document() -> Grid:
    matrix = seed("dialogue_calvas_2024.yml")["dialogue"]["alerts_matrix"]
    rows = [matrix["headings"]]
    for entry in matrix["entries"]:
        if entry["question_number"] > 1:
            rows.append(["", entry["column_heading"], matrix["headings"][2]])
        question = f"{entry['question_number']}. {entry['question']}"
        rows.append([question, f"{entry['number']}. {entry['text']}", entry["observations"]])
    return rows


def commitments_in_the_document() -> Grid:
    matrix = seed("dialogue_calvas_2024.yml")["dialogue"]["commitments_matrix"]
    fields = ("proposal", "citizen_commitment", "institution_commitment", "term")
    return matrix["headings"] + [[entry[f] for f in fields] for entry in matrix["entries"]]


def plan_in_the_document() -> Grid:
    plan = seed("work_plan_2023.yml")
    fields = ("unit", "mesa", "strengths", "corrections", "action", "months")
    return [plan["headings"]] + [[row[f] for f in fields] for row in plan["rows"]]


DOCUMENTS = {
    "alerts": alerts_in_the_document,
    "commitments": commitments_in_the_document,
    "workplan": plan_in_the_document,
}


def read_csv(content: bytes) -> Grid:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_json(content: bytes) -> Grid:
    (table,) = json.loads(content)
    return [*table["above"], table["headings"], *table["rows"]]


def read_docx(content: bytes) -> Grid:
    """Each cell once: what a merge continues is empty, as in the rows of the document."""
    (table,) = Document(io.BytesIO(content)).tables
    grid, seen = [], set()
    for row in table.rows:
        grid.append(["" if cell._tc in seen else cell.text for cell in row.cells])
        seen |= {cell._tc for cell in row.cells}
        for index, cell in enumerate(row.cells):
            if index and cell._tc is row.cells[index - 1]._tc:
                grid[-1][index] = ""
    return grid


def read_xlsx(content: bytes) -> Grid:
    sheet = load_workbook(io.BytesIO(content)).active
    return [[cell or "" for cell in row] for row in sheet.iter_rows(min_row=5, values_only=True)]


READERS = {"csv": read_csv, "json": read_json, "docx": read_docx, "xlsx": read_xlsx}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("matrices") / "somos.db"
    upgrade(f"sqlite:///{path}")

    async def fill() -> None:
        database = Database(f"sqlite:///{path}")
        async with database.write() as session:
            await load_seed(session)
        await database.close()

    asyncio.run(fill())
    return path


@pytest.fixture
async def database(seeded: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(seeded, tmp_path / "somos.db")
    database = Database(f"sqlite:///{tmp_path / 'somos.db'}")
    yield database
    await database.close()


async def build(database: Database, kind: str, slug: str | None = None) -> list[Table]:
    async with database.read() as session:
        return await BUILDERS[kind](session, slug)


async def add_alert(database: Database, text: str, folios: list[str], observations: str) -> None:
    """A second alert of Calvas, supported by reports."""
    async with database.write() as session:
        dialogue = (await session.scalars(select(Dialogue))).one()
        entry = MatrixEntry(
            dialogue_id=dialogue.id, kind="alert", position=2, text=text, observations=observations
        )
        session.add(entry)
        await session.flush()
        for folio in folios:
            report = Report(
                folio=folio,
                kind="alert",
                words="hace 3 semanas q el cdi no abre",
                status="received",
                created_at=datetime(2026, 11, 21, tzinfo=UTC),
            )
            session.add(report)
            await session.flush()
            session.add(MatrixSupport(entry_id=entry.id, report_id=report.id))


@pytest.mark.parametrize("format", list(READERS))
@pytest.mark.parametrize("kind", list(DOCUMENTS))
async def test_a_matrix_is_the_official_document_cell_for_cell(
    database: Database, kind: str, format: str
) -> None:
    content = render(await build(database, kind), format)
    assert READERS[format](content) == DOCUMENTS[kind]()


async def test_the_work_plan_has_41_rows_of_six_columns(database: Database) -> None:
    (table,) = await build(database, "workplan", "azms-2023")
    assert {len(row) for row in table.rows} == {6}
    assert len(table.rows) == 41


async def test_attendance_tells_the_total_and_whom_each_institution_attended(
    database: Database,
) -> None:
    total, attentions = await build(database, "attendance", CALVAS)
    report = seed("dialogue_calvas_2024.yml")["dialogue"]
    assert total.rows == ((200, report["attendance"]["description"]),)
    assert attentions.rows == tuple(
        (a["institution"], a["count"], a["description"]) for a in report["attentions"]
    )


@pytest.mark.parametrize(
    ("folios", "observations", "expected"),
    [
        ([FOLIO], "", f"Folio: {FOLIO}"),
        ([FOLIO], "Se verificó.", f"Se verificó.\nFolio: {FOLIO}"),
        ([FOLIO, "AS-2026-00046"], "", f"Folios: {FOLIO}, AS-2026-00046"),
        ([], "Se verificó.", "Se verificó."),
    ],
)
@pytest.mark.parametrize("format", list(READERS))
async def test_an_entry_is_numbered_and_traced_to_the_reports_behind_it(
    database: Database, folios: list[str], observations: str, expected: str, format: str
) -> None:
    await add_alert(database, "El CDI pasa cerrado.", folios, observations)
    content = render(await build(database, "alerts"), format)
    assert READERS[format](content)[2][1:] == ["2. El CDI pasa cerrado.", expected]


async def test_a_question_without_answers_keeps_its_row(database: Database) -> None:
    async with database.write() as session:
        for entry in await session.scalars(select(MatrixEntry)):
            await session.delete(entry)
    (table,) = await build(database, "alerts")
    assert [row[1:] for row in table.rows if row[0]] == [("", "")] * 4


async def test_without_a_slug_all_dialogues_follow_one_another(database: Database) -> None:
    async with database.write() as session:
        first = (await session.scalars(select(Dialogue))).one()
        columns = {c.key for c in Dialogue.__table__.columns} - {"id"}
        copy = {key: getattr(first, key) for key in columns}
        copy |= {"slug": "otro", "parish": "Otra", "institution": "Ministerio de Desarrollo Humano"}
        session.add(Dialogue(**copy))
    tables = await build(database, "commitments")
    assert [table.above[1][2] for table in tables] == ["MIES", "MDH"]
    lines = read_csv(render(tables, "csv"))
    assert [line[0] for line in lines if line].count("MATRIZ DE COMPROMISOS") == 2
    assert len(Document(io.BytesIO(render(tables, "docx"))).tables) == 2
    assert len(load_workbook(io.BytesIO(render(tables, "xlsx"))).sheetnames) == 2
    assert len(json.loads(render(tables, "json"))) == 2


@pytest.mark.parametrize("kind", list(BUILDERS))
async def test_an_unknown_slug_is_refused_with_the_known_ones(
    database: Database, kind: str
) -> None:
    with pytest.raises(SomosError) as caught:
        await build(database, kind, "nada")
    assert caught.value.values["known"] == ["azms-2023" if kind == "workplan" else CALVAS]


def table_of(*cells: str) -> Table:
    return Table("T", "S", "F", ("H",), tuple((cell,) for cell in cells), (1,))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_looks_like_a_formula_is_never_one(start: str) -> None:
    words = f'{start}HYPERLINK("http://mal.example";"clic")'
    assert read_csv(render([table_of(words)], "csv"))[1] == [f"'{words}"]
    sheet = load_workbook(io.BytesIO(render([table_of(words)], "xlsx"))).active
    assert sheet["A6"].data_type == "s"
    assert sheet["A6"].quotePrefix
    assert json.loads(render([table_of(words)], "json"))[0]["rows"] == [[words]]


def test_what_xml_cannot_hold_does_not_stop_an_export() -> None:
    table = table_of("hola\x00\x0b\ud800 veci 👋\nsegunda línea")
    assert read_docx(render([table], "docx"))[1] == ["hola veci 👋\nsegunda línea"]
    assert read_xlsx(render([table], "xlsx"))[1] == ["hola veci 👋\nsegunda línea"]


async def test_word_repeats_headings_and_lies_on_its_side(database: Database) -> None:
    document = Document(io.BytesIO(render(await build(database, "commitments"), "docx")))
    section, (table,) = document.sections[0], document.tables
    assert section.page_width > section.page_height
    assert len(table._tbl.xpath(".//w:tblHeader")) == 3
    words = [paragraph.text for paragraph in document.paragraphs]
    assert words[0] == "MATRIZ DE COMPROMISOS"
    assert "21 de noviembre de 2024" in words[1]
    assert words[2].startswith("Fuente: ")


async def test_excel_keeps_headings_in_sight_and_prints_on_one_width(database: Database) -> None:
    sheet = load_workbook(io.BytesIO(render(await build(database, "workplan"), "xlsx"))).active
    assert sheet.freeze_panes == "A6"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)
    assert sheet["A5"].font.bold
    assert sheet["E6"].alignment.wrap_text


@pytest.mark.parametrize("format", list(FORMATS))
def test_nothing_to_export_is_still_a_file(format: str) -> None:
    assert render([], format)


async def test_a_file_and_a_stream_receive_the_same(database: Database, tmp_path: Path) -> None:
    tables, stream = await build(database, "alerts"), io.BytesIO()
    write(tables, "csv", stream)
    write(tables, "csv", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == stream.getvalue()


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="docx, xlsx, pdf, csv, json"):
        render([], "odt")
