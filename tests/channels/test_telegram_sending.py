"""What Telegram is sent, and what its refusals mean."""

import base64

import pytest

from bot.channels.telegram_sending import MAX_TEXT
from bot.channels.texts import split_text
from bot.delivery import (
    AnswerLost,
    Rejected,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
)
from bot.messages import Button, Document, Location, Outgoing, Parcel
from tests.fakes.bot_api import HANG_UP, BotApi

CHAT = 990017


async def test_a_message_is_plain_text_with_a_button_a_row_and_no_preview(api, telegram):
    buttons = (Button("Sí", "/affirm"), Button("x" * 80, "/deny"))
    message = Outgoing("¿Seguimos? <b>*_ quito.gob.ec", buttons)
    number = await telegram.sender.send(Parcel(1, str(CHAT), message))
    (sent,) = api.sent
    assert number == str(sent.message_id)
    assert (sent.chat, sent.text) == (CHAT, "¿Seguimos? <b>*_ quito.gob.ec")
    assert sent.buttons == [("Sí", "/affirm"), ("x" * 64, "/deny")]
    assert [len(row) for row in sent.params["reply_markup"]["inline_keyboard"]] == [1, 1]
    assert sent.params["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in sent.params


async def test_a_long_text_is_split_at_paragraphs_with_the_buttons_last(api, telegram):
    paragraphs = [f"{number} " + "palabra " * 180 for number in range(5)]
    text = "\n\n".join(p.strip() for p in paragraphs)
    number = await telegram.sender.send(
        Parcel(1, str(CHAT), Outgoing(text, (Button("Sí", "/affirm"),)))
    )
    assert "\n\n".join(sent.text for sent in api.sent) == text
    assert [bool(sent.buttons) for sent in api.sent] == [False, False, True]
    assert number == str(api.sent[-1].message_id)


async def test_parts_that_arrived_are_not_sent_again(api, telegram):
    message = Outgoing("a" * 4000 + "\n\n" + "b" * 4000)
    api.fail(429, skip=1, retry_after=0.1)
    with pytest.raises(Throttled):
        await telegram.sender.send(Parcel(1, str(CHAT), message))
    await telegram.sender.send(Parcel(1, str(CHAT), message))
    await telegram.sender.send(Parcel(1, str(CHAT), message))
    assert [sent.text[0] for sent in api.sent] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    "text",
    ["", "hola", "á" * 9000, "línea de prueba\n" * 900, "x" + "\n\n" * 5000 + "x", "😀 " * 5000],
    ids=["empty", "short", "one word", "lines", "blanks", "emoji"],
)
def test_all_words_survive_splitting_and_each_part_fits(text):
    parts = split_text(text, MAX_TEXT)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part.encode("utf-16-le")) <= 2 * MAX_TEXT for part in parts)
    assert all(parts) or text == ""


@pytest.mark.parametrize(
    ("status", "description", "error"),
    [
        (403, "Forbidden: bot was blocked by the user", Undeliverable),
        (403, "Forbidden: user is deactivated", Undeliverable),
        (400, "Bad Request: chat not found", Undeliverable),
        (400, "Bad Request: PEER_ID_INVALID", Undeliverable),
        (400, "Bad Request: message is too long", Rejected),
        (401, "Unauthorized", TokenExpired),
        (429, "Too Many Requests", TemporaryFailure),
        (500, "Internal Server Error", TemporaryFailure),
        (502, "Bad Gateway", AnswerLost),
        (HANG_UP, "", AnswerLost),
    ],
)
async def test_what_telegram_answers_becomes_our_error(api, telegram, status, description, error):
    api.fail(status, description=description)
    with pytest.raises(error):
        await telegram.sender.send(Parcel(1, str(CHAT), Outgoing("hola")))


async def test_a_request_to_wait_says_how_long(api, telegram):
    api.fail(429, retry_after=17)
    with pytest.raises(Throttled) as caught:
        await telegram.sender.send(Parcel(1, str(CHAT), Outgoing("hola")))
    assert caught.value.retry_after == 17


async def test_a_gateway_that_is_not_there_is_a_temporary_failure(make_telegram):
    with BotApi() as gone:
        pass
    with pytest.raises(TemporaryFailure) as caught:
        await make_telegram(url=gone.url).sender.send(Parcel(1, str(CHAT), Outgoing("hola")))
    # It surely never arrived.
    assert type(caught.value) is TemporaryFailure


NASTY = (
    "<b>sin cerrar", "&amp; &lt;script&gt;", "*_[]()~`>#+-=|{}.!", "1 < 2 && 3 > 2", "\\n\\", "</",
    "<a href='x'>", "\u202e al revés", "👩‍👩‍👧 ñandú", "Ud.‐«dijo» “así”",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
async def test_a_text_arrives_as_it_was_written(api, telegram, text):
    file = Document("a.txt", "text/plain", base64.b64encode(b"hola").decode())
    await telegram.sender.send(Parcel(1, str(CHAT), Outgoing(text, (Button(text, "/affirm"),))))
    await telegram.sender.send(Parcel(2, str(CHAT), Outgoing(text, document=file)))
    assert [sent.text for sent in api.sent] == [text, text]
    assert api.sent[0].buttons == [(text, "/affirm")]


async def test_a_file_carries_its_words_and_buttons(api, telegram):
    content = bytes(range(256)) * 40
    file = Document("comprobante.pdf", "application/pdf", base64.b64encode(content).decode())
    message = Outgoing("Su comprobante.", (Button("Gracias", "/thank"),), document=file)
    await telegram.sender.send(Parcel(1, str(CHAT), message))
    (sent,) = api.sent
    assert (sent.method, sent.text, sent.file) == (
        "sendDocument", "Su comprobante.", ("comprobante.pdf", content),
    )  # fmt: skip
    assert sent.buttons == [("Gracias", "/thank")]


async def test_words_too_long_for_a_file_follow_it_with_the_buttons(api, telegram):
    file = Document("a.txt", "text/plain", base64.b64encode(b"hola").decode())
    message = Outgoing("palabra " * 200, (Button("Sí", "/affirm"),), document=file)
    await telegram.sender.send(Parcel(1, str(CHAT), message))
    assert [(s.method, bool(s.text), bool(s.buttons)) for s in api.sent] == [
        ("sendDocument", False, False), ("sendMessage", True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "methods"), [
    ("Casa Somos San Marcos", ["sendLocation", "sendMessage"]), ("", ["sendLocation"]),
])  # fmt: skip
async def test_a_place_is_a_map_with_the_words_below(api, telegram, text, methods):
    message = Outgoing(text, (Button("Sí", "/affirm"),), location=Location(-0.22, -78.51))
    number = await telegram.sender.send(Parcel(1, str(CHAT), message))
    assert [sent.method for sent in api.sent] == methods
    assert [bool(sent.buttons) for sent in api.sent] == [m == methods[-1] for m in methods]
    assert float(api.sent[0].params["latitude"]) == -0.22
    assert number == str(api.sent[-1].message_id)


@pytest.mark.parametrize(
    ("titles", "rows"),
    [(["Taller"] * 8, [1] * 8), (["Taller"] * 9, [2, 2, 2, 2, 1]),
     (["Un taller con un nombre bastante largo"] * 9, [1] * 9), (["Taller"] * 120, [2] * 50)],
    ids=["eight", "nine short ones", "nine long ones", "too many"],
)  # fmt: skip
async def test_many_short_buttons_stand_in_pairs(api, telegram, titles, rows):
    buttons = tuple(Button(title, f"/choose{n}") for n, title in enumerate(titles))
    await telegram.sender.send(Parcel(1, str(CHAT), Outgoing("¿Cuál?", buttons)))
    keyboard = api.sent[0].params["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in keyboard] == rows


async def test_pieces_of_one_row_are_not_taken_for_those_of_another(api, telegram):
    message = Outgoing("a" * 4000 + "\n\n" + "b" * 4000)
    api.fail(429, skip=1, retry_after=0.1)
    with pytest.raises(Throttled):
        await telegram.sender.send(Parcel(1, str(CHAT), message))
    await telegram.sender.send(Parcel(2, str(CHAT), message))
    assert [sent.text[0] for sent in api.sent] == ["a", "a", "b"]


async def test_a_citizens_file_is_handed_out_as_it_came(api, telegram):
    content = bytes(range(256)) * 2000
    api.files["file-1"] = content
    got = b"".join([chunk async for chunk in telegram.sender.fetch("file-1")])
    assert got == content


@pytest.mark.parametrize(("size", "name"), [(20_000_001, "file-2"), (1, "unknown")])
async def test_a_file_that_telegram_will_not_hand_out_is_rejected(api, telegram, size, name):
    api.files["file-2"] = bytes(size)
    with pytest.raises(Rejected):
        [chunk async for chunk in telegram.sender.fetch(name)]


@pytest.mark.parametrize("status", [429, 500, HANG_UP])
async def test_a_file_that_does_not_come_now_may_come_later(api, telegram, status):
    api.files["file-1"] = b"hola"
    api.fail(status, method="getFile", retry_after=1 if status == 429 else None)
    with pytest.raises(TemporaryFailure):
        [chunk async for chunk in telegram.sender.fetch("file-1")]
