"""From draft to done: who may do what, and what pausing, cancelling and crashing leave behind."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from bot.errors import SomosError
from bot.services.broadcasts import lifecycle, sending
from bot.services.broadcasts.content import Content
from bot.services.broadcasts.segments import Segment
from bot.services.subscriptions import unsubscribe
from storage.models import Account, Inbound, Outbound, Recipient
from storage.queries.broadcasts import queue_recipients
from tests.broadcasts.people import ANA, EVERYBODY, LUIS, MONDAY


async def end(stage, broadcast, status, number=None, **values):
    """So many of its rows come to an end at their gateway."""
    rows = [row for row in await stage.queued() if row.status == "queued"][:number]
    async with stage.database.write() as session:
        which = update(Outbound).where(Outbound.id.in_([r.id for r in rows]))
        await session.execute(which.values(status=status, **values))


async def test_from_draft_to_done(stage):
    await stage.people(3)
    broadcast = await stage.create()
    assert await stage.submit(broadcast) == "scheduled"
    await stage.jobs.begin_due()
    assert (await stage.get(broadcast)).status == "scheduled"
    stage.now = MONDAY
    await stage.jobs.begin_due()
    await stage.jobs.feed()
    assert [(r.kind, r.body["text"]) for r in await stage.queued()] == [("broadcast", "Hola")] * 3
    await stage.jobs.feed()
    assert (await stage.get(broadcast)).status == "sending"
    await end(stage, broadcast, "sent", 2)
    await end(stage, broadcast, "failed", error="Undeliverable")
    await stage.jobs.feed()
    assert (await stage.get(broadcast)).status == "done"
    sheet = await stage.sheet(broadcast)
    assert sheet.is_balanced
    assert (sheet.total.delivered, sheet.total.failed, sheet.total.waiting) == (2, 1, 0)
    assert sheet.causes == {"failed": {"Undeliverable": 1}}
    assert await stage.audited(broadcast) == ["create", "submit"]


async def test_many_people_need_a_second_persons_word(stage):
    await stage.people(3)
    stage.approval_size = 2
    broadcast = await stage.create()
    assert await stage.submit(broadcast) == "awaiting_approval"
    stage.now = MONDAY
    await stage.jobs.begin_due()
    with pytest.raises(SomosError, match="staff_broadcast_same_person"):
        await stage.do(lifecycle.approve, broadcast, ANA)
    assert await stage.recipients(broadcast) == []
    await stage.do(lifecycle.approve, broadcast, LUIS)
    await stage.jobs.begin_due()
    assert (await stage.get(broadcast)).status == "sending"
    with pytest.raises(SomosError, match="staff_broadcast_status"):
        await stage.do(lifecycle.approve, broadcast, LUIS)


async def test_a_change_after_approval_needs_it_again(stage):
    await stage.people(3)
    stage.approval_size = 2
    broadcast = await stage.create()
    await stage.submit(broadcast)
    await stage.do(lifecycle.approve, broadcast, LUIS)
    async with stage.database.write() as session:
        await lifecycle.edit(session, broadcast, stage.by(), content=Content({"es": "Otra cosa"}))
    found = await stage.get(broadcast)
    assert (found.status, found.approved_by) == ("draft", None)
    stage.now = MONDAY
    await stage.jobs.begin_due()
    assert await stage.recipients(broadcast) == []


@pytest.mark.parametrize(
    ("segment", "words", "at", "problem"),
    [
        (EVERYBODY, "", MONDAY, "staff_broadcast_empty"),
        (Segment(("zone:tumbaco",)), "Hola", MONDAY, "staff_broadcast_nobody"),
        (EVERYBODY, "Hola", MONDAY - timedelta(days=30), "staff_broadcast_time"),
    ],
)
async def test_what_can_not_be_sent_is_refused(stage, segment, words, at, problem):
    await stage.person()
    broadcast = await stage.create(segment=segment, content=Content({"es": words}))
    with pytest.raises(SomosError, match=problem):
        await stage.submit(broadcast, at)


async def test_paused_it_sends_nothing_and_goes_on_where_it_was(stage):
    await stage.people(4)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    await end(stage, broadcast, "sent", 1)
    await end(stage, broadcast, "sending", 1)
    await stage.do(lifecycle.pause, broadcast)
    # What a gateway is just taking stays where it is; the others can't be sent any more.
    assert [r.status for r in await stage.queued()] == ["sent", "sending", "held", "held"]
    await stage.jobs.feed()
    assert (await stage.sheet(broadcast)).total.waiting == 3
    await stage.do(lifecycle.resume, broadcast)
    await stage.jobs.feed()
    assert [r.status for r in await stage.queued()] == ["sent", "sending", "queued", "queued"]
    assert len({r.recipient_id for r in await stage.queued()}) == 4


async def test_cancelled_in_the_middle_it_says_who_got_nothing(stage):
    await stage.people(3)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    await end(stage, broadcast, "sent", 1)
    await stage.do(lifecycle.cancel, broadcast)
    sheet = await stage.sheet(broadcast)
    assert (sheet.total.delivered, sheet.total.skipped, sheet.is_balanced) == (1, 2, True)
    assert sheet.causes == {"skipped": {"cancelled": 2}}
    await stage.jobs.feed()
    assert [r.status for r in await stage.queued()] == ["sent", "skipped", "skipped"]
    with pytest.raises(SomosError, match="staff_broadcast_status"):
        await stage.do(lifecycle.resume, broadcast)


async def test_only_what_surely_was_not_sent_is_sent_again(stage):
    await stage.people(5)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    await end(stage, broadcast, "failed", 1, error="TemporaryFailure")
    await end(stage, broadcast, "failed", 1, error="131026", external_id="wamid.1")
    await end(stage, broadcast, "uncertain", 1, error="interrupted")
    await end(stage, broadcast, "delivered")
    await stage.jobs.feed()
    assert await stage.do(lifecycle.send_again, broadcast) == 1
    await stage.jobs.feed()
    assert sorted(r.status for r in await stage.queued()) == [
        "delivered", "delivered", "failed", "queued", "uncertain",
    ]  # fmt: skip
    assert (await stage.sheet(broadcast)).is_balanced


async def test_a_crash_while_planning_leaves_nothing_and_it_begins_again(stage, monkeypatch):
    await stage.people(2)
    broadcast = await stage.create()
    await stage.submit(broadcast)
    stage.now = MONDAY
    monkeypatch.setattr(sending, "compose", None)
    with pytest.raises(TypeError):
        await stage.jobs.begin_due()
    assert (await stage.get(broadcast)).status == "scheduled"
    assert await stage.recipients(broadcast) == []
    monkeypatch.undo()
    await stage.jobs.begin_due()
    assert len(await stage.recipients(broadcast)) == 2


async def test_what_was_queued_twice_is_there_once(stage):
    await stage.people(2)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    ids = [r.id for r in await stage.recipients(broadcast)]
    # As if another process had not seen that they are queued.
    async with stage.database.write() as session:
        await session.execute(update(Recipient).values(status="waiting"))
    async with stage.database.write() as session:
        await queue_recipients(session, ids, MONDAY)
    assert len(await stage.queued()) == 2
    assert {r.status for r in await stage.recipients(broadcast)} == {"queued"}


async def test_a_large_one_is_queued_in_batches(stage, monkeypatch):
    monkeypatch.setattr(sending, "QUEUED", 4)
    monkeypatch.setattr(sending, "BATCH", 2)
    await stage.people(9)
    broadcast = await stage.sending()
    sizes = []
    while (await stage.get(broadcast)).status == "sending":
        await stage.jobs.feed()
        sizes.append(sum(r.status == "queued" for r in await stage.queued()))
        await end(stage, broadcast, "sent", 1)
    assert max(sizes) == 4
    assert (await stage.sheet(broadcast)).total.delivered == 9


async def test_books_that_lost_somebody_do_not_balance(stage):
    await stage.people(2)
    broadcast = await stage.sending()
    async with stage.database.write() as session:
        first = (await stage.recipients(broadcast))[0]
        await session.execute(delete(Recipient).where(Recipient.id == first.id))
    assert not (await stage.sheet(broadcast)).is_balanced


async def test_what_people_did_afterwards_is_counted_for_two_days(stage):
    talkative, leaving, _quiet = await stage.people(3)
    broadcast = await stage.sending()
    await stage.jobs.feed()
    await end(stage, broadcast, "sent", sent_at=MONDAY)
    hour = timedelta(hours=1)
    async with stage.database.write() as session:
        talks = {r.address: r.conversation_id for r in await stage.queued()}
        account = await session.get(Account, talkative)
        for number, (after, intent) in enumerate(
            [(-hour, "ask_agenda"), (hour, "ask_agenda"), (2 * hour, "thank"), (49 * hour, "greet")]
        ):
            session.add(Inbound(channel="telegram", external_id=f"{broadcast}/{number}",
                                conversation_id=talks[account.address], status="done",
                                intent=intent, received_at=MONDAY + after))  # fmt: skip
        leaver = await session.get(Account, leaving)
        await unsubscribe(session, leaver, MONDAY + hour)
    found = (await stage.sheet(broadcast)).effects
    assert found == {"replied": 1, "questions": 1, "opted_out": 1, "enrolments": 0}
