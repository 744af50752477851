"""Sending to a Graph API on loopback that keeps WhatsApp's limits, window and errors."""

import base64
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from bot.channels.whatsapp_send import WhatsAppSender
from bot.delivery import (
    AnswerLost,
    Rejected,
    TemplateMissing,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
    WindowClosed,
)
from bot.messages import Button, Document, Location, Outgoing, Parcel
from tests.channels.whatsapp.conftest import CITIZEN, NOW
from tests.fakes.graph_api import FINE, HANG_UP
from tests.fakes.graph_limits import ERRORS

MENU = tuple(Button(f"Taller {n}", f"/show_{n}") for n in range(1, 6))


def parcel(message="hola", ago=timedelta(minutes=1), **more):
    said = message if isinstance(message, Outgoing) else Outgoing(message)
    return Parcel(7, CITIZEN, said, last_inbound_at=NOW - ago if ago else None, **more)


async def test_every_form_arrives_and_carries_the_rows_number(graph, sender):
    pdf = Document("acta.pdf", "application/pdf", base64.b64encode(b"%PDF").decode())
    for message in (
        Outgoing("hola"),
        Outgoing("¿Sí o no?", (Button("Sí", "/affirm"), Button("No", "/deny"))),
        Outgoing("¿Cuál?", MENU),
        Outgoing("Aquí", (), pdf),
        Outgoing("Aquí", (), None, Location(-0.2, -78.5, "Casa Somos")),
    ):
        wamid = await sender.send(parcel(message))
        assert graph.sent[-1].wamid == wamid
    kinds = [sent.kind for sent in graph.sent]
    assert kinds == ["text", "interactive", "interactive", "text", "document", "text", "location"]
    assert {sent.payload["biz_opaque_callback_data"] for sent in graph.sent} == {"7"}
    assert graph.sent[1].options == [("/affirm", "Sí"), ("/deny", "No")]
    assert [title for _, title in graph.sent[2].options] == [b.title for b in MENU]
    assert [content for _, content in graph.files.values()] == [b"%PDF"]


async def test_a_long_text_arrives_in_parts_and_none_of_them_twice(graph, sender):
    text = "\n\n".join(["palabra " * 250] * 4)
    graph.fail(131000, skip=1)
    with pytest.raises(TemporaryFailure):
        await sender.send(parcel(text))
    await sender.send(parcel(text))
    assert len(graph.sent) == 2
    assert " ".join(s.text for s in graph.sent).split() == text.split()


FAILURES = [
    (HANG_UP, AnswerLost), (500, TemporaryFailure), (502, AnswerLost),
    (131000, TemporaryFailure), (131016, TemporaryFailure),
    (4, Throttled), (80007, Throttled), (130429, Throttled), (131048, Throttled),
    (131056, Throttled),
    (10, TokenExpired), (190, TokenExpired), (131005, TokenExpired), (131031, TokenExpired),
    (131042, TokenExpired),
    (133010, TokenExpired),
    (131021, Undeliverable), (131026, Undeliverable), (131030, Undeliverable),
    (100, Rejected), (130472, Rejected), (131008, Rejected), (131009, Rejected),
    (131049, Rejected), (131051, Rejected), (131053, Rejected),
    (132000, TemplateMissing), (132001, TemplateMissing), (132015, TemplateMissing),
    (132018, TemplateMissing),
]  # fmt: skip


@pytest.mark.parametrize(("code", "kind"), FAILURES)
async def test_metas_errors_are_deliverys(graph, sender, code, kind):
    graph.fail(code)
    with pytest.raises(kind) as raised:
        await sender.send(parcel("secreto"))
    assert CITIZEN not in str(raised.value)
    assert "secreto" not in str(raised.value)
    assert raised.type is kind
    assert graph.sent == []


def test_no_error_of_the_fake_is_forgotten():
    tried = {code for code, _ in FAILURES} | {131047, 131052}
    assert set(ERRORS) <= tried


@pytest.mark.parametrize(
    ("code", "asked", "waits", "whole"), [(130429, 7, 7, True), (131056, None, 6, False)]
)
async def test_a_throttled_send_says_how_long_and_for_whom(
    graph, sender, code, asked, waits, whole
):
    graph.fail(code, retry_after=asked)
    with pytest.raises(Throttled) as raised:
        await sender.send(parcel())
    assert (raised.value.retry_after, raised.value.whole_channel) == (waits, whole)


async def test_what_never_reached_meta_is_not_in_doubt(graph, sender, labels):
    account = replace(sender.account, api_url="http://127.0.0.1:9")
    nowhere = WhatsAppSender(account, labels, lambda: NOW)
    with pytest.raises(TemporaryFailure) as raised:
        await nowhere.send(parcel())
    await nowhere.close()
    assert raised.type is TemporaryFailure


async def test_a_refused_token_is_a_trouble_until_it_is_taken_again(graph, sender):
    graph.fail(190)
    with pytest.raises(TokenExpired, match="190 ExpiredAccessToken"):
        await sender.send(parcel())
    assert sender.troubles == {"TokenExpired"}
    await sender.send(parcel())
    assert sender.troubles == set()


async def test_after_24_hours_a_template_is_used_without_asking_first(graph, sender):
    graph.close_window(CITIZEN)
    graph.add_template("aviso", 1)
    await sender.send(parcel("Agenda:\nFeria", timedelta(hours=23, minutes=56)))
    (sent,) = graph.sent
    assert sent.kind == "template"
    (said,) = sent.payload["template"]["components"][0]["parameters"]
    assert said["text"] == "Agenda: Feria"
    assert graph.troubles.scripted == []


@pytest.mark.parametrize("ago", [None, timedelta(hours=1)])
async def test_where_meta_says_that_the_window_is_closed_a_template_is_used(graph, sender, ago):
    graph.close_window(CITIZEN)
    graph.add_template("aviso", 1)
    await sender.send(parcel("hola", ago))
    assert [s.kind for s in graph.sent] == ["template"]


async def test_a_template_speaks_the_citizens_language(graph, sender):
    graph.add_template("aviso", 1, "en")
    await sender.send(parcel("hello", timedelta(days=2), language="en"))
    assert graph.sent[0].payload["template"]["language"]["code"] == "en"


async def test_a_missing_template_is_a_trouble_and_the_message_is_given_up(graph, sender):
    with pytest.raises(TemplateMissing):
        await sender.send(parcel("hola", timedelta(days=2)))
    assert sender.troubles == {"TemplateMissing"}


async def test_without_a_template_nothing_is_sent_after_24_hours(graph, sender, labels):
    account = replace(sender.account, template="")
    without = WhatsAppSender(account, labels, lambda: NOW)
    with pytest.raises(WindowClosed):
        await without.send(parcel("hola", timedelta(days=2)))
    await without.close()
    assert graph.sent == []


async def test_typing_is_shown_at_best(graph, sender):
    await sender.show_typing("wamid.1")
    graph.fail(HANG_UP)
    await sender.show_typing("wamid.2")
    graph.fail(131000)
    await sender.show_typing("wamid.3")
    assert (graph.seen, graph.typing) == (["wamid.1"], ["wamid.1"])


async def test_a_file_is_fetched_in_pieces(graph, sender):
    number = graph.add_file(b"x" * 200_000, "image/jpeg")
    pieces = [piece async for piece in sender.fetch(number)]
    assert b"".join(pieces) == b"x" * 200_000
    assert len(pieces) > 1


async def read(sender, number):
    return [piece async for piece in sender.fetch(number)]


async def test_a_file_that_is_gone_is_given_up(sender):
    with pytest.raises(Rejected):
        await read(sender, "404")


async def test_a_file_that_fails_is_tried_again(graph, sender):
    number = graph.add_file("hola", "image/jpeg")
    graph.fail(131000, call="look")
    with pytest.raises(TemporaryFailure):
        await read(sender, number)
    graph.fail(502, call="download")
    with pytest.raises(httpx.HTTPStatusError):
        await read(sender, number)
    graph.fail(FINE, call="download")
    assert await read(sender, number) == [b"hola"]


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", True),
        ("http://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", False),
        ("https://fbsbx.com.example.org/", False),
        ("https://example.org/.fbsbx.com", False),
        ("http://127.0.0.1:1/", False),
    ],
)
def test_our_token_goes_to_metas_hosts_alone(sender, url, may):
    assert sender._may_have_token(url) is may
