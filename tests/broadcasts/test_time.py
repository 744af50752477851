"""Broadcasts by the clock of people here: 07:00 is 12:00 UTC, whatever year or week ends."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.clock import LOCAL, is_between
from bot.services.broadcasts import agenda, lifecycle
from bot.services.broadcasts.content import Content
from storage.models import Broadcast
from tests.broadcasts.people import LUIS, MONDAY, event


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=LOCAL)


async def test_seven_in_the_morning_is_noon_in_greenwich(stage):
    await stage.person()
    broadcast = await stage.create()
    await stage.submit(broadcast, agenda.at_local(MONDAY.date(), time(7)))
    assert (await stage.get(broadcast)).scheduled_for == datetime(2026, 12, 7, 12, tzinfo=UTC)
    stage.now = datetime(2026, 12, 7, 11, 59, 59, tzinfo=UTC)
    await stage.jobs.begin_due()
    assert (await stage.get(broadcast)).status == "scheduled"
    stage.now = datetime(2026, 12, 7, 12, tzinfo=UTC)
    await stage.jobs.begin_due()
    assert (await stage.get(broadcast)).status == "sending"


async def test_a_clock_that_goes_back_sends_nothing_twice(stage):
    await stage.person()
    broadcast = await stage.sending()
    await stage.jobs.feed()
    stage.now = MONDAY - timedelta(hours=3)
    await stage.jobs.begin_due()
    await stage.jobs.feed()
    stage.now = MONDAY + timedelta(minutes=1)
    await stage.jobs.begin_due()
    await stage.jobs.feed()
    assert len(await stage.queued()) == 1
    assert (await stage.get(broadcast)).planned_at == MONDAY


@pytest.mark.parametrize(("late", "status"), [(11, "sending"), (13, "cancelled")])
async def test_after_a_stop_it_catches_up_or_says_that_it_is_too_late(stage, late, status, caplog):
    await stage.person()
    broadcast = await stage.create()
    await stage.submit(broadcast)
    stage.now = MONDAY + timedelta(hours=late)
    await stage.jobs.begin_due()
    found = await stage.get(broadcast)
    assert found.status == status
    assert found.note == ("too_late" if status == "cancelled" else None)
    assert (f"broadcast {broadcast} is too late" in caplog.text) == (status == "cancelled")


async def test_who_still_waits_when_all_is_over_gets_nothing(stage):
    async with stage.database.write() as session:
        session.add(event("feria", MONDAY + timedelta(hours=10), 1))
    await stage.people(2)
    stage.now = MONDAY - timedelta(days=3) + timedelta(hours=2)
    await stage.jobs.draft()
    (draft,) = await stage.rows(select(Broadcast))
    await stage.submit(draft.id, MONDAY)
    stage.now = MONDAY
    await stage.jobs.begin_due()
    await stage.jobs.feed()
    await stage.do(lifecycle.pause, draft.id)
    stage.now = MONDAY + timedelta(hours=11)
    await stage.do(lifecycle.resume, draft.id)
    await stage.jobs.feed()
    sheet = await stage.sheet(draft.id)
    assert (sheet.causes, sheet.is_balanced) == ({"skipped": {"too late": 2}}, True)
    assert (await stage.get(draft.id)).status == "done"


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (local(2026, 12, 4, 7, 59), None),
        (local(2026, 12, 4, 8), "2026-12-07"),
        (local(2026, 12, 6, 23, 59), "2026-12-07"),
        (local(2026, 12, 7), None),
        # The week of a new month, and of a new year.
        (local(2026, 11, 27, 9), "2026-11-30"),
        (local(2027, 1, 1, 8), "2027-01-04"),
        (local(2026, 12, 26, 8), "2026-12-28"),
    ],
)
def test_a_weeks_draft_is_due_from_friday_morning_on(now, monday):
    found = agenda.week_to_draft(now.astimezone(UTC))
    assert (found and found.isoformat()) == monday


async def test_fridays_draft_is_made_once_and_sent_by_nobody(stage):
    async with stage.database.write() as session:
        session.add_all([
            event("vispera", local(2026, 12, 27, 23, 59), 1),
            event("lunes", local(2026, 12, 28, 0, 0), 1),
            # Over midnight, over the year's end: it is on the day when it begins.
            event("fin de año", local(2026, 12, 31, 22), 2, hours=6),
            event("domingo", local(2027, 1, 3, 23, 59), 2),
            event("despues", local(2027, 1, 4, 0, 0), 1),
        ])  # fmt: skip
    await stage.person()
    stage.now = local(2026, 12, 25, 8)
    await asyncio.gather(*(stage.another_process().draft() for _ in range(3)))
    stage.now = local(2026, 12, 25, 7)
    await stage.jobs.draft()
    stage.now = local(2026, 12, 26, 8)
    await stage.jobs.draft()
    (draft,) = await stage.rows(select(Broadcast))
    assert (draft.status, draft.slot) == ("draft", "agenda:2026-12-28")
    assert draft.scheduled_for == local(2026, 12, 28, 7)
    days = [(i.day, i.line["es"]) for i in Content.restore(draft.content).items]
    assert days == [
        ("2026-12-28", "- 00:00 Lunes, Parque (Quitumbe)"),
        ("2026-12-31", "- 22:00 Fin de año, Parque (Tumbaco)"),
        ("2027-01-03", "- 23:59 Domingo, Parque (Tumbaco)"),
    ]
    stage.now = draft.scheduled_for
    await stage.jobs.begin_due()
    assert await stage.recipients(draft.id) == []


async def test_a_cancelled_weeks_draft_does_not_come_back(stage):
    async with stage.database.write() as session:
        session.add(event("feria", MONDAY, 1))
    stage.now = local(2026, 12, 4, 9)
    await stage.jobs.draft()
    (draft,) = await stage.rows(select(Broadcast))
    await stage.do(lifecycle.cancel, draft.id, LUIS)
    await stage.jobs.draft()
    assert len(await stage.rows(select(Broadcast))) == 1
    # But who wants one again gets it.
    async with stage.database.write() as session:
        monday = MONDAY.date()
        again = [
            await agenda.draft_agenda(session, stage.renderer, monday, LUIS, stage.now)
            for _ in range(2)
        ]
    assert again[0] not in (None, draft.id)
    assert again[1] is None


@pytest.mark.parametrize(
    ("hour", "is_quiet"), [("19:59", False), ("20:00", True), ("03:00", True), ("07:00", False)]
)
def test_the_night_is_quiet(hour, is_quiet):
    now = datetime.combine(MONDAY.date(), time.fromisoformat(hour), LOCAL)
    assert is_between(now.astimezone(UTC), time(20), time(7)) is is_quiet
    assert not is_between(now, time(7), time(7))
