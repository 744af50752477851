"""Telegram by polling, against a Bot API on loopback: nothing is lost or told to the log."""

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.channels.tokens import callback_data
from bot.delivery import Undeliverable
from bot.dialogue.choices import StaleChoiceError, parse_payload
from bot.messages import Button, Outgoing, Parcel
from storage.models import Outbound
from storage.queries.conversations import lock_conversation
from tests.channels.conftest import TOKEN
from tests.fakes.bot_api import HANG_UP, until

CHAT, OTHER = 990017, 990018
LONG = '/enroll_workshop{"workshop": "guitarra-para-adultos-mayores-en-chillogallo"}'
NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


@asynccontextmanager
async def polling(channel):
    stop = asyncio.Event()
    task = asyncio.create_task(channel.run(stop))
    yield
    stop.set()
    async with asyncio.timeout(5):
        await task


def pending(api):
    return [update["update_id"] for update in api.updates]


async def test_a_text_becomes_an_incoming_message(api, inbox, telegram):
    number = api.push_text(CHAT, "hola, quiero un taller")
    async with polling(telegram):
        await until(lambda: inbox.seen)
    (incoming,) = inbox.seen
    assert (incoming.channel, incoming.sender, incoming.order, incoming.text) == (
        "telegram", str(CHAT), number, "hola, quiero un taller",
    )  # fmt: skip


async def test_updates_are_handled_in_order_and_then_confirmed(api, inbox, telegram):
    for number in range(12):
        api.push_text(CHAT + number % 3, str(number))
    async with polling(telegram):
        await until(lambda: not api.updates)
    assert inbox.texts == [str(number) for number in range(12)]


async def test_an_update_is_offered_again_until_it_is_stored(api, inbox, telegram):
    inbox.failures = 2
    api.push_text(CHAT, "uno")
    api.push_text(CHAT, "dos")
    async with polling(telegram):
        await until(lambda: not api.updates)
    assert inbox.texts == ["uno", "dos"]
    assert sum(method == "getUpdates" for method, _ in api.calls) >= 3


async def test_what_is_not_stored_does_not_move_the_offset(api, inbox, telegram):
    api.push_text(CHAT, "antes")
    async with polling(telegram):
        await until(lambda: not api.updates)
        inbox.failures = 10**6
        number = api.push_text(CHAT, "después")
        await until(lambda: inbox.failures < 10**6 - 2)
        assert pending(api) == [number]
    offsets = [int(params["offset"]) for _, params in api.calls if "offset" in params]
    assert max(offsets) <= number


async def test_what_was_not_confirmed_before_a_crash_comes_again(
    api, inbox, telegram, make_telegram
):
    async def die_after_the_commit(messages):
        inbox.seen += messages
        await asyncio.sleep(60)

    telegram._store = die_after_the_commit
    api.push_text(CHAT, "uno")
    api.push_text(CHAT, "dos")
    process = asyncio.create_task(telegram.run(asyncio.Event()))
    await until(lambda: inbox.seen)
    process.cancel()
    await asyncio.gather(process, return_exceptions=True)

    stored, inbox.seen = inbox.seen, []
    async with polling(make_telegram()):
        await until(lambda: not api.updates)
    assert inbox.texts == ["uno", "dos"]
    assert inbox.seen == stored


@pytest.mark.parametrize("status", [HANG_UP, 409, 429, 500, 502])
async def test_polling_survives_a_gateway_in_trouble(api, inbox, telegram, status):
    api.fail(status, method="setMyCommands")
    api.fail(status, method="getUpdates", times=2, retry_after=0.05 if status == 429 else None)
    api.push_text(CHAT, "hola")
    async with polling(telegram):
        await until(lambda: inbox.seen)
    assert inbox.texts == ["hola"]
    # A webhook left from another time is what a 409 tells of.
    assert (("deleteWebhook", {}) in api.calls) == (status == 409)


async def test_stopping_does_not_wait_for_the_long_poll(api, telegram):
    async with polling(telegram):
        await until(lambda: any(method == "getUpdates" for method, _ in api.calls))
        stopping = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - stopping < 1


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("/start", "/greet"),
        ("/start folleto", "/greet"),
        ("/Ayuda", "/help"),
        ("/help@somos_test_bot", "/help"),
        ("/cancelar", "/cancel"),
        ("/misdatos", "/delete_my_data"),
        ("/baja", "/unsubscribe_agenda"),
        ("/helpme", "/helpme"),
        ("baja", "baja"),
        ("2", "2"),
    ],
)
async def test_a_command_becomes_its_intent(api, inbox, telegram, typed, text):
    api.push_text(CHAT, typed)
    async with polling(telegram):
        await until(lambda: inbox.seen)
    assert inbox.texts == [text]


async def test_what_is_not_text_is_a_turn_without_words(api, inbox, telegram):
    api.push_message(CHAT, voice={"file_id": "a", "file_unique_id": "b", "duration": 3})
    api.push_message(CHAT, location={"latitude": -0.2, "longitude": -78.5})
    async with polling(telegram):
        await until(lambda: not api.updates)
    assert inbox.texts == ["", ""]


async def test_a_pressed_button_is_its_payload_and_its_spinner_stops(api, inbox, telegram):
    api.push_callback(CHAT, '/inform{"zone": "quitumbe"}')
    async with polling(telegram):
        await until(lambda: api.answered)
    assert inbox.texts == ['/inform{"zone": "quitumbe"}']


async def test_a_spinner_stops_only_after_the_commit_and_harms_nothing(api, inbox, telegram):
    inbox.failures = 1
    api.fail(400, method="answerCallbackQuery", description="Bad Request: query is too old")
    api.push_callback(CHAT, "/greet")
    api.push_callback(CHAT, "/help")
    async with polling(telegram):
        await until(lambda: api.answered)
    assert inbox.texts == ["/greet", "/help"]
    assert len(api.answered) == 1


async def test_the_menu_is_set_in_each_language_and_for_everyone_else(api, inbox, telegram):
    api.push_text(CHAT, "hola")
    async with polling(telegram):
        await until(lambda: inbox.seen)
    assert {code: commands[0]["command"] for code, commands in api.commands.items()} == {
        "": "ayuda", "es": "ayuda", "en": "help",
    }  # fmt: skip


@pytest.mark.parametrize("payload", [LONG, "#etiqueta", "ñ" * 40], ids=["long", "hash", "bytes"])
def test_a_payload_that_telegram_would_refuse_travels_as_a_token(payload):
    assert len(callback_data(payload).encode()) == 21


def test_a_short_payload_travels_as_it_is():
    assert callback_data("/" + "x" * 63) == "/" + "x" * 63


async def store(database, chat, message):
    async with database.write() as session:
        talk = await lock_conversation(session, "telegram", str(chat), NOW)
        row = Outbound(
            channel="telegram", conversation_id=talk.id, address=str(chat), body=message.as_body(),
            status="sent", created_at=NOW,
        )  # fmt: skip
        session.add(row)


async def test_the_token_of_a_long_payload_is_resolved_in_its_own_conversation(
    api, inbox, telegram, database
):
    message = Outgoing("¿Cuál?", (Button("Guitarra", LONG), Button("Coro", "/deny")))
    await store(database, CHAT, message)
    await store(database, OTHER, Outgoing("hola"))
    await telegram.sender.send(Parcel(1, str(CHAT), message))
    token = api.sent[0].buttons[0][1]
    api.push_callback(CHAT, token)
    api.push_callback(OTHER, token)
    async with polling(telegram):
        await until(lambda: len(inbox.seen) == 2)
    assert inbox.texts[0] == LONG
    with pytest.raises(StaleChoiceError):
        parse_payload(inbox.texts[1], frozenset({"enroll_workshop"}), frozenset({"workshop"}))


async def test_neither_words_nor_addresses_nor_the_token_are_logged(api, inbox, telegram, caplog):
    caplog.set_level(logging.DEBUG)
    inbox.failures = 1
    api.fail(409, method="getUpdates")
    api.fail(500, method="setMyCommands")
    api.fail(400, method="answerCallbackQuery")
    api.push_text(CHAT, "mi cédula es 1710034065")
    api.push_callback(CHAT, "/mi_secreto")
    async with polling(telegram):
        await until(lambda: len(inbox.seen) == 2)
    api.fail(403)
    with pytest.raises(Undeliverable):
        await telegram.sender.send(Parcel(1, str(CHAT), Outgoing("su folio secreto")))
    assert caplog.records
    for private in ("1710034065", "secreto", str(CHAT), TOKEN, "Rosa"):
        assert private not in caplog.text
