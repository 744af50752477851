"""Dialogues in the panel: edited in place, traced to citizens, and what leaves is what is shown."""

import io
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from docx import Document
from PIL import Image
from sqlalchemy import select

from storage.models import (
    Account,
    Audit,
    Commitment,
    Conversation,
    Dialogue,
    MatrixEntry,
    MatrixSupport,
    Outbound,
    Report,
    WorkPlanRow,
)
from tests.panel.conftest import Desk
from tests.panel.seen import form_of, in_excel, in_word, on_screen

CALVAS = "/panel/dialogos/calvas-2024-11-21"
PLAN = "/panel/plan-de-trabajo"


@pytest.fixture
async def desk(signed_in: Any) -> httpx.AsyncClient:
    return await signed_in("reviewer")


async def rows(service: Desk, table: Any) -> list[Any]:
    async with service.database.read() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


async def citizen_said(service: Desk, folio: str, words: str, language: str = "es") -> int:
    """A report with an account behind it; the id of its conversation."""
    now = service.clock()
    async with service.database.write() as session:
        account = Account(channel="telegram", address=f"chat-{folio}", created_at=now)
        session.add(account)
        await session.flush()
        talk = Conversation(account_id=account.id, language=language, updated_at=now, state={})
        report = Report(folio=folio, kind="alert", words=words, status="received",
                        account_id=account.id, created_at=now)  # fmt: skip
        session.add_all([talk, report])
        await session.flush()
        return talk.id


async def test_a_matrix_is_edited_in_place_and_each_change_is_in_the_audit(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    first = (await rows(service, MatrixEntry))[0]
    form[f"text-{first.id}"] = ["El CDI pasa cerrado."]
    form["text-new-alert"] = ["Falta agua en el CDI."]
    answer = await desk.post(f"{CALVAS}/alertas", data=form)
    assert answer.status_code == 303
    alerts = [e for e in await rows(service, MatrixEntry) if e.kind == "alert"]
    assert [e.text for e in alerts] == ["El CDI pasa cerrado.", "Falta agua en el CDI."]
    edit, added = [a for a in await rows(service, Audit) if a.target.startswith("matrix_entry")]
    assert (edit.actor, edit.action) == ("reviewer@somos.invalid", "edit")
    assert edit.detail["after"] == {"text": "El CDI pasa cerrado."}
    assert edit.detail["before"]["text"].startswith("Pocas unidades")
    assert added.action == "add"


async def test_a_button_moves_a_row_and_keeps_what_was_written_in_others(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    await desk.post(f"{CALVAS}/alertas", data=form | {"text-new-alert": ["Segunda."]})
    first, second = [e for e in await rows(service, MatrixEntry) if e.kind == "alert"]
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    form |= {f"text-{first.id}": ["Primera, otra vez."], "do": [f"up:{second.id}"]}
    answer = await desk.post(f"{CALVAS}/alertas", data=form)
    assert answer.headers["location"].endswith(f"#fila-{second.id}")
    found = {e.id: (e.position, e.text) for e in await rows(service, MatrixEntry)}
    assert found[second.id] == (1, "Segunda.")
    assert found[first.id] == (2, "Primera, otra vez.")
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    await desk.post(f"{CALVAS}/alertas", data=form | {"do": [f"remove:{second.id}"]})
    assert [e.position for e in await rows(service, MatrixEntry) if e.kind == "alert"] == [1]


async def test_what_another_changed_in_the_meantime_is_not_overwritten(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    first = (await rows(service, MatrixEntry))[0]
    await desk.post(f"{CALVAS}/alertas", data=form | {f"text-{first.id}": ["Uno."]})
    answer = await desk.post(f"{CALVAS}/alertas", data=form | {f"text-{first.id}": ["Otro."]})
    assert answer.status_code == 409
    assert "Otra persona cambió esta fila" in answer.text
    assert (await rows(service, MatrixEntry))[0].text == "Uno."


async def test_the_data_of_a_report_are_not_overwritten_either(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/datos")
    await desk.post(f"{CALVAS}/datos", data=form | {"conclusions": ["Una."]})
    answer = await desk.post(f"{CALVAS}/datos", data=form | {"conclusions": ["Otra."]})
    assert answer.status_code == 409
    assert [d.conclusions for d in await rows(service, Dialogue)] == [["Una."]]


async def test_an_unknown_dialogue_is_told_in_words(desk: httpx.AsyncClient) -> None:
    for path in ("/panel/dialogos/nada", "/panel/dialogos/nada/descargar/report.pdf"):
        answer = await desk.get(path)
        assert answer.status_code == 409
        assert "calvas-2024-11-21" in answer.text


async def test_a_folio_supports_a_row_and_is_a_click_away(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    await citizen_said(service, "AS-2026-90001", "el <b>cdi</b> no abre")
    first = (await rows(service, MatrixEntry))[0]
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    await desk.post(f"{CALVAS}/alertas", data=form | {f"link-{first.id}": ["as202690001"]})
    page = (await desk.get(CALVAS)).text
    assert 'href="/panel/reportes/AS-2026-90001"' in page
    assert "el &lt;b&gt;cdi&lt;/b&gt; no abre" in page
    report = next(r for r in await rows(service, Report) if r.folio == "AS-2026-90001")
    assert report.status == "accepted"
    form = form_of(page, f"{CALVAS}/alertas")
    refused = await desk.post(f"{CALVAS}/alertas", data=form | {"do": [f"remove:{first.id}"]})
    assert refused.status_code == 409
    await desk.post(f"{CALVAS}/alertas", data=form | {"do": [f"unlink:{first.id}:{report.folio}"]})
    assert await rows(service, MatrixSupport) == []
    unknown = await desk.post(f"{CALVAS}/alertas", data=form | {f"link-{first.id}": ["AS-1999-1"]})
    assert unknown.status_code == 409


async def follow(desk: httpx.AsyncClient, number: int, status: str, note: str = "") -> str:
    data = {"status": status, "noted_on": "2026-11-20", "note": note}
    await desk.post(f"/panel/compromisos/{number}/avance", data=data)
    return (await desk.get(f"/panel/compromisos/{number}")).text


async def test_citizens_behind_a_commitment_are_told_once_in_their_language(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    chats = [
        await citizen_said(service, "AS-2026-90001", "no abre"),
        await citizen_said(service, "AS-2026-90002", "it is closed", "en"),
    ]
    first = (await rows(service, MatrixEntry))[0]
    promise = (await rows(service, Commitment))[0]
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    link = {f"link-{first.id}": ["AS-2026-90001, AS-2026-90002"]}
    await desk.post(f"{CALVAS}/alertas", data=form | link)
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/compromisos")
    form[f"origin-{promise.id}"] = [str(first.id)]
    await desk.post(f"{CALVAS}/compromisos", data=form)
    assert "Personas avisadas en su chat: 2" in await follow(desk, promise.id, "made")
    assert "Personas avisadas en su chat: 0" in await follow(desk, promise.id, "in_progress")
    assert "Personas avisadas en su chat: 0" in await follow(desk, promise.id, "made", "de nuevo")
    page = await follow(desk, promise.id, "met", "Se abrió el lunes.")
    assert "Se abrió el lunes." in page
    assert "AS-2026-90001" in page
    told = [o for o in await rows(service, Outbound) if o.conversation_id in chats]
    assert [(o.kind, o.conversation_id) for o in told] == [("notice", c) for c in chats * 2]
    spanish, english = told[0].body["text"], told[1].body["text"]
    assert "AS-2026-90001" in spanish
    assert "Informar mediante los equipos técnicos" in spanish
    assert "commitment" in english
    assert all(len(o.body["text"].split()) <= 60 for o in told)


async def test_commitments_stand_by_date_with_the_delayed_first(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    today = service.clock().date()
    async with service.database.write() as session:
        dialogue = (await session.scalars(select(Dialogue))).one()
        days = {"tarde": ("made", 9), "pronto": ("made", 3), "retraso": ("delayed", 20)}
        for n, (name, (status, later)) in enumerate(days.items(), 10):
            session.add(
                Commitment(dialogue_id=dialogue.id, position=n, proposal=name, citizen_side="",
                           institution_side="", term="", status=status,
                           due_on=today + timedelta(days=later))
            )  # fmt: skip
    page = (await desk.get("/panel/compromisos")).text
    order = re.findall(r">(tarde|pronto|retraso|Informar|Verificar)", page)
    assert order == ["retraso", "pronto", "tarde", "Informar", "Verificar"]
    assert ">tarde<" not in (await desk.get("/panel/compromisos?estado=delayed")).text


@pytest.mark.parametrize("path", ["/panel/compromisos/1/avance", f"{CALVAS}/datos", f"{PLAN}/x"])
async def test_who_only_reads_sees_the_document_and_writes_nothing(
    signed_in: Any, path: str
) -> None:
    client = await signed_in("auditor")
    page = await client.get(CALVAS)
    assert "<textarea" not in page.text
    assert "I. ANTECEDENTE" in page.text
    data = {"status": "met", "noted_on": "2026-11-20"}
    assert (await client.post(path, data=data)).status_code == 403


async def test_exported_cells_are_those_on_the_screen(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    await citizen_said(service, "AS-2026-90001", "no abre")
    first = (await rows(service, MatrixEntry))[0]
    form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
    form |= {
        f"link-{first.id}": ["AS-2026-90001"], "text-new-need": ["=HYPERLINK(1)\n<script>x"],
        "observations-new-need": ["+1"],
    }  # fmt: skip
    await desk.post(f"{CALVAS}/alertas", data=form)
    page = (await desk.get(f"{CALVAS}/documento")).text
    assert "<script>x" not in page
    screen = on_screen(page)
    for kind, at in (("alerts", 0), ("commitments", 1)):
        word = (await desk.get(f"{CALVAS}/descargar/{kind}.docx")).content
        excel = (await desk.get(f"{CALVAS}/descargar/{kind}.xlsx")).content
        assert in_word(word) == [screen[at]]
        assert in_excel(excel) == [screen[at]]
    report = (await desk.get(f"{CALVAS}/descargar/report.docx")).content
    assert in_word(report)[: len(screen)] == screen
    words = [p.text for p in Document(io.BytesIO(report)).paragraphs]
    for section in re.findall(r'<h2 class="h3">(.*?)</h2>', page):
        assert section in words
    pdf = await desk.get(f"{CALVAS}/descargar/report.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"].endswith('calvas-2024-11-21-informe.pdf"')


async def test_a_work_plan_is_edited_in_place_and_leaves_as_it_stands(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    action = f"{PLAN}/azms-2023"
    form = form_of((await desk.get(PLAN)).text, action)
    first, second = (await rows(service, WorkPlanRow))[:2]
    form |= {f"months-{first.id}": ["Enero"], "do": [f"down:{first.id}"]}
    await desk.post(action, data=form)
    found = {r.id: (r.position, r.months) for r in await rows(service, WorkPlanRow)}
    assert found[first.id] == (2, "Enero")
    assert found[second.id][0] == 1
    (screen,) = on_screen((await desk.get(f"{PLAN}?vista=documento")).text)
    word = (await desk.get(f"{action}/descargar.docx")).content
    assert sorted(in_word(word)[0]) == sorted(screen)


async def test_the_report_of_a_new_dialogue_is_filled_in(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    head = {
        "title": "Diálogo Ciudadano", "held_on": "2026-11-19", "institution": "MIES",
        "directorate": "Dirección Distrital Loja", "province": "Loja", "canton": "Saraguro",
        "parish": "Urdaneta",
    }  # fmt: skip
    made = await desk.post("/panel/dialogos", data=head)
    path = "/panel/dialogos/saraguro-2026-11-19"
    assert made.headers["location"] == path
    form = form_of((await desk.get(path)).text, f"{path}/datos")
    form |= {
        "background": ["Uno.\n\n- Dos."], "conclusions": ["Se abrirá el CDI.\n\nSe dará cuenta."],
        "attendance_total": ["31"], "group": ["Adultos mayores"], "group_people": ["12"],
        "attention_institution": ["MSP"], "attention_people": ["5"],
        "attention_description": ["presión"], "prepared_by_name": ["Ana Ñauta"],
        "report_date": ["2026-11-20"],
    }  # fmt: skip
    assert (await desk.post(f"{path}/datos", data=form)).status_code == 303
    page = (await desk.get(f"{path}/documento")).text
    for words in ("2. Se dará cuenta.", "Adultos mayores", "presión", "Ana Ñauta"):
        assert words in page
    assert '<p class="words prose-bullet">Dos.</p>' in page
    assert "20 de noviembre de 2026" in page


def photograph(size: tuple[int, int] = (40, 30), format: str = "PNG") -> bytes:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secreto"
    Image.new("RGB", size, "teal").save(stream, format, exif=exif)
    return stream.getvalue()


async def test_a_photograph_is_made_anew_without_hidden_data(
    service: Desk, desk: httpx.AsyncClient
) -> None:
    files = {"file": ("x.png", photograph((3000, 1000)), "image/png")}
    await desk.post(f"{CALVAS}/fotos", files=files, data={"caption": "Mesa 1"})
    page = (await desk.get(CALVAS)).text
    address = re.search(rf'src="({CALVAS}/fotos/\d+)"', page)
    assert address
    kept = await desk.get(address[1])
    assert kept.headers["content-type"] == "image/jpeg"
    assert b"secreto" not in kept.content
    assert Image.open(io.BytesIO(kept.content)).size == (1600, 533)
    report = Document(io.BytesIO((await desk.get(f"{CALVAS}/descargar/report.docx")).content))
    assert len(report.inline_shapes) == 1
    await desk.post(f"{address[1]}/quitar")
    assert (await desk.get(address[1])).status_code == 404


@pytest.mark.parametrize(
    "content",
    [b"<svg/>", b"", photograph()[:60], photograph(format="GIF")],
    ids=["svg", "nothing", "half", "gif"],
)
async def test_what_is_no_photograph_is_refused(desk: httpx.AsyncClient, content: bytes) -> None:
    files = {"file": ("x.png", content, "image/png")}
    answer = await desk.post(f"{CALVAS}/fotos", files=files)
    assert answer.status_code == 409
    assert "JPEG, PNG y WEBP" in answer.text


async def test_a_sensitive_report_enters_no_matrix_and_leaves_none(
    service: Desk, signed_in: Any
) -> None:
    desk = await signed_in("reviewer", sees_sensitive=True)
    await citizen_said(service, "AS-2026-90001", "palabras reservadas")
    await citizen_said(service, "AS-2026-90002", "de otra persona")
    first = (await rows(service, MatrixEntry))[0]

    async def mark(folio: str, is_sensitive: bool) -> None:
        async with service.database.write() as session:
            query = select(Report).where(Report.folio == folio)
            (await session.scalars(query)).one().is_sensitive = is_sensitive

    async def link(folio: str) -> httpx.Response:
        form = form_of((await desk.get(CALVAS)).text, f"{CALVAS}/alertas")
        return await desk.post(f"{CALVAS}/alertas", data=form | {f"link-{first.id}": [folio]})

    await mark("AS-2026-90001", True)
    assert (await link("AS-2026-90001")).status_code == 409
    assert (await link("AS-2026-90002")).status_code == 303
    await mark("AS-2026-90002", True)
    for place in (CALVAS, f"{CALVAS}/documento"):
        page = (await desk.get(place)).text
        assert "AS-2026-9000" not in page
        assert "de otra persona" not in page
    for format in ("docx", "xlsx"):
        content = (await desk.get(f"{CALVAS}/descargar/alerts.{format}")).content
        found = in_word(content) if format == "docx" else in_excel(content)
        assert "AS-2026" not in str(found)
