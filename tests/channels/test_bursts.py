"""Short messages within seconds are one thought; buttons, choices and danger never wait."""

import asyncio

from sqlalchemy import select

from bot.channels.bursts import Bursts, as_one
from bot.messages import Incoming
from storage.models import Inbound, Outbound
from tests.channels.test_telegram import CHAT, OTHER, api, make, polling, server, turns  # noqa: F401
from tests.fakes.bot_api import until


def said(text, sender="a", number=0):
    return Incoming("telegram", sender, str(number or hash(text)), text)


def texts(thoughts):
    return [[*(e.text for e in t.earlier), t.text] for t in thoughts]


def bursts():
    return Bursts(2.0, lambda text: text.startswith("/") or "auxilio" in text)


def test_messages_wait_until_nothing_more_comes():
    held = bursts()
    held.add(said("veci"), 0.0)
    held.add(said("una pregunta"), 1.5)
    assert held.take_due(2.1) == []
    assert texts(held.take_due(3.5)) == [["veci", "una pregunta"]]
    assert held.next_due is None


def test_each_chat_waits_for_itself():
    held = bursts()
    held.add(said("hola", "a"), 0.0)
    held.add(said("buenas", "b"), 1.0)
    assert texts(held.take_due(2.0)) == [["hola"]]
    assert texts(held.take_due(3.0)) == [["buenas"]]


def test_a_button_takes_what_was_said_before_it_along_at_once():
    held = bursts()
    held.add(said("quiero"), 0.0)
    held.add(said("/help"), 0.5)
    assert texts(held.take_due(0.5)) == [["quiero", "/help"]]


def test_danger_that_only_the_messages_together_tell_is_not_kept_waiting():
    held = Bursts(2.0, lambda text: "mi marido\nme pega" in text)
    held.add(said("mi marido"), 0.0)
    held.add(said("me pega"), 0.5)
    assert texts(held.take_due(0.5)) == [["mi marido", "me pega"]]


def test_who_writes_without_a_pause_is_answered_too():
    held = bursts()
    for second in range(12):
        held.add(said(str(second), number=second + 1), float(second))
    assert len(texts(held.take_due(10.0))[0]) == 12


async def test_four_short_messages_on_telegram_are_one_turn(api, turns):  # noqa: F811
    channel = make(api, turns, quiet=0.3)
    async with polling(channel):
        for text in ("veci", "una pregunta", "cuando", "pagan el bono"):
            api.push_text(CHAT, text)
            await asyncio.sleep(0.05)
        api.push_text(OTHER, "/start")
        await until(lambda: not api.updates)
    await channel.close()
    first, second = turns.seen
    assert (first.sender, first.text) == (str(OTHER), "/greet")
    assert texts([second]) == [["veci", "una pregunta", "cuando", "pagan el bono"]]


async def test_messages_that_wait_are_not_confirmed_to_telegram(api, turns):  # noqa: F811
    channel = make(api, turns, quiet=30)
    async with polling(channel):
        number = api.push_text(CHAT, "hola")
        await until(lambda: sum(m == "getUpdates" for m, _ in api.calls) > 1, seconds=8)
        assert [u["update_id"] for u in api.updates] == [number]
    await channel.close()
    assert turns.seen == []


async def test_a_failed_turn_loses_none_of_its_messages(api, turns):  # noqa: F811
    turns.failures = 1
    channel = make(api, turns, quiet=0.2)
    async with polling(channel):
        api.push_text(CHAT, "uno")
        api.push_text(CHAT, "dos")
        await until(lambda: not api.updates)
    await channel.close()
    assert texts(turns.seen) == [["uno", "dos"]]


async def test_a_thought_of_several_messages_gets_one_answer(service):
    parts = [said("veci", "burst", 901), said("cuando pagan", "burst", 902)]
    await service.turns.handle(as_one([*parts, said("el bono", "burst", 903)]))
    # The gateway gives them again, with one more: only that one is new.
    again = said("gracias", "burst", 904)
    await service.turns.handle(as_one([*parts, said("el bono", "burst", 903), again]))
    async with service.database.read() as session:
        rows = (await session.execute(select(Inbound).order_by(Inbound.id))).scalars().all()
        sent = (await session.execute(select(Outbound.inbound_id))).scalars().all()
    mine = {r.external_id: r for r in rows if r.external_id.startswith("90")}
    assert [mine[n].status for n in ("901", "902", "903", "904")] == [
        "joined", "joined", "done", "done",
    ]  # fmt: skip
    assert mine["903"].text == "veci\ncuando pagan\nel bono"
    assert mine["903"].intent == "ask_mies_payment"
    assert mine["904"].text == "gracias"
    assert set(sent) >= {mine["903"].id, mine["904"].id}
    assert not {mine["901"].id, mine["902"].id} & set(sent)
