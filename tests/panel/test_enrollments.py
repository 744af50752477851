"""Enrolments: what a Casa decides reaches the citizen, and no Casa sees another's."""

import io

import openpyxl
import pytest

from tests.panel.citizens import enrolled, told, workshops_of
from tests.support import national_id

PATH = "/panel/inscripciones"
ACTIONS = ("confirmar", "cupos", "{folio}/rechazar", "{folio}/mover")


async def test_who_has_a_place_is_told_that_it_is_confirmed_once(service, signed_in):
    workshop, *_ = await workshops_of(service, 1)
    folio = await enrolled(service, workshop, "Rosa Quishpe", 1)
    client = await signed_in("casa_manager", casa_id=1)
    for _ in range(2):
        answer = await client.post(f"{PATH}/{workshop}/confirmar", data={"folio": folio})
        assert answer.headers["location"] == f"{PATH}/{workshop}"
    (text,) = await told(service, "Rosa Quishpe")
    assert folio in text
    assert "confirmó su cupo" in text
    assert "confirmada" in (await client.get(f"{PATH}/{workshop}")).text


async def test_a_place_turned_down_goes_to_the_next_and_both_are_told(service, signed_in):
    workshop, *_ = await workshops_of(service, 1, capacity=1)
    first = await enrolled(service, workshop, "Rosa Quishpe", 1)
    second = await enrolled(service, workshop, "John Smith", 2, language="en")
    client = await signed_in("casa_manager", casa_id=1)
    path = f"{PATH}/{workshop}/{first}/rechazar"
    assert (await client.post(path, data={"reason": "  "})).status_code == 409
    assert await told(service, "Rosa Quishpe") == []
    await client.post(path, data={"reason": "el taller es para  mayores de 60"})
    (to_first,) = await told(service, "Rosa Quishpe")
    assert "el taller es para mayores de 60" in to_first
    (to_second,) = await told(service, "John Smith")
    assert to_second.startswith("Good news")
    assert second in to_second
    # Twice by a double click: it is not active any more.
    assert (await client.post(path, data={"reason": "otra vez"})).status_code == 409


async def test_a_person_moves_to_a_place_or_to_the_end_of_the_other_list(service, signed_in):
    source, target, *_ = await workshops_of(service, 1, capacity=1)
    moving = await enrolled(service, source, "Rosa Quishpe", 1)
    await enrolled(service, source, "Luis Toapanta", 2)
    await enrolled(service, target, "Ana Cabrera", 3)
    client = await signed_in("administrator")
    await client.post(f"{PATH}/{source}/{moving}/mover", data={"target": target})
    (text,) = await told(service, "Rosa Quishpe")
    assert "turno 1" in text
    assert "se liberó un cupo" in (await told(service, "Luis Toapanta"))[0]
    page = await client.get(f"{PATH}/{target}/{moving}")
    assert "en espera, turno 1" in page.text
    log = (await client.get(f"/panel/auditoria?target={moving}")).text
    assert "move" in log
    assert "administrator@somos.invalid" in log


async def test_a_move_to_where_the_person_is_already_is_refused(service, signed_in):
    source, target, *_ = await workshops_of(service, 1)
    moving = await enrolled(service, source, "Rosa Quishpe", 1)
    await enrolled(service, target, "Rosa Quishpe", 1)
    client = await signed_in("administrator")
    for wrong in (target, source, 999_999):
        answer = await client.post(f"{PATH}/{source}/{moving}/mover", data={"target": wrong})
        assert answer.status_code == 409
    assert await told(service, "Rosa Quishpe") == []


async def test_more_places_are_given_in_the_order_of_the_list(service, signed_in):
    workshop, *_ = await workshops_of(service, 1, capacity=1)
    for serial, name in enumerate(("A", "B", "C", "D"), 1):
        await enrolled(service, workshop, name, serial)
    await workshops_of(service, 1, capacity=3)
    client = await signed_in("casa_manager", casa_id=1)
    await client.post(f"{PATH}/{workshop}/cupos")
    assert [len(await told(service, n)) for n in "ABCD"] == [0, 1, 1, 0]


async def test_who_enrolled_on_the_web_page_must_be_called(service, signed_in):
    workshop, *_ = await workshops_of(service, 1)
    await enrolled(service, workshop, "Rosa Quishpe", 1, channel="rest")
    client = await signed_in("casa_manager", casa_id=1)
    await client.post(f"{PATH}/{workshop}/confirmar")
    assert "avise por teléfono" in (await client.get(f"{PATH}/{workshop}")).text
    assert await told(service, "Rosa Quishpe") == []


@pytest.mark.parametrize("casa_id", [2, None])
async def test_a_manager_neither_sees_nor_changes_another_casa(service, signed_in, casa_id):
    workshop, target, *_ = await workshops_of(service, 1)
    folio = await enrolled(service, workshop, "Rosa Quishpe", 1)
    client = await signed_in("casa_manager", casa_id=casa_id)
    assert f'href="{PATH}/{workshop}"' not in (await client.get(PATH)).text
    assert f'href="{PATH}/{workshop}"' not in (await client.get(f"{PATH}?casa=1")).text
    assert "Rosa" not in (await client.get(f"{PATH}?q={folio}")).text
    for page in ("", "/asistencia", "/asistencia.csv", "/asistencia.xlsx", f"/{folio}"):
        assert (await client.get(f"{PATH}/{workshop}{page}")).status_code == 404, page
    own = (await workshops_of(service, 2))[0]
    for action in ACTIONS:
        for through in (workshop, own):
            path = f"{PATH}/{through}/{action.format(folio=folio)}"
            sent = {"reason": "x", "target": target, "folio": folio}
            answer = await client.post(path, data=sent)
            assert answer.status_code == 404 or (through == own and action in ACTIONS[:2]), path
    assert await told(service, "Rosa Quishpe") == []


async def test_a_manager_cannot_move_anybody_to_another_casa(service, signed_in):
    workshop, *_ = await workshops_of(service, 1)
    elsewhere, *_ = await workshops_of(service, 2)
    folio = await enrolled(service, workshop, "Rosa Quishpe", 1)
    client = await signed_in("casa_manager", casa_id=1)
    path = f"{PATH}/{workshop}/{folio}"
    assert (await client.post(f"{path}/mover", data={"target": elsewhere})).status_code == 409
    assert f'value="{elsewhere}"' not in (await client.get(f"{path}?casa=2")).text


async def test_an_auditor_reads_and_changes_nothing(service, signed_in):
    workshop, *_ = await workshops_of(service, 1)
    folio = await enrolled(service, workshop, "Rosa Quishpe", 1)
    client = await signed_in("auditor")
    page = await client.get(f"{PATH}/{workshop}")
    assert "Rosa Quishpe" in page.text
    assert '<form class="ms-auto"' not in page.text
    for action in ACTIONS:
        path = f"{PATH}/{workshop}/{action.format(folio=folio)}"
        assert (await client.post(path, data={"target": 1})).status_code == 403


async def test_documents_stand_in_the_attendance_list_only(service, signed_in):
    workshop, *_ = await workshops_of(service, 1)
    name = '=HYPERLINK("http://evil.example")<script>alert(1)</script>'
    folio = await enrolled(service, workshop, name, 1)
    client = await signed_in("casa_manager", casa_id=1)
    number = national_id(1)
    for path in ("", f"/{workshop}"):
        page = (await client.get(f"{PATH}{path}")).text
        assert number not in page
        assert "<script>alert" not in page
    for path in (f"/{workshop}/{folio}", f"/{workshop}/asistencia"):
        page = (await client.get(f"{PATH}{path}")).text
        assert number in page
        assert "<script>alert" not in page
    table = (await client.get(f"{PATH}/{workshop}/asistencia.csv")).text
    assert "'=HYPERLINK" in table
    book = (await client.get(f"{PATH}/{workshop}/asistencia.xlsx")).content
    cells = [c for row in openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows() for c in row]
    assert [c.data_type for c in cells if str(c.value).startswith("=HYPERLINK")] == ["s"]
    assert number in {c.value for c in cells}


async def test_a_folio_leads_to_its_enrolment_and_a_title_to_its_workshops(service, signed_in):
    workshop, *_ = await workshops_of(service, 1)
    folio = await enrolled(service, workshop, "Rosa Quishpe", 1)
    client = await signed_in("administrator")
    found = await client.get(PATH, params={"q": folio.lower()})
    assert found.headers["location"] == f"{PATH}/{workshop}/{folio}"
    first = (await client.get(PATH)).text
    assert first.count("<tr>") == 41
    assert "Siguientes" in first
    assert "No hay talleres" in (await client.get(PATH, params={"q": "xyzzy"})).text
