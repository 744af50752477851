"""Who a broadcast is for, and that everybody stands in it once, with their reason."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.services.broadcasts import lifecycle
from bot.services.broadcasts.segments import Segment, preview
from bot.services.privacy import delete_everything, forget_old
from storage.models import Account, BroadcastText, Outbound, Subscription
from tests.broadcasts.people import LUIS, MONDAY

ZONE, OTHER, CASA = {"zone_id": 1}, {"zone_id": 2}, {"casa_id": 1}


async def reasons(stage, segment):
    broadcast = await stage.sending(segment=segment)
    return {r.account_id: r.reason for r in await stage.recipients(broadcast)}


async def test_each_is_included_for_what_they_asked_for(stage):
    everything = await stage.person()
    zone = await stage.person(ZONE)
    both = await stage.person(OTHER, ZONE)
    casa = await stage.person(CASA)
    fair = await stage.person({"event_kind": "feria"})
    wanted = Segment(("all", "zone:quitumbe", "casa:casa-tumbaco"))
    assert await reasons(stage, wanted) == {
        everything: "all",
        zone: "zone:quitumbe",
        both: "zone:quitumbe",
        casa: "casa:casa-tumbaco",
    }
    assert await reasons(stage, Segment(("zone:*", "kind:*"))) == {
        zone: "zone:quitumbe",
        both: "zone:quitumbe,zone:tumbaco",
        fair: "kind:feria",
    }


async def test_language_channel_and_ended_wishes_count(stage):
    spanish = await stage.person()
    await stage.person(language="en")
    await stage.person(channel="whatsapp")
    await stage.person(channel="rest")
    gone = await stage.person()
    async with stage.database.write() as session:
        over = update(Subscription).where(Subscription.account_id == gone)
        await session.execute(over.values(ended_at=MONDAY))
    chosen = Segment(("all",), languages=("es",), channels=("telegram",))
    assert await reasons(stage, chosen) == {spanish: "all"}
    async with stage.database.read() as session:
        assert (await preview(session, Segment(("all",)))).count == 3
        assert (await preview(session, Segment(("all",), channels=("rest",)))).count == 0


async def test_a_person_with_two_accounts_is_reached_once_where_they_last_wrote(stage):
    await stage.person(document="1710034065", last_inbound_at=MONDAY - timedelta(days=9))
    late = await stage.person(
        document="1710034065", channel="whatsapp", last_inbound_at=MONDAY - timedelta(days=1)
    )
    blocked = await stage.person(document="1710034065", blocked=True, last_inbound_at=MONDAY)
    broadcast = await stage.sending()
    (only,) = await stage.recipients(broadcast)
    assert (only.account_id, only.channel, only.status) == (late, "whatsapp", "waiting")
    assert only.person_id < late < blocked


async def test_who_opted_out_or_blocked_us_is_in_the_books_as_skipped(stage):
    await stage.person(opted_out=True)
    await stage.person(blocked=True)
    await stage.person()
    broadcast = await stage.sending()
    sheet = await stage.sheet(broadcast)
    assert (sheet.planned, sheet.total.skipped, sheet.total.waiting) == (3, 2, 1)
    assert sheet.causes["skipped"] == {"opted out": 1, "blocked": 1}


async def test_many_processes_plan_once(stage):
    await stage.people(3)
    broadcast = await stage.create()
    await stage.submit(broadcast)
    stage.now = MONDAY
    others = [stage.another_process() for _ in range(4)]
    await asyncio.gather(*(jobs.begin_due() for jobs in others))
    await stage.jobs.begin_due()
    assert len(await stage.recipients(broadcast)) == 3
    assert len(await stage.rows(select(BroadcastText))) == 1
    # Each of them also queues: the unique row of a person stays one.
    await asyncio.gather(*(jobs.feed() for jobs in others))
    assert len(await stage.queued()) == 3


async def test_who_subscribes_after_the_plan_is_not_in_it(stage):
    await stage.person()
    broadcast = await stage.sending()
    await stage.person()
    await stage.jobs.feed()
    assert (await stage.sheet(broadcast)).total.intended == 1


@pytest.mark.parametrize("approver", [LUIS, None])
async def test_what_grew_after_one_person_sent_it_waits_for_a_second(stage, approver):
    stage.approval_size = 2
    stage.jobs = stage.another_process()
    await stage.people(2)
    broadcast = await stage.sending(at=MONDAY)
    await stage.do(lifecycle.cancel, broadcast)
    broadcast = await stage.create()
    assert await stage.submit(broadcast) == "scheduled"
    await stage.person()
    await stage.jobs.begin_due()
    found = await stage.get(broadcast)
    assert (found.status, found.note) == ("awaiting_approval", "grew")
    assert await stage.recipients(broadcast) == []
    if approver:
        await stage.do(lifecycle.approve, broadcast, approver)
        await stage.jobs.begin_due()
        assert (await stage.get(broadcast)).intended == 3
    else:
        await stage.jobs.begin_due()
        assert (await stage.get(broadcast)).intended is None


async def test_an_account_deleted_from_the_books_leaves_them_balanced(stage):
    gone, left = await stage.person(), await stage.person()
    broadcast = await stage.sending()
    for step in range(2):
        async with stage.database.write() as session:
            account = await session.get(Account, (gone, left)[step])
            await delete_everything(session, account, stage.now)
        await stage.jobs.feed()
    sheet = await stage.sheet(broadcast)
    assert sheet.is_balanced
    assert (sheet.total.intended, sheet.total.skipped) == (2, 2)
    assert {r.account_id for r in await stage.recipients(broadcast)} == {None}
    assert (await stage.get(broadcast)).status == "done"


async def test_the_books_outlive_the_messages_and_the_people(stage):
    await stage.people(3)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    async with stage.database.write() as session:
        first = (await stage.queued())[0].id
        read = update(Outbound).where(Outbound.id == first).values(status="read")
        await session.execute(read)
        await forget_old(session, MONDAY + timedelta(days=400), 12)
    assert await stage.queued() == []
    sheet = await stage.sheet(broadcast)
    assert (sheet.is_balanced, sheet.total.read, sheet.total.skipped) == (True, 1, 2)
    assert {(r.account_id, r.person_id) for r in await stage.recipients(broadcast)} == {
        (None, None)
    }
