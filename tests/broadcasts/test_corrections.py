"""What was announced changes: exactly those who were told of it are told."""

import pytest
from sqlalchemy import delete, update

from bot.errors import SomosError
from bot.services.broadcasts.content import Content, Item
from bot.services.broadcasts.corrections import draft_correction
from bot.services.broadcasts.segments import Segment
from storage.models import Event, Outbound
from tests.broadcasts.people import MONDAY, event

FAIRS = 5  # of which four are shown to who asked for another zone


async def announce(stage):
    """Five fairs in Quitumbe, and what is said of them; the ids."""
    async with stage.database.write() as session:
        fairs = [event(f"feria-{n}", MONDAY, zone=1) for n in range(FAIRS)]
        there = event("minga", MONDAY, zone=2)
        session.add_all([*fairs, there])
        await session.flush()
        ids = [e.id for e in (*fairs, there)]
    zones = ["zone:quitumbe"] * FAIRS + ["zone:tumbaco"]
    items = [Item("2026-12-07", {"es": f"- {i}"}, (zone,), i)
             for i, zone in zip(ids, zones, strict=True)]  # fmt: skip
    return ids, Content({"es": "Agenda"}, tuple(items))


async def people_told(stage, event_id):
    """Whom a correction would reach: their accounts, in order."""
    async with stage.database.read() as session:
        people = Segment((f"told:{event_id}",)).people()
        return sorted(row.account_id for row in (await session.execute(people)).all())


async def test_who_was_told_of_an_event_is_who_read_its_line_and_may_have_got_it(stage):
    ids, content = await announce(stage)
    here = [await stage.person({"zone_id": 1}) for _ in range(4)]
    there = await stage.person({"zone_id": 2})
    await stage.person({"zone_id": 1}, opted_out=True)
    broadcast = await stage.sending(segment=Segment(("zone:*",)), content=content)
    await stage.jobs.feed()
    assert await people_told(stage, ids[0]) == []
    rows = await stage.queued()
    fates = ["read", "uncertain", "failed", "queued", "delivered"]
    async with stage.database.write() as session:
        for row, fate in zip(rows, fates, strict=True):
            await session.execute(update(Outbound).where(Outbound.id == row.id).values(status=fate))
    assert await people_told(stage, ids[0]) == [*here[:2], there]
    assert await people_told(stage, ids[FAIRS - 1]) == here[:2]
    assert (await stage.sheet(broadcast)).is_balanced


async def test_a_correction_is_a_draft_that_says_how_the_event_is_now(stage, renderer):
    ids, content = await announce(stage)
    await stage.person({"zone_id": 1})
    await stage.sending(segment=Segment(("zone:*",)), content=content)
    await stage.jobs.feed()
    async with stage.database.write() as session:
        await session.execute(update(Outbound).values(status="sent"))
        await session.execute(update(Event).where(Event.id == ids[0]).values(place="Coliseo"))
        made = await draft_correction(session, renderer, ids[0], stage.by())
    assert "lunes 7 de diciembre a las 07:00, en Coliseo" in made.content["intro"]["es"]
    assert "Coliseo" in made.content["intro"]["en"]
    assert (made.status, made.kind) == ("draft", "correction")
    assert await stage.submit(made.id) == "scheduled"


async def test_an_event_that_is_gone_is_no_obstacle_to_sending_and_has_no_correction(
    stage, renderer
):
    ids, content = await announce(stage)
    await stage.person({"zone_id": 1})
    async with stage.database.write() as session:
        await session.execute(delete(Event).where(Event.id == ids[0]))
    broadcast = await stage.sending(segment=Segment(("zone:*",)), content=content)
    assert (await stage.get(broadcast)).status == "sending"
    async with stage.database.write() as session:
        with pytest.raises(SomosError, match="staff_broadcast_no_event"):
            await draft_correction(session, renderer, ids[0], stage.by())
