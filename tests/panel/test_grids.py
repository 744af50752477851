"""Sheets brought in: each wrong cell is named, and with one wrong row nothing is written."""

import base64
import io
import shutil
from datetime import datetime, time

import openpyxl
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.__main__ import cli
from storage.models import Audit, Event, Workshop
from tests.panel.citizens import enrolled, workshops_of

PATH = "/panel/catalogo"
HEAD = ("Código;Casa;Taller;Categoría;Modalidad;Ciclo;Día;Empieza;Termina;Primera clase;"
        "Última clase;Cupos;Edad mínima;Edad máxima")  # fmt: skip
GOOD = (";Solanda;Ñandutí;Manualidades y Producción Artesanal;Comunitaria;4;Sábado;10:00;12h00;"
        "05/12/2026;20/02/2027;20;;")  # fmt: skip


async def look(client, content, kind="workshops", name="malla.csv"):
    content = content.encode() if isinstance(content, str) else content
    return await client.post(f"{PATH}/importar", data={"kind": kind},
                             files={"file": (name, content)})  # fmt: skip


async def keep(client, content, kind="workshops"):
    content = content.encode() if isinstance(content, str) else content
    sent = {"kind": kind, "content": base64.b64encode(content).decode()}
    return await client.post(f"{PATH}/importar/guardar", data=sent)


async def count(service, model):
    async with service.database.read() as session:
        return await session.scalar(select(func.count()).select_from(model))


async def found(service, **by):
    async with service.database.read() as session:
        return (await session.execute(select(Workshop).filter_by(**by))).scalar_one_or_none()


async def test_a_sheet_is_looked_at_then_kept_and_brought_in_again_changes_what_is_there(
    service, signed_in
):
    client = await signed_in("communications")
    before = await count(service, Workshop)
    seen = (await look(client, f"{HEAD}\n{GOOD}\n")).text
    assert "Todas las filas están bien" in seen
    assert await count(service, Workshop) == before
    assert (await keep(client, f"{HEAD}\n{GOOD}\n")).headers["location"] == PATH
    row = await found(service, title="Ñandutí")
    assert (row.title_search, row.weekday, row.capacity, row.min_age) == ("nanduti", 5, 20, None)
    # The same row again, and then with more places: it is the same workshop.
    again = (await look(client, f"{HEAD}\n{GOOD}\n")).text
    assert "<dt>Filas iguales</dt><dd>1</dd>" in again
    await keep(client, f"{HEAD}\n{GOOD.replace(';20;;', ';25;8;')}\n")
    changed = await found(service, title="Ñandutí")
    assert (changed.id, changed.capacity, changed.min_age) == (row.id, 25, 8)
    assert await count(service, Workshop) == before + 1
    async with service.database.read() as session:
        query = select(Audit).where(Audit.target == f"workshop:{row.slug}").order_by(Audit.id)
        made, updated = (await session.execute(query)).scalars()
    assert (made.action, updated.action) == ("create", "update")
    assert updated.detail == {"before": {"capacity": "20", "min_age": "None"},
                              "after": {"capacity": "25", "min_age": "8"}}  # fmt: skip


MISTAKES = [
    ("Solanda", "Solnada", "Casa", "¿Es «solanda»?"),
    ("Solanda", "", "Casa", "Está vacío"),
    ("Ñandutí", "x" * 301, "Taller", "caben 300 letras"),
    ("Manualidades y Producción Artesanal", "Astrología", "Categoría", "No hay «Astrología»"),
    (";4;", ";5;", "Ciclo", "No hay «5»"),
    ("Sábado", "Sabbath", "Día", "No es un día"),
    ("10:00", "25:00", "Empieza", "No es una hora"),
    ("12h00", "9", "Termina", "después de empezar"),
    ("05/12/2026", "31/02/2026", "Primera clase", "No es una fecha"),
    ("05/12/2026", "2026-12-04", "Primera clase", "cae en viernes, y el taller es en sábado"),
    ("20/02/2027", "20/02/2026", "Última clase", "después de la primera"),
    (";20;;", ";0;;", "Cupos", "de 1 a 500"),
    (";20;;", ";muchos;;", "Cupos", "número entero"),
    (";20;;", ";20;60;12", "Edad máxima", "mayor que la mínima"),
    (";Solanda", "Mi Código;Solanda", "Código", "solo minúsculas"),
    (";Solanda", "<script>alert(1)</script>;Solanda", "Código", "solo minúsculas"),
    ("Solanda", "<script>alert(1)</script>", "Casa", "No hay «&lt;script&gt;"),
]


async def test_each_mistake_is_named_by_row_and_column_and_nothing_is_written(service, signed_in):
    client = await signed_in("communications")
    before = await count(service, Workshop)
    bad = [GOOD.replace(old, new) for old, new, *_ in MISTAKES]
    sheet = "\n".join([HEAD, GOOD, "", *bad])
    page = (await look(client, sheet)).text
    assert "<script>alert" not in page
    shown = page.split("<tr>")[2:]
    for number, (row, (*_, column, words)) in enumerate(zip(shown, MISTAKES, strict=True), 4):
        assert f'data-label="Fila">{number}<' in row
        assert f'data-label="Columna">{column}<' in row
        assert words in row
    assert (await keep(client, sheet)).status_code == 409
    assert await count(service, Workshop) == before


async def test_what_is_wrong_with_the_whole_sheet_is_said(signed_in):
    client = await signed_in("communications")
    for sheet, words in (
        (HEAD.replace("Cupos", "Cupo máximo") + "\n" + GOOD, "No conozco esta columna"),
        (HEAD.replace("Cupos;", "") + "\n" + GOOD.replace(";20;;", ";;"), "Falta esta columna"),
        (HEAD + ";cupos\n" + GOOD + ";3", "dos veces"),
        (HEAD + "\n", "no tiene filas"),
        (f"{HEAD}\n{GOOD}\n{GOOD}", "Es lo mismo que la fila 2"),
    ):
        assert words in (await look(client, sheet)).text


async def test_places_are_not_taken_from_people_who_have_them(service, signed_in):
    workshop, *_ = await workshops_of(service, 1, capacity=5)
    for serial in (1, 2):
        await enrolled(service, workshop, f"P{serial}", serial)
    client = await signed_in("casa_manager", casa_id=1)
    sheet = (await client.get(f"{PATH}/hoja/workshops.csv")).content.decode("utf-8-sig")
    row = await found(service, id=workshop)
    lines = [line if not line.startswith(row.slug) else line.replace(";5;", ";1;")
             for line in sheet.splitlines()]  # fmt: skip
    page = (await look(client, "\n".join(lines))).text
    assert "Ya hay 2 personas con cupo" in page


@pytest.mark.parametrize("kind", ["workshops", "events"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_what_is_taken_out_comes_back_in_unchanged(service, signed_in, kind, format):
    # Two of each kind: what is compared is the way there and back, not how many.
    async with service.database.write() as session:
        for model in (Workshop, Event):
            kept = select(model.id).order_by(model.id).limit(2).scalar_subquery()
            for row in (
                await session.execute(select(model).where(model.id.not_in(kept)))
            ).scalars():
                await session.delete(row)
        (await session.get(Workshop, 1)).title = "=Uno"
    client = await signed_in("communications")
    content = (await client.get(f"{PATH}/hoja/{kind}.{format}")).content
    assert b";=Uno" not in content
    page = (await look(client, content, kind, f"x.{format}")).text
    assert "<dt>Filas nuevas</dt><dd>0</dd>" in page
    changed = 1 if kind == "workshops" else 0  # its search form, which the title above lacks
    assert f"<dt>Filas que cambian</dt><dd>{changed}</dd>" in page


async def test_excel_gives_dates_hours_and_numbers_of_its_own(service, signed_in):
    client = await signed_in("communications")
    template = (await client.get(f"{PATH}/plantilla/workshops.xlsx")).content
    book = openpyxl.load_workbook(io.BytesIO(template))
    book.worksheets[0].append([None, "Casa Somos Solanda", "Ñandutí", "belleza", "gratuita", 4.0,
                               "sabados", time(10), datetime(1900, 1, 1, 12), datetime(2026, 12, 5),
                               datetime(2027, 2, 20), 20.0, 6, None])  # fmt: skip
    stream = io.BytesIO()
    book.save(stream)
    await keep(client, stream.getvalue())
    row = await found(service, title="Ñandutí")
    assert (row.ends_at.hour, row.capacity, row.min_age, row.weekday) == (12, 20, 6, 5)


async def test_a_manager_brings_in_workshops_of_their_casa_only(service, signed_in):
    client = await signed_in("casa_manager", casa_id=1)
    page = (await look(client, f"{HEAD}\n{GOOD}")).text
    assert "solo puede cargar talleres de su Casa" in page
    other = (await workshops_of(service, 2))[0]
    slug = (await found(service, id=other)).slug
    own = GOOD.replace(";Solanda", f"{slug};Calderón")
    assert "talleres de su Casa" not in (page := (await look(client, f"{HEAD}\n{own}")).text)
    assert "de otra Casa" in page
    assert (await keep(client, f"{HEAD}\n{own}")).status_code == 409
    assert (await look(client, f"{HEAD}\n{GOOD}", "events")).status_code == 403
    assert (await keep(client, f"{HEAD}\n{GOOD}", "events")).status_code == 403


async def test_who_only_reads_brings_in_nothing(signed_in):
    for role in ("auditor", "reviewer"):
        client = await signed_in(role)
        assert (await client.get(f"{PATH}/importar")).status_code == 403
        assert (await look(client, f"{HEAD}\n{GOOD}")).status_code == 403
        assert (await keep(client, f"{HEAD}\n{GOOD}")).status_code == 403


async def test_a_file_that_is_no_sheet_is_refused_in_words(signed_in):
    client = await signed_in("communications")
    for content in (b"", b"PK\x03\x04broken", b"\x00\xff\xfe", b"x" * 1_600_000):
        answer = await look(client, content)
        assert answer.status_code in (200, 409)
        assert "No se pudo" in answer.text or "No se guardó nada" in answer.text


def test_the_command_names_mistakes_and_writes_all_or_nothing(filled_sqlite, tmp_path, monkeypatch):
    shutil.copy(filled_sqlite / "somos.db", tmp_path / "somos.db")
    monkeypatch.setenv("SOMOS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SOMOS_DATABASE_URL", f"sqlite:///{tmp_path}/somos.db")
    sheet = tmp_path / "malla.csv"
    runs = []
    for content, options in (
        (f"{HEAD}\n{GOOD}\n{GOOD.replace('Solanda', 'Nada')}", []),
        (f"{HEAD}\n{GOOD}", ["--dry-run"]),
        (f"{HEAD}\n{GOOD}", []),
        (f"{HEAD}\n{GOOD}", []),
    ):
        sheet.write_text(content, "utf-8")
        runs.append(CliRunner().invoke(cli, ["import", "workshops", str(sheet), *options]))
    assert [run.exit_code for run in runs] == [1, 0, 0, 0]
    assert "row 3, Casa: No hay «Nada»" in runs[0].stderr
    told = [run.stderr.strip().splitlines()[-1] for run in runs[1:]]
    assert told == ["Would write: 1 new, 0 changed, of 1 rows.",
                    "Written: 1 new, 0 changed, of 1 rows.",
                    "Written: 0 new, 0 changed, of 1 rows."]  # fmt: skip
    assert CliRunner().invoke(cli, ["import", "people", str(sheet)]).exit_code == 2
