"""With the real delivery: quiet hours, opting out on the way, and a crash in the middle."""

import asyncio

import pytest
from sqlalchemy import update

from bot.delivery import Rejected, Undeliverable
from bot.services.broadcasts import lifecycle
from storage.models import Account, Outbound
from storage.queries.delivery import give_back, record_unsent
from tests.broadcasts.people import MONDAY
from tests.delivery.outbox import make, queue, running, settle
from tests.fakes.bot_api import until


async def test_broadcasts_rest_in_quiet_hours_and_replies_do_not(stage, sender):
    await stage.people(2)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    is_quiet = [True]
    async with running(make(stage.database, sender, is_quiet=lambda: is_quiet[0])):
        await queue(stage.database, "77", "respuesta")
        await until(lambda: sender.to("77"))
        await asyncio.sleep(0.1)
        assert sender.texts == ["respuesta"]
        is_quiet[0] = False
        await settle(stage.database)
    assert sender.texts == ["respuesta", "Hola", "Hola"]
    await stage.jobs.feed()
    assert (await stage.get(broadcast)).status == "done"


async def test_each_end_that_delivery_knows_is_in_the_books(stage, sender):
    ids = await stage.people(4)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    addresses = [r.address for r in await stage.queued()]
    sender.errors = {
        addresses[0]: [Undeliverable("blocked us")],
        addresses[1]: [Rejected("no template")],
        addresses[2]: [ConnectionError("no answer")],
    }
    async with stage.database.write() as session:
        last = update(Account).where(Account.id == ids[3])
        await session.execute(last.values(opted_out=True))
    async with running(make(stage.database, sender)):
        await settle(stage.database)
    await stage.jobs.feed()
    sheet = await stage.sheet(broadcast)
    assert sheet.is_balanced
    assert (sheet.total.failed, sheet.total.uncertain, sheet.total.skipped) == (2, 1, 1)
    assert sheet.causes == {
        "failed": {"blocked us": 1, "no template": 1},
        "uncertain": {"no answer": 1},
        "skipped": {"opted out, or unreachable": 1},
    }
    assert sender.sent == []


@pytest.mark.parametrize(
    ("act", "ends"), [(lifecycle.pause, "held"), (lifecycle.cancel, "skipped"), (None, "queued")]
)
async def test_what_a_gateway_gives_back_after_a_stop_is_not_sent_again(stage, act, ends):
    await stage.people(2)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    throttled, unsent = [row.id for row in await stage.queued()]
    async with stage.database.write() as session:
        await session.execute(update(Outbound).values(status="sending", attempts=1))
    if act:
        await stage.do(act, broadcast)
    async with stage.database.write() as session:
        await record_unsent(session, throttled, {"status": "queued", "error": "retry after 1 s"})
        await give_back(session, [unsent])
    assert [row.status for row in await stage.queued()] == [ends, ends]
    assert (await stage.sheet(broadcast)).is_balanced


async def test_after_a_crash_in_the_middle_it_goes_on_and_nobody_gets_two(stage, sender):
    await stage.people(9)
    broadcast = await stage.sending(at=MONDAY)
    await stage.jobs.feed()
    queued = await stage.queued()
    # What a killed process leaves of those that it had handed over, or was about to.
    async with stage.database.write() as session:
        handed = update(Outbound).where(Outbound.id.in_([row.id for row in queued[:4]]))
        await session.execute(handed.values(status="sending", handed_at=MONDAY))
    async with running(make(stage.database, sender)):
        await stage.another_process().feed()
        await settle(stage.database)
    await stage.jobs.feed()
    assert sorted(a for a, _ in sender.sent) == sorted(row.address for row in queued[4:])
    sheet = await stage.sheet(broadcast)
    assert (sheet.total.delivered, sheet.total.uncertain, sheet.is_balanced) == (5, 4, True)
    assert (await stage.get(broadcast)).status == "done"
