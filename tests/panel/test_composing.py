"""Composing what is sent to many: draft, preview, for whom, test to oneself, a second person."""

import re

from sqlalchemy import select, update

from storage.models import Broadcast, Inbound, Outbound
from storage.queries.conversations import find_conversation
from tests.conftest import NOW

PATH = "/panel/difusiones"
HELLO = {"title": "Cierre", "intro_es": "Hoy no\r\nabrimos.", "intro_en": "Closed today.",
         "whom": "1", "reason": ["all"], "language": ["es", "en"],
         "channel": ["telegram", "whatsapp"]}  # fmt: skip


async def begin(client, **form):
    """A new draft: its number, and the stamp of what the page shows."""
    answer = await client.post(PATH, data={"kind": "notice", **form})
    number = int(answer.headers["location"].split("/")[-2])
    return number, await stamp(client, f"{PATH}/{number}/editar")


async def stamp(client, path):
    found = re.search(r'name="seen" value="(\w+)"', (await client.get(path)).text)
    assert found, path
    return found[1]


async def submit(client, number, seen, **form):
    return await client.post(f"{PATH}/{number}/mandar", data={**HELLO, "seen": seen, **form})


async def test_the_weeks_agenda_is_drafted_once_from_its_events(stage, signed_in):
    staff = await signed_in("communications")
    number, _ = await begin(staff, kind="agenda")
    page = (await staff.get(f"{PATH}/{number}/editar")).text
    content = (await stage.get(number)).content
    assert page.count('name="line_es_') == len(content["items"]) > 3
    assert content["items"][0]["line"]["es"] in page
    again = await staff.post(PATH, data={"kind": "agenda"})
    assert again.headers["location"] == PATH
    assert "ya tiene su agenda" in (await staff.get(PATH)).text


async def test_a_line_that_is_emptied_goes_and_another_is_changed(stage, signed_in):
    staff = await signed_in("communications")
    number, seen = await begin(staff, kind="agenda")
    before = (await stage.get(number)).content["items"]
    form = {"seen": seen, "line_es_0": "", "line_es_1": "- 09:00\r\n Otra cosa"}
    await staff.post(f"{PATH}/{number}/guardar", data=form)
    after = (await stage.get(number)).content["items"]
    assert len(after) == len(before) - 1
    assert after[0]["line"] == {"es": "- 09:00 Otra cosa", "en": before[1]["line"]["en"]}
    assert after[0]["event_id"] == before[1]["event_id"]
    assert await stage.audited(number) == ["edit"]


async def test_the_preview_is_what_each_channel_will_show_and_counts_as_it_does(stage, signed_in):
    staff = await signed_in("communications")
    number, _ = await begin(staff)
    form = HELLO | {"intro_es": "palabra " * 100 + "<b>fin</b>", "intro_en": "🎉"}
    page = (await staff.post(f"{PATH}/{number}/vista", data=form)).text
    plain = " ".join(page.split())
    assert "810 de 4.096 caracteres" in plain
    assert "810 de 700 caracteres <span" in plain
    assert "se corta y ofrece leer el resto" in plain
    assert "2 de 4.096" in plain
    assert "la plantilla «aviso»" in plain
    assert "&lt;b&gt;fin" in plain
    assert "<b>fin" not in plain
    assert (await stage.get(number)).content["intro"]["es"] == ""


async def test_who_it_is_for_is_counted_and_shown_without_addresses(stage, signed_in):
    await stage.people(2)
    await stage.person(opted_out=True)
    await stage.person(language="en", channel="whatsapp")
    staff = await signed_in("communications")
    number, _ = await begin(staff)
    look = f"{PATH}/{number}/destinatarios"
    everybody = (await staff.post(look, data=HELLO)).text
    assert "<strong>4</strong> personas; a 1 no se les envía" in everybody
    people = await stage.rows(select(Outbound.address))
    assert not any(address in everybody for address in people)
    assert everybody.count("•••") == 4
    english = (await staff.post(look, data=HELLO | {"language": ["en"]})).text
    assert "<strong>1</strong> persona" in english
    telegram = (await staff.post(look, data=HELLO | {"channel": ["telegram"]})).text
    assert "<strong>3</strong> personas" in telegram
    nobody = await staff.post(look, data=HELLO | {"reason": []})
    assert nobody.status_code == 409
    assert "al menos un motivo" in nobody.text


async def test_a_time_is_that_of_ecuador_and_lines_end_as_gateways_count_them(stage, signed_in):
    await stage.people(1)
    staff = await signed_in("communications")
    number, seen = await begin(staff)
    await submit(staff, number, seen, when="at", at="2026-11-23T07:00")
    found = await stage.get(number)
    assert (found.status, found.scheduled_for.isoformat()) == (
        "scheduled", "2026-11-23T12:00:00+00:00",
    )  # fmt: skip
    assert found.content["intro"]["es"] == "Hoy no\nabrimos."
    assert found.segment == {"reasons": ["all"], "languages": [], "channels": []}


async def test_a_time_that_is_none_or_is_over_sends_nothing_and_loses_nothing(stage, signed_in):
    await stage.people(1)
    staff = await signed_in("communications")
    number, seen = await begin(staff)
    for at in ("", "mañana", "2026-11-20T07:00"):
        assert (await submit(staff, number, seen, when="at", at=at)).status_code == 409
    assert (await stage.get(number)).status == "draft"


async def test_a_large_one_is_approved_by_another_person_who_saw_just_that(stage, signed_in):
    await stage.people(5)
    author = await signed_in("communications")
    other = await signed_in("administrator")
    number, seen = await begin(author)
    page = f"{PATH}/{number}"
    await submit(author, number, seen)
    assert (await stage.get(number)).status == "awaiting_approval"
    assert "/aprobar" not in (await author.get(page)).text
    old = await stamp(other, page)
    assert (await author.post(f"{page}/aprobar", data={"seen": old})).status_code == 409
    await other.post(f"{page}/devolver", data={"why": "Falta la hora"})
    assert "«Falta la hora»" in (await author.get(page)).text
    seen = await stamp(author, f"{page}/editar")
    await submit(author, number, seen, intro_es="Hoy no abrimos a las 9.")
    refused = await other.post(f"{page}/aprobar", data={"seen": old})
    assert "Otra persona cambió el envío" in refused.text
    await other.post(f"{page}/aprobar", data={"seen": await stamp(other, page)})
    found = await stage.get(number)
    assert (found.status, found.approved_by) == ("scheduled", "administrator@somos.invalid")
    await stage.jobs.begin_due()
    assert "Hoy no abrimos a las 9." in (await author.get(page)).text


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(stage, signed_in):
    staff = await signed_in("communications")
    number, seen = await begin(staff)
    for title, status in (("Uno", 303), ("Dos", 409)):
        form = HELLO | {"seen": seen, "title": title}
        assert (await staff.post(f"{PATH}/{number}/guardar", data=form)).status_code == status
    assert (await stage.get(number)).title == "Uno"


async def test_a_test_goes_to_the_chat_that_said_the_code_and_to_no_other(stage, signed_in):
    staff = await signed_in("communications")
    number, seen = await begin(staff)
    code = re.search(r"PRUEBA \w{6}", (await staff.get(f"{PATH}/{number}/editar")).text)[0]
    form = HELLO | {"seen": seen}
    refused = await staff.post(f"{PATH}/{number}/probar", data=form)
    assert code in refused.text
    async with stage.database.write() as session:
        for address, words in (("71", code.lower()), ("72", "hola")):
            chat = await find_conversation(session, "whatsapp", address, NOW)
            session.add(Inbound(channel="whatsapp", external_id=address, text=words, status="done",
                                conversation_id=chat.id, received_at=NOW))  # fmt: skip
    assert (await staff.post(f"{PATH}/{number}/probar", data=form)).status_code == 303
    sent = [(r.address, r.kind, r.body["text"]) for r in await stage.queued()]
    assert sent == [("71", "notice", "Hoy no\nabrimos."), ("71", "notice", "Closed today.")]
    assert await stage.audited(number) == ["create", "edit", "test"]
    assert (await stage.rows(select(Broadcast)))[0].status == "draft"


async def test_a_change_is_drafted_for_those_who_were_told_and_keeps_them(stage, signed_in):
    await stage.people(2)
    staff = await signed_in("communications")
    number, seen = await begin(staff, kind="agenda")
    await staff.post(f"{PATH}/{number}/mandar", data={"seen": seen, "when": "now"})
    await stage.jobs.begin_due()
    await stage.jobs.feed()
    async with stage.database.write() as session:
        await session.execute(update(Outbound).values(status="sent"))
    page = (await staff.get(f"{PATH}/{number}")).text
    told = re.search(r'<option value="(\d+)">', page)[1]
    change, seen = await begin(staff, kind="correction", event=told)
    editor = (await staff.get(f"{PATH}/{change}/editar")).text
    assert "<strong>2</strong> personas" in editor
    assert "Cambió algo que le anunciamos" in editor
    form = HELLO | {"seen": seen, "reason": [f"told:{told}"]}
    await staff.post(f"{PATH}/{change}/guardar", data=form)
    assert (await stage.get(change)).segment["reasons"] == [f"told:{told}"]
