"""Talking with citizens: taking, replying, handing back; and what is not kept is not shown."""

import pytest

from storage.models import HandoffCase, Inbound, Outbound
from tests.panel.citizens import chat_with, told

PATH = "/panel/conversaciones"
XSS = "<img src=x onerror=alert(1)>"


async def waiting(service, name="0991", language="es", said=("quiero hablar",)):
    """The number of a case whose citizen said some things."""
    async with service.database.write() as session:
        chat = await chat_with(session, service, name, language=language)
        case = HandoffCase(conversation_id=chat.id, status="waiting", opened_at=service.clock())
        session.add(case)
        for number, (text, intent) in enumerate(
            (s, None) if isinstance(s, str) else s for s in said
        ):
            session.add(Inbound(channel="telegram", external_id=f"{name}-{number}", text=text,
                                conversation_id=chat.id, status="done", intent=intent,
                                received_at=service.clock()))  # fmt: skip
        await session.flush()
        return case.id


async def test_a_citizen_who_waits_is_taken_answered_and_handed_back(service, signed_in):
    case = await waiting(service, language="en")
    client = await signed_in("communications")
    assert f"{PATH}/{case}" in (await client.get(PATH)).text
    for action, sent in (("tomar", {}), ("responder", {"text": " Good morning. "}), ("cerrar", {})):
        answer = await client.post(f"{PATH}/{case}/{action}", data=sent)
        assert answer.headers["location"] == f"{PATH}/{case}"
    taken, reply, closed = await told(service, "0991")
    assert "somebody" in taken.lower() or "person" in taken.lower()
    assert reply == "Good morning."
    assert closed != taken
    assert f"{PATH}/{case}" not in (await client.get(PATH)).text
    assert "la cerró el equipo" in (await client.get(f"{PATH}/{case}")).text


async def test_only_who_took_it_replies(service, signed_in):
    case = await waiting(service)
    first, second = await signed_in("communications"), await signed_in("reviewer")
    assert (await first.post(f"{PATH}/{case}/responder", data={"text": "x"})).status_code == 409
    await first.post(f"{PATH}/{case}/tomar")
    assert (await second.post(f"{PATH}/{case}/tomar")).status_code == 409
    assert (await second.post(f"{PATH}/{case}/responder", data={"text": "x"})).status_code == 409
    assert (await first.post(f"{PATH}/{case}/responder", data={"text": "  "})).status_code == 409
    assert "<textarea" not in (await second.get(f"{PATH}/{case}")).text
    assert "<textarea" in (await first.get(f"{PATH}/{case}")).text
    assert len(await told(service, "0991")) == 1


async def test_what_is_not_kept_is_said_to_be_so(service, signed_in):
    said = [(None, "report_violence"), (None, "inform"), ("/affirm", "affirm"), (XSS, None)]
    case = await waiting(service, said=said)
    async with service.database.write() as session:
        chat = await chat_with(session, service, "0991")
        for body in ({"text": ""}, {"text": "su cédula 1712345678", "private": True}):
            session.add(Outbound(channel="telegram", address="0991", conversation_id=chat.id,
                                 body=body, status="sent", created_at=service.clock()))  # fmt: skip
    client = await signed_in("reviewer")
    for path in ("", "/mensajes"):
        page = (await client.get(f"{PATH}/{case}{path}")).text
        assert "algo de peligro" in page
        assert page.count("Datos personales: aquí no se guardan") == 3
        assert "Tocó un botón" in page
        assert "1712345678" not in page
        assert "<img" not in page
        assert "&lt;img src=x" in page


async def test_the_page_looks_for_news_until_the_conversation_ends(service, signed_in):
    case = await waiting(service)
    client = await signed_in("reviewer")
    assert f'data-poll="{PATH}/{case}/mensajes"' in (await client.get(f"{PATH}/{case}")).text
    news = await client.get(f"{PATH}/{case}/mensajes")
    assert "<html" not in news.text
    assert "data-poll-end" not in news.text
    await client.post(f"{PATH}/{case}/cerrar")
    assert "data-poll-end" in (await client.get(f"{PATH}/{case}/mensajes")).text
    assert "data-poll=" not in (await client.get(f"{PATH}/{case}")).text


@pytest.mark.parametrize("role", ["auditor", "casa_manager"])
async def test_others_do_not_read_conversations(service, signed_in, role):
    case = await waiting(service)
    client = await signed_in(role, casa_id=1)
    for path in (PATH, f"{PATH}/{case}", f"{PATH}/{case}/mensajes"):
        assert (await client.get(path)).status_code == 403
    for action in ("tomar", "responder", "cerrar"):
        assert (await client.post(f"{PATH}/{case}/{action}", data={"text": "x"})).status_code == 403


async def test_an_unknown_conversation_is_not_found(signed_in):
    client = await signed_in("reviewer")
    assert (await client.get(f"{PATH}/999")).status_code == 404
    assert (await client.post(f"{PATH}/999/tomar")).status_code == 409
