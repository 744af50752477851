"""What gateways refuse: waits, attempts and final states, each with a reason."""

from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import select

from bot.clock import make_clock
from bot.delivery import (
    Rejected,
    TemplateMissing,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
    WindowClosed,
)
from storage.models import Account
from tests.delivery.outbox import (
    ANA,
    EVA,
    LUIS,
    fetch,
    make,
    queue,
    rows,
    running,
    settle,
    statuses,
)
from tests.fakes.bot_api import until


@pytest.mark.parametrize("error", [TemporaryFailure("it is away"), KeyError("it is away")])
async def test_a_row_fails_after_its_last_attempt_and_the_next_goes_on(database, sender, error):
    sender.errors[ANA] = [error] * 3
    await queue(database, ANA, "uno", "dos")
    await queue(database, LUIS, "tres", body={"no": "text"})
    async with running(make(database, sender)):
        await settle(database)
    first, second = await rows(database, ANA)
    assert (first.status, first.attempts, first.error) == ("failed", 3, str(error))
    assert second.status == "sent"
    assert await statuses(database, LUIS) == ["failed"]


async def test_another_attempt_waits_longer_each_time(database, sender):
    sender.errors[ANA] = [TemporaryFailure("later")]
    await queue(database, ANA, "uno")
    began = make_clock(None)()
    async with running(make(database, sender, patience=100)):
        await until(lambda: sender.calls[ANA])
    (row,) = await rows(database, ANA)
    assert (row.status, row.attempts, row.error) == ("queued", 1, "later")
    assert row.next_attempt_at - began >= timedelta(seconds=50)


async def test_waiting_as_told_does_not_use_up_attempts(database, sender):
    sender.errors[ANA] = [Throttled(0.05)] * 5
    await queue(database, ANA, "uno")
    started = monotonic()
    async with running(make(database, sender)):
        await settle(database)
    (row,) = await rows(database, ANA)
    assert (row.status, row.attempts) == ("sent", 1)
    assert monotonic() - started > 5 * 0.05


async def test_a_throttled_chat_waits_alone_also_with_its_replies(database, sender):
    sender.errors[ANA] = [Throttled(60)]
    await queue(database, ANA, "agenda", kind="broadcast")
    async with running(make(database, sender)):
        await until(lambda: sender.calls[ANA])
        await queue(database, ANA, "respuesta")
        await queue(database, LUIS, "dos", "tres")
        await until(lambda: sender.to(LUIS) == ["dos", "tres"])
    assert await statuses(database, ANA) == ["queued", "queued"]
    assert sender.calls[ANA] == 1


async def test_two_throttled_chats_hold_the_whole_channel(database, sender):
    sender.errors = {ANA: [Throttled(0.4)], LUIS: [Throttled(0.4)]}
    await queue(database, ANA, "uno")
    await queue(database, LUIS, "dos")
    async with running(make(database, sender)):
        await until(lambda: sender.calls[ANA] and sender.calls[LUIS])
        held = monotonic()
        await queue(database, EVA, "tres")
        await settle(database)
    assert min(sender.times) - held > 0.3


async def test_a_gateway_that_throttles_the_whole_channel_is_left_alone(database, sender):
    sender.errors = {ANA: [Throttled(0.4, whole_channel=True)]}
    await queue(database, ANA, "uno")
    async with running(make(database, sender)):
        await until(lambda: sender.calls[ANA])
        held = monotonic()
        await queue(database, EVA, "dos")
        await settle(database)
    assert min(sender.times) - held > 0.3


async def test_a_blocked_account_is_closed_and_only_that_one(database, sender):
    sender.errors[ANA] = [Undeliverable("bot was blocked by the user")]
    await queue(database, ANA, "uno", "dos")
    await queue(database, ANA, "agenda", kind="broadcast")
    await queue(database, LUIS, "cuatro")
    async with running(make(database, sender)):
        await settle(database)
    assert [(row.status, row.error) for row in await rows(database, ANA)] == [
        ("failed", "bot was blocked by the user")
    ] * 3
    assert sender.sent == [(LUIS, "cuatro")]
    assert await fetch(database, select(Account.address).where(Account.blocked)) == [ANA]


@pytest.mark.parametrize("kind", [Rejected, WindowClosed, TemplateMissing])
async def test_a_message_that_the_gateway_refuses_fails_alone(database, sender, kind):
    sender.errors[ANA] = [kind("x" * 1000)]
    await queue(database, ANA, "uno", "dos")
    async with running(make(database, sender)):
        await settle(database)
    assert await statuses(database, ANA) == ["failed", "sent"]
    assert len((await rows(database, ANA))[0].error) == 300
    assert await fetch(database, select(Account.address).where(Account.blocked)) == []


async def test_without_a_valid_token_rows_wait_and_it_shows_until_one_gets_through(
    database, sender
):
    many = [str(number) for number in range(20)]
    for address in many:
        sender.errors[address] = [TokenExpired("expired")] * 5
        await queue(database, address, "hola")
    delivery = make(database, sender, token_pause=0.3)
    async with running(delivery):
        await until(lambda: delivery.status()["telegram"].problem == "token_expired")
        assert delivery.status()["telegram"].since is not None
        first_calls = sender.calls.total()
        await until(lambda: sender.calls.total() > first_calls)
        for errors in sender.errors.values():
            errors.clear()
        await settle(database)
        assert (delivery.status()["telegram"].problem, len(sender.sent)) == ("", 20)
    for address in many:
        assert [row.attempts for row in await rows(database, address)] == [1]


async def test_after_the_pause_one_message_tries_whether_the_token_is_valid(database, sender):
    for address in map(str, range(20)):
        sender.errors[address] = [TokenExpired("expired")] * 5
        await queue(database, address, "hola")
    delivery = make(database, sender, token_pause=0.2)
    async with running(delivery):
        await until(lambda: delivery.status()["telegram"].problem)
        async with delivery._database.read():  # those that were under way come back
            await until(lambda: not delivery._lines["telegram"].under_way)
        before = sender.calls.total()
        await until(lambda: sender.calls.total() == before + 1)
        await until(lambda: not delivery._lines["telegram"].under_way)
        assert sender.calls.total() == before + 1
