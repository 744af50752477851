"""Chats on Telegram: buttons that go away, typing, blocking, groups, and who may poll."""

import asyncio
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from bot.messages import Button, Incoming, Outgoing, Parcel
from storage.models import Inbound, Outbound
from storage.queries.conversations import lock_conversation
from tests.fakes.bot_api import until
from tests.fakes.bot_updates import BOT, person_of

CHAT, OTHER, GROUP, NEW_GROUP = 990017, 990018, -200, -100200
NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


async def polled(telegram, condition):
    """Receive until something is so."""
    stop = asyncio.Event()
    task = asyncio.create_task(telegram.run(stop))
    await until(condition)
    stop.set()
    await task


def press(data="/affirm", text="¿Seguimos?", query="q1", chat=CHAT):
    """A press of the first of two buttons below message 41."""
    keys = [
        [{"text": "Sí", "callback_data": "/affirm"}],
        [{"text": "No", "callback_data": "/deny"}],
    ]
    message = {"message_id": 41, "date": 1767625200, "from": BOT, "text": text,
               "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
               "reply_markup": {"inline_keyboard": keys}}  # fmt: skip
    return {"update_id": 7, "callback_query": {"id": query, "from": person_of(OTHER), "data": data,
            "chat_instance": "1", "message": message}}  # fmt: skip


async def test_a_pressed_button_goes_away_and_shows_what_was_chosen(api, inbox, telegram):
    await telegram.receive([press()])
    await until(lambda: api.edited and api.answered)
    (edited,) = api.edited
    assert (int(edited["chat_id"]), int(edited["message_id"])) == (CHAT, 41)
    assert edited["text"] == "¿Seguimos?\n\n✓ Sí"
    assert edited["reply_markup"] is None
    assert inbox.texts == ["/affirm"]


async def test_a_button_below_a_text_without_room_goes_away_as_well(api, telegram):
    await telegram.receive([press(text="a" * 4094)])
    await until(lambda: api.edited)
    assert api.edited[0]["text"] is None


async def test_the_same_button_pressed_twice_is_one_message(api, inbox, telegram):
    api.fail(400, method="editMessageText", description="Bad Request: message can't be edited")
    await telegram.receive([press(query="q1")])
    await until(lambda: api.answered)
    await telegram.receive([press(query="q2")])
    await until(lambda: len(api.answered) == 2 and api.edited)
    await telegram.receive([press("/deny")])
    assert inbox.texts == ["/affirm", "/deny"]


async def test_what_is_not_stored_keeps_its_buttons(api, inbox, telegram):
    inbox.failures = 1
    with pytest.raises(RuntimeError):
        await telegram.receive([press()])
    await telegram.close()
    assert (api.edited, api.answered) == ([], [])


async def test_typing_is_shown_once_for_messages_in_a_row(api, inbox, telegram):
    for text in ("hola", "una cosita", "hay talleres?"):
        api.push_text(CHAT, text)
    api.push_text(OTHER, "hola")
    await polled(telegram, lambda: len(api.typing) == 2 and not api.updates)
    assert sorted(api.typing) == [CHAT, OTHER]


async def test_no_typing_for_what_is_already_known(api, inbox, telegram):
    known = sha256(f"123456/{CHAT}/41".encode()).hexdigest()
    inbox.seen = [Incoming("telegram", str(CHAT), known, "hola")]
    message = {"message_id": 41, "date": 0, "chat": {"id": CHAT, "type": "private"}, "text": "hola"}
    await telegram.receive([{"update_id": 7, "message": message}])
    await telegram.close()
    assert api.typing == []


async def test_telegram_refusing_courtesies_harms_nothing(api, inbox, telegram):
    for method in ("sendChatAction", "answerCallbackQuery", "editMessageText"):
        api.fail(500, method=method)
    await telegram.receive([press()])
    await telegram.close()
    assert inbox.texts == ["/affirm"]


async def account_of(database, chat):
    async with database.write() as session:
        return (await lock_conversation(session, "telegram", str(chat), NOW)).account


async def test_blocking_and_unblocking_is_remembered(api, telegram, database):
    await account_of(database, CHAT)
    await account_of(database, OTHER)
    api.block(CHAT)
    await polled(telegram, lambda: not api.updates)
    assert (await account_of(database, CHAT)).blocked
    assert not (await account_of(database, OTHER)).blocked
    api.unblock(CHAT)
    await polled(telegram, lambda: not api.updates)
    assert not (await account_of(database, CHAT)).blocked


async def test_words_in_a_group_are_for_us_when_they_name_us_or_answer_us(api, inbox, telegram):
    api.push_group_text(GROUP, "buenos días vecinos", OTHER)
    api.push_group_text(GROUP, "talleres de cocina", OTHER, mention=True)
    api.push_group_text(GROUP, "el segundo", OTHER, reply=True)
    await polled(telegram, lambda: not api.updates)
    assert [(m.sender, m.text, m.is_public) for m in inbox.seen] == [
        (str(GROUP), "talleres de cocina", True), (str(GROUP), "el segundo", True),
    ]  # fmt: skip
    assert [method for method, _ in api.calls].count("getMe") == 1


async def test_a_group_waits_until_we_know_our_name(api, inbox, telegram):
    api.fail(500, method="getMe")
    api.push_group_text(GROUP, "talleres", OTHER, mention=True)
    await polled(telegram, lambda: not api.updates)
    assert inbox.texts == ["talleres"]


async def answer_row(database, chat, external_id):
    """The row of an answer to a message."""
    async with database.write() as session:
        talk = await lock_conversation(session, "telegram", str(chat), NOW)
        asked = Inbound(channel="telegram", external_id=external_id, conversation_id=talk.id,
                        status="done", received_at=NOW)  # fmt: skip
        session.add(asked)
        await session.flush()
        row = Outbound(channel="telegram", conversation_id=talk.id, inbound_id=asked.id,
                       address=str(chat), body=Outgoing("hola").as_body(), status="queued",
                       created_at=NOW)  # fmt: skip
        session.add(row)
    return row.id


@pytest.mark.parametrize(
    ("chat", "asked", "answers"),
    [(GROUP, f"123456/{GROUP}/41", 41), (GROUP, f"123456/{GROUP}/41/0123abcd", None),
     (CHAT, f"123456/{CHAT}/41", None)],
    ids=["words in a group", "a button in a group", "alone with us"],
)  # fmt: skip
async def test_in_a_group_an_answer_names_its_message(
    api, telegram, database, chat, asked, answers
):
    row = await answer_row(database, chat, asked)
    await telegram.sender.send(Parcel(row, str(chat), Outgoing("hola")))
    named = api.sent[0].params.get("reply_parameters")
    assert (named and named["message_id"]) == answers
    assert named is None or named["allow_sending_without_reply"]


@pytest.mark.parametrize(
    ("chat", "target"), [(GROUP, "https://t.me/somos_test_bot?start=hola"), (CHAT, "/greet")]
)
async def test_from_a_group_a_button_leads_to_the_chat_with_us(api, telegram, chat, target):
    message = Outgoing("Mejor en privado.", (Button("Abrir", "/greet"), Button("Menú", "/help")))
    await telegram.sender.send(Parcel(1, str(chat), message))
    assert api.sent[0].buttons == [("Abrir", target), ("Menú", "/help")]


async def test_a_group_that_became_a_supergroup_keeps_its_conversation(api, telegram, database):
    row = await answer_row(database, GROUP, "1")
    before = await account_of(database, GROUP)
    for chat, told in ((GROUP, {"migrate_to_chat_id": NEW_GROUP}),
                       (NEW_GROUP, {"migrate_from_chat_id": GROUP})):  # fmt: skip
        api.push_message(chat, "supergroup", **told)
    await polled(telegram, lambda: not api.updates)
    after = await account_of(database, NEW_GROUP)
    async with database.read() as session:
        queued = await session.get(Outbound, row)
    assert (after.id, queued.address) == (before.id, str(NEW_GROUP))


async def test_an_answer_follows_a_group_that_moved_meanwhile(api, telegram, database):
    before = await account_of(database, GROUP)
    api.moved[GROUP] = NEW_GROUP
    await telegram.sender.send(Parcel(1, str(GROUP), Outgoing("hola")))
    assert [sent.chat for sent in api.sent] == [NEW_GROUP]
    assert (await account_of(database, NEW_GROUP)).id == before.id
