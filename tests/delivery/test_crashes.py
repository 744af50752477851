"""Rows of unknown fate: what a crash or a lost database cuts short between sending and record."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError
from tenacity import wait_none

from bot.delivery import Receipt, note_receipts
from bot.delivery.handing_over import HandOver
from bot.delivery.records import Records
from storage.queries.delivery import fates
from tests.delivery.outbox import (
    ANA,
    LUIS,
    FakeSender,
    make,
    queue,
    rows,
    running,
    settle,
    statuses,
)
from tests.fakes.bot_api import until


class Dying(FakeSender):
    """Hands over, and never comes back to say so."""

    async def send(self, parcel):
        await super().send(parcel)
        await asyncio.sleep(60)


async def die_while_sending(database, sender, sends):
    delivery = make(database, sender)
    async with delivery._leadership:
        process = asyncio.create_task(delivery.run(asyncio.Event()))
        await until(lambda: len(sender.sent) == sends)
        process.cancel()
        await asyncio.gather(process, return_exceptions=True)


async def test_a_reply_that_a_crash_cut_short_is_sent_again_and_counted(database, sender, caplog):
    dying = Dying()
    await queue(database, ANA, "uno", "dos")
    await die_while_sending(database, dying, 1)
    assert await statuses(database, ANA) == ["sending", "queued"]

    async with running(make(database, sender)):
        await settle(database)
    assert sender.to(ANA) == ["uno", "dos"]
    first, second = await rows(database, ANA)
    assert [(r.attempts, r.doubtful) for r in (first, second)] == [(2, 1), (1, 0)]
    assert "sent_again=1 uncertain=0" in caplog.text
    async with database.read() as session:
        found = (await fates(session))["telegram"]
    assert (found.doubtful, found.uncertain) == (1, 0)


async def test_a_broadcast_that_a_crash_cut_short_is_never_sent_again(database, sender):
    dying = Dying()
    await queue(database, ANA, "agenda 1", "agenda 2", kind="broadcast")
    await queue(database, LUIS, "aviso", kind="notice")
    await die_while_sending(database, dying, 2)
    async with running(make(database, sender)):
        await settle(database)
    assert sender.texts.count("agenda 1") == 0
    assert sender.to(ANA) == ["agenda 2"]
    assert sender.to(LUIS) == ["aviso"]
    assert await statuses(database, ANA) == ["uncertain", "sent"]
    async with database.read() as session:
        found = (await fates(session))["telegram"]
    assert (found.doubtful, found.uncertain) == (1, 1)


async def test_a_receipt_in_time_spares_sending_again(database, sender):
    (row_id,) = await queue(database, ANA, "uno", status="sending", attempts=1)
    async with running(make(database, sender, proof=60)):
        async with asyncio.timeout(5):
            while await statuses(database, ANA) != ["queued"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        at = datetime.now(UTC)
        async with database.write() as session:
            said = Receipt("telegram", "wamid.1", row_id, "delivered", at)
            assert await note_receipts(session, [said]) == 1
        await queue(database, LUIS, "dos")
        await until(lambda: sender.to(LUIS))
    assert sender.to(ANA) == []
    (row,) = await rows(database, ANA)
    assert (row.status, row.external_id, row.doubtful) == ("delivered", "wamid.1", 1)


async def test_a_row_that_breaks_the_process_each_time_comes_to_an_end(database, sender):
    await queue(database, ANA, "uno", status="sending", attempts=3)
    await queue(database, ANA, "dos")
    async with running(make(database, sender)):
        await settle(database)
    assert await statuses(database, ANA) == ["failed", "sent"]
    assert sender.to(ANA) == ["dos"]


class FlakyDatabase:
    """Loses the writes that `failing` names, counted from the first."""

    is_sqlite = True

    def __init__(self, database, failing):
        self.read, self.real_write = database.read, database.write
        self.on_queued = database.on_queued
        self.failing, self.writes = failing, 0

    def write(self):
        self.writes += 1
        if self.writes in self.failing:
            raise OperationalError("UPDATE", {}, OSError("gone"))
        return self.real_write()


# Writes: 1 takes back what is stranded, 2 claims, 3 and its repetitions record. Then it finds
# nothing to claim until the record is there.
@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ({1}, ["uno", "dos"]),
        ({2}, ["uno", "dos"]),
        ({3}, ["uno", "dos"]),
    ],
    ids=["before", "claim", "record"],
)
async def test_a_lost_database_loses_no_message(database, sender, failing, said, monkeypatch):
    for record in (Records._write, HandOver._record_unsent):
        monkeypatch.setattr(record.retry, "wait", wait_none())
    await queue(database, ANA, "uno", "dos")
    async with running(make(FlakyDatabase(database, failing), sender)):
        await settle(database, 30)
    assert sender.to(ANA) == said


@pytest.mark.parametrize(
    ("kind", "said", "ends"),
    [("reply", ["uno", "uno"], "sent"), ("broadcast", ["uno"], "uncertain")],
)
async def test_a_record_that_failed_for_good_is_like_a_crash(
    database, sender, kind, said, ends, monkeypatch
):
    for record in (Records._write, HandOver._record_unsent):
        monkeypatch.setattr(record.retry, "wait", wait_none())
    await queue(database, ANA, "uno", kind=kind)

    class Cutting(FakeSender):
        async def send(self, parcel):
            answer = await super().send(parcel)
            if len(self.sent) == 1:
                flaky.failing = range(flaky.writes + 1, flaky.writes + 6)
            return answer

    cutting, flaky = Cutting(), FlakyDatabase(database, ())
    async with running(make(flaky, cutting, poll=60)):
        await settle(database, 30)
    assert cutting.to(ANA) == said
    assert await statuses(database, ANA) == [ends]
