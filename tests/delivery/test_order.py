"""Order and priority: a conversation's messages in order, replies and notices before broadcasts."""

import asyncio

import pytest

from bot.delivery import TemporaryFailure, Throttled
from bot.delivery.line import FEWEST_AT_ONCE, SHARE_OF_BROADCASTS
from tests.delivery.outbox import (
    ANA,
    EVA,
    LUIS,
    FakeSender,
    change_account,
    make,
    queue,
    rows,
    running,
    settle,
    statuses,
)
from tests.fakes.bot_api import until

SLOW = 0.25


async def test_one_conversation_is_sent_in_order_whatever_fails(database, sender):
    texts = [str(number) for number in range(8)]
    sender.errors[ANA] = [TemporaryFailure("later"), Throttled(0.02), TemporaryFailure("later")]
    await queue(database, ANA, *texts)
    async with running(make(database, sender)):
        await settle(database)
    assert sender.to(ANA) == texts


async def test_replies_and_notices_overtake_broadcasts_which_keep_their_order(database, sender):
    await queue(database, ANA, "agenda 1", "agenda 2", kind="broadcast")
    await queue(database, LUIS, "agenda 1", kind="broadcast")
    await queue(database, ANA, "respuesta 1", "respuesta 2")
    await queue(database, EVA, "aviso", kind="notice")
    async with running(make(database, sender, rate=200)):
        await settle(database)
    assert sender.to(ANA) == ["respuesta 1", "respuesta 2", "agenda 1", "agenda 2"]
    assert set(sender.texts[:2]) == {"respuesta 1", "aviso"}


async def test_a_reply_that_comes_amid_a_broadcast_takes_the_next_turn(database, sender):
    class Answering(FakeSender):
        queued_at = 0

        async def send(self, parcel):
            if self.calls.total() == 5:
                await queue(database, ANA, "respuesta")
                self.queued_at = len(self.sent)
            return await super().send(parcel)

    answering = Answering()
    for address in range(30):
        await queue(database, str(address), "agenda", kind="broadcast")
    async with running(make(database, answering, rate=20, poll=60)):
        await until(lambda: answering.to(ANA), 10)
    # Two may have had their turn while it was claimed, and the one that queued it is sent.
    assert answering.texts.index("respuesta") <= answering.queued_at + 3


async def test_a_broadcast_that_waits_for_another_attempt_does_not_hold_up_a_reply(
    database, sender
):
    sender.errors[ANA] = [TemporaryFailure("later")]
    await queue(database, ANA, "agenda 1", "agenda 2", kind="broadcast")
    async with running(make(database, sender, patience=60)):
        await until(lambda: sender.calls[ANA])
        await queue(database, ANA, "respuesta")
        await until(lambda: sender.sent)
    assert sender.texts == ["respuesta"]
    assert await statuses(database, ANA) == ["queued", "queued", "sent"]


async def test_many_failing_conversations_do_not_hold_up_another(database, sender):
    for address in map(str, range(60)):
        sender.errors[address] = [TemporaryFailure("later")]
        await queue(database, address, "uno", "dos")
    await queue(database, LUIS, "tres")
    async with running(make(database, sender, patience=60)):
        await until(lambda: sender.to(LUIS), 10)
    assert sender.sent == [(LUIS, "tres")]


async def test_a_gateway_that_hangs_on_broadcasts_still_has_room_for_replies(database):
    many = [str(number) for number in range(FEWEST_AT_ONCE + 5)]
    sender = FakeSender(slow=dict.fromkeys(many, 60))
    for address in many:
        await queue(database, address, "agenda", kind="broadcast")
    delivery = make(database, sender, poll=60)
    delivery._lines["telegram"].pace.gap = SLOW  # as if the rate was so low: few at once
    delivery._lines["telegram"].pace.spend = lambda _now: None
    task = asyncio.create_task(delivery.run(asyncio.Event()))
    async with delivery._leadership:
        await until(lambda: sender.calls.total() == FEWEST_AT_ONCE * SHARE_OF_BROADCASTS, 10)
        await queue(database, ANA, "respuesta")
        await until(lambda: sender.to(ANA), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_opted_out_gets_answers_but_no_broadcast(database, sender):
    await queue(database, ANA, "agenda 1", "agenda 2", kind="broadcast")
    await queue(database, ANA, "respuesta")
    await queue(database, LUIS, "agenda 1", kind="broadcast")
    await change_account(database, ANA, opted_out=True)
    async with running(make(database, sender)):
        await settle(database)
    assert sender.to(ANA) == ["respuesta"]
    assert await statuses(database, ANA) == ["skipped", "skipped", "sent"]
    assert all(row.error for row in (await rows(database, ANA))[:2])
    assert await statuses(database, LUIS) == ["sent"]


@pytest.mark.parametrize("kind", ["reply", "notice"])
async def test_who_blocked_us_is_spared_broadcasts_only(database, sender, kind):
    await queue(database, ANA, "agenda", kind="broadcast")
    await queue(database, ANA, "hola", kind=kind)
    await change_account(database, ANA, blocked=True)
    async with running(make(database, sender)):
        await settle(database)
    assert sender.to(ANA) == ["hola"]
    assert await statuses(database, ANA) == ["skipped", "sent"]
