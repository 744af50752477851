"""Telegram against a Bot API on loopback: nothing is lost, repeated or told to the log."""

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.channels.telegram import Telegram
from bot.channels.telegram_sending import MAX_TEXT
from bot.channels.texts import split_text
from bot.channels.tokens import callback_data
from bot.delivery import Rejected, TemporaryFailure, Throttled, Undeliverable
from bot.dialogue.choices import StaleChoiceError, parse_payload
from bot.messages import Button, Outgoing, Parcel
from storage.database import Database
from storage.migrate import upgrade
from storage.models import Outbound
from storage.queries.conversations import lock_conversation
from tests.fakes.bot_api import HANG_UP, BotApi, until

TOKEN = "123456:not-a-real-token"
CHAT, OTHER = 990017, 990018
LONG = '/enroll_workshop{"workshop": "guitarra-para-adultos-mayores-en-chillogallo"}'
NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
MENU = {"es": {"ayuda": "Qué puedo hacer"}, "en": {"help": "What I can do"}}


class FakeInbox:
    """Remembers what it was given to store; fails `failures` times first."""

    def __init__(self) -> None:
        self.seen: list = []
        self.failures = 0

    async def store(self, messages):
        if self.failures and messages:
            self.failures -= 1
            raise RuntimeError(f"the database is away: {messages[0].text}")
        self.seen += messages
        return messages

    @property
    def texts(self):
        return [incoming.text for incoming in self.seen]


@pytest.fixture(scope="module")
def server():
    with BotApi() as server:
        yield server


@pytest.fixture
def api(server):
    yield server
    server.clear()


@pytest.fixture
def inbox():
    return FakeInbox()


@pytest.fixture
async def telegram(api, inbox):
    channel = make(api, inbox)
    yield channel
    await channel.close()


def make(api, inbox, database=None):
    return Telegram(
        TOKEN,
        api.url,
        store=inbox.store,
        database=database,
        commands=MENU,
        patience=0.01,
    )


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


async def test_what_was_not_confirmed_before_a_crash_comes_again(api, inbox, telegram):
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

    next_process = make(api, inbox)
    async with polling(next_process):
        await until(lambda: not api.updates)
    await next_process.close()
    assert inbox.texts == ["uno", "dos", "uno", "dos"]
    assert inbox.seen[:2] == inbox.seen[2:]


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
        (401, "Unauthorized", TemporaryFailure),
        (429, "Too Many Requests", TemporaryFailure),
        (500, "Internal Server Error", TemporaryFailure),
        (502, "Bad Gateway", TemporaryFailure),
        (HANG_UP, "", TemporaryFailure),
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


async def test_a_gateway_that_is_not_there_is_a_temporary_failure(inbox):
    with BotApi() as gone:
        channel = make(gone, inbox)
    with pytest.raises(TemporaryFailure):
        await channel.sender.send(Parcel(1, str(CHAT), Outgoing("hola")))
    await channel.close()


@pytest.mark.parametrize("payload", [LONG, "#etiqueta", "ñ" * 40], ids=["long", "hash", "bytes"])
def test_a_payload_that_telegram_would_refuse_travels_as_a_token(payload):
    assert len(callback_data(payload).encode()) == 21


def test_a_short_payload_travels_as_it_is():
    assert callback_data("/" + "x" * 63) == "/" + "x" * 63


@pytest.fixture
async def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'somos.db'}"
    upgrade(url)
    database = Database(url)
    yield database
    await database.close()


async def store(database, chat, message):
    async with database.write() as session:
        talk = await lock_conversation(session, "telegram", str(chat), NOW)
        row = Outbound(
            channel="telegram", conversation_id=talk.id, address=str(chat), body=message.as_body(),
            status="sent", created_at=NOW,
        )  # fmt: skip
        session.add(row)


async def test_the_token_of_a_long_payload_is_resolved_in_its_own_conversation(
    api, inbox, database
):
    message = Outgoing("¿Cuál?", (Button("Guitarra", LONG), Button("Coro", "/deny")))
    await store(database, CHAT, message)
    await store(database, OTHER, Outgoing("hola"))
    channel = make(api, inbox, database)
    await channel.sender.send(Parcel(1, str(CHAT), message))
    token = api.sent[0].buttons[0][1]
    api.push_callback(CHAT, token)
    api.push_callback(OTHER, token)
    async with polling(channel):
        await until(lambda: len(inbox.seen) == 2)
    await channel.close()
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
