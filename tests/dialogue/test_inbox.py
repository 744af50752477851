"""The inbox: stored once, answered once, in order; short messages are one thought."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.clock import make_clock
from bot.dialogue.inbox import Inbox
from bot.messages import Attachment, Incoming
from storage.models import Inbound, Media, Outbound

QUIET = 2.0


class Hand:
    """A clock whose hand the test moves."""

    def __init__(self):
        self.now = datetime(2026, 11, 21, 15, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def inbox(service, hand):
    return Inbox(service.turns, hand, QUIET)


def said(text, number, sender="0991", **more):
    return Incoming("telegram", sender, str(number), text, order=number, **more)


async def fetch(service, query):
    async with service.database.read() as session:
        return list((await session.execute(query.order_by("id"))).scalars())


async def inbound(service):
    return [(row.text, row.status) for row in await fetch(service, select(Inbound))]


async def answers(service):
    return [row.body["text"] for row in await fetch(service, select(Outbound))]


async def give_turns(inbox):
    """What is due now gets its turn."""
    async with asyncio.TaskGroup() as turns:
        await inbox._start_due(turns)


@asynccontextmanager
async def running(*inboxes):
    stop = asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for inbox in inboxes:
            group.create_task(inbox.run(stop))
        yield
        stop.set()


async def settle(service):
    waiting = select(Inbound).where(Inbound.status == "waiting")
    while await fetch(service, waiting):  # noqa: ASYNC110 - rows wake nobody
        await asyncio.sleep(0.02)


async def test_messages_wait_until_nothing_more_comes_and_are_answered_once(service, inbox, hand):
    await inbox.store([said("veci", 1)])
    hand.move(1.5)
    await inbox.store([said("qué talleres hay de cocina", 2)])
    hand.move(1.5)
    await give_turns(inbox)
    assert await answers(service) == []
    hand.move(0.6)
    await give_turns(inbox)
    assert len(await answers(service)) == 1
    assert await inbound(service) == [
        (None, "joined"),
        ("veci\nqué talleres hay de cocina", "done"),
    ]


async def test_each_chat_waits_for_itself(service, inbox, hand):
    await inbox.store([said("hola", 1, "0991")])
    hand.move(1.5)
    await inbox.store([said("buenas", 2, "0992")])
    hand.move(0.6)
    await give_turns(inbox)
    assert await inbound(service) == [("hola", "done"), ("buenas", "waiting")]


async def test_who_writes_without_a_pause_is_answered_too(service, inbox, hand):
    for second in range(12):
        await inbox.store([said("y otra cosa", second + 1)])
        hand.move(1)
    await give_turns(inbox)
    assert len(await answers(service)) == 1


async def test_a_button_and_a_number_do_not_wait_and_stand_alone(service, inbox):
    await inbox.store([said("hola", 1), said("/help", 2), said("2", 3)])
    await give_turns(inbox)
    assert [text for text, _ in await inbound(service)] == ["hola", "/help", "2"]
    assert {status for _, status in await inbound(service)} == {"done"}


async def test_danger_that_only_the_messages_together_tell_is_answered_at_once(service, inbox):
    await inbox.store([said("mi marido", 1)])
    await inbox.store([said("me esta pegando", 2)])
    await give_turns(inbox)
    (answer,) = await answers(service)
    assert answer.startswith("Llame ahora al 911")
    # Nothing of it is kept once it was answered.
    assert await inbound(service) == [(None, "joined"), (None, "done")]


async def test_messages_that_wait_are_read_in_the_gateways_order(service, inbox, hand):
    await inbox.store([said("de cocina", 8)])
    await inbox.store([said("qué talleres hay", 7)])
    hand.move(QUIET)
    await give_turns(inbox)
    assert ("qué talleres hay\nde cocina", "done") in await inbound(service)


async def test_the_same_message_again_does_nothing_also_after_its_writer_was_deleted(
    service, inbox, hand
):
    assert len(await inbox.store([said("hola", 1)])) == 1
    assert await inbox.store([said("hola", 1), said("hola", 1)]) == []
    for number, text in enumerate(("borren mis datos", "sí"), start=2):
        await inbox.store([said(text, number)])
        hand.move(QUIET)
        await give_turns(inbox)
    before = len(await answers(service))
    assert await inbox.store([said("hola", 1)]) == []
    hand.move(QUIET)
    await give_turns(inbox)
    assert len(await answers(service)) == before
    rows = await fetch(service, select(Inbound).where(Inbound.external_id == "1"))
    assert [(row.text, row.intent, row.conversation_id) for row in rows] == [(None, None, None)]


async def test_an_album_is_one_message_also_where_nothing_else_waits(service, hand):
    inbox = Inbox(service.turns, hand, 0)
    for number in (1, 2, 3):
        photo = Attachment("photo", f"file-{number}", "image/jpeg")
        await inbox.store([said("", number, attachments=(photo,), album="a1")])
        await give_turns(inbox)
    hand.move(1)
    await give_turns(inbox)
    assert len(await answers(service)) == 1
    media = await fetch(service, select(Media))
    assert [(m.kind, m.reference, m.status) for m in media] == [
        ("photo", f"file-{n}", "wanted") for n in (1, 2, 3)
    ]


async def test_where_nobody_waits_for_quiet_each_message_has_its_turn_however_long_it_waited(
    service, hand
):
    inbox = Inbox(service.turns, hand, 0)
    await inbox.store([said("hola", number) for number in (1, 2, 3)])
    await give_turns(inbox)
    assert await inbound(service) == [("hola", "done")] * 3
    assert len(await answers(service)) == 3


async def test_a_file_sent_in_danger_is_not_kept(service, inbox):
    photo = Attachment("photo", "file-1", "image/jpeg")
    await inbox.store([said("mi marido me esta pegando", 1, attachments=(photo,))])
    await give_turns(inbox)
    assert await fetch(service, select(Media)) == []


async def test_a_shared_place_answers_where_it_is_and_leaves_no_trace(service, inbox, hand):
    steps = ["quiero reportar basura en la calle", "eso es todo"]
    for number, text in enumerate(steps, start=1):
        await inbox.store([said(text, number)])
        hand.move(QUIET)
        await give_turns(inbox)
    here = Attachment("location", latitude=-0.22985, longitude=-78.52495)
    await inbox.store([said("", 3, attachments=(here,))])
    hand.move(QUIET)
    await give_turns(inbox)
    async with service.database.read() as session:
        row = (await session.execute(select(Inbound).where(Inbound.external_id == "3"))).scalar()
    assert row.attachments is None
    assert "parroquia" not in (await answers(service))[-1]


async def test_a_turn_that_fails_is_kept_with_its_error_and_can_be_had_again(
    service, inbox, hand, monkeypatch
):
    engine = type(service.turns.engine)
    handle = engine.handle

    async def breaks(self, tracker, message):
        raise RuntimeError("mi cédula es 1710034065")

    monkeypatch.setattr(engine, "handle", breaks)
    await inbox.store([said("qué talleres hay de cocina", 1)])
    await inbox.store([said("/help", 2)])
    hand.move(QUIET)
    await give_turns(inbox)
    await give_turns(inbox)
    rows = await fetch(service, select(Inbound))
    assert [row.status for row in rows] == ["failed", "failed"]
    assert "RuntimeError in breaks" in rows[0].error
    assert "1710034065" not in rows[0].error
    assert all(text.startswith("Disculpe") for text in await answers(service))

    monkeypatch.setattr(engine, "handle", handle)
    assert await inbox.retry(rows[0].id)
    assert not await inbox.retry(rows[0].id)
    assert (await inbound(service))[0] == ("qué talleres hay de cocina", "done")
    assert "talleres de cocina" in (await answers(service))[-1]


async def test_a_message_that_kills_whoever_takes_it_is_given_up_and_the_next_is_answered(
    service, inbox, hand, monkeypatch
):
    await inbox.store([said("veneno", 1)])
    hand.move(QUIET)
    turn = Inbox._turn

    async def dies(self, conversation_id):
        raise asyncio.CancelledError

    monkeypatch.setattr(Inbox, "_turn", dies)
    hand.move(60)
    for _ in range(4):
        await give_turns(inbox)
        hand.move(1)
    monkeypatch.setattr(Inbox, "_turn", turn)
    await inbox.store([said("/help", 2)])
    await give_turns(inbox)
    assert [status for _, status in await inbound(service)] == ["failed", "done"]


async def test_while_the_database_cannot_record_a_failure_the_message_stays(
    service, inbox, hand, monkeypatch
):
    async def breaks(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(type(service.turns), "answer", breaks)
        broken.setattr(type(service.turns), "apologise", breaks)
        await inbox.store([said("hola", 1)])
        hand.move(QUIET)
        await give_turns(inbox)
    assert await inbound(service) == [("hola", "waiting")]
    hand.move(60)
    await give_turns(inbox)
    assert await inbound(service) == [("hola", "done")]


async def test_what_waited_in_a_process_that_died_is_answered_by_the_next(service):
    clock = make_clock(None)
    dead = Inbox(service.turns, clock, 0)
    await dead.store([said("hola", 1), said("qué es casa somos", 2, "0992")])
    async with running(Inbox(service.turns, clock, 0)):
        await settle(service)
    assert len(await answers(service)) == 2


@pytest.mark.parametrize("data", ["postgresql"], indirect=True)
async def test_two_processes_answer_each_message_once_and_in_order(service):
    clock = make_clock(None)
    one, two = (Inbox(service.turns, clock, 0) for _ in range(2))
    async with running(one, two):
        for number in range(30):
            taker = (one, two)[number % 2]
            sender = f"099{number % 5}"
            await taker.store([said("/help" if number % 3 else "/greet", number + 1, sender)])
            await taker.store([said("/help", number + 1, sender)])
        await settle(service)
    rows = await fetch(service, select(Inbound))
    assert Counter(row.status for row in rows) == {"done": 30}
    sent = await fetch(service, select(Outbound).where(Outbound.inbound_id.is_not(None)))
    assert len({row.inbound_id for row in sent}) == 30
    for conversation in {row.conversation_id for row in sent}:
        numbers = [row.inbound_id for row in sent if row.conversation_id == conversation]
        assert numbers == sorted(numbers)


async def test_others_reading_along_are_not_told_what_is_personal(service, inbox, hand):
    await inbox.store([said("quiero inscribirme en cocina", 1, is_public=True)])
    hand.move(QUIET)
    await give_turns(inbox)
    (answer,) = await answers(service)
    assert "en privado" in answer
    async with service.database.write() as session:
        await session.execute(update(Inbound).values(status="done"))
    await inbox.store([said("qué talleres hay de cocina", 2, is_public=True)])
    hand.move(QUIET)
    await give_turns(inbox)
    assert "talleres de cocina" in (await answers(service))[-1]
