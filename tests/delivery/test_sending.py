"""Delivery: queued rows are sent and recorded; one citizen's trouble is never another's."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import delete

from bot.delivery import AnswerLost
from storage.models import Account
from tests.delivery.outbox import (
    ANA,
    LUIS,
    NOW,
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


async def test_a_queued_row_is_sent_and_recorded(database, sender):
    await queue(database, ANA, "hola")
    async with running(make(database, sender)):
        await settle(database)
    (row,) = await rows(database, ANA)
    assert (row.status, row.external_id, row.attempts, row.error) == ("sent", "id-1", 1, None)
    assert row.sent_at > NOW
    assert row.handed_at > NOW
    assert row.doubtful == 0


async def test_a_parcel_tells_the_gateway_of_the_row_the_language_and_the_last_message(
    database, sender
):
    (row_id,) = await queue(database, ANA, "hola")
    await change_account(database, ANA, last_inbound_at=NOW)
    async with running(make(database, sender)):
        await settle(database)
    (parcel,) = sender.parcels
    assert (parcel.row_id, parcel.language, parcel.last_inbound_at) == (row_id, "es", NOW)


async def test_whoever_queues_a_row_wakes_the_sender(database, sender):
    async with running(make(database, sender, poll=60)):
        await asyncio.sleep(0.7)  # PostgreSQL's lock is had by then
        await queue(database, ANA, "hola")
        await until(lambda: sender.sent, 5)
        await queue(database, ANA, "otra vez")
        await until(lambda: len(sender.sent) == 2, 5)


async def test_only_due_rows_of_its_own_channels_are_sent(database, sender):
    await queue(database, "0991", "hola", channel="whatsapp")
    await queue(database, LUIS, "luego", next_attempt_at=datetime(2126, 1, 1, tzinfo=UTC))
    await queue(database, ANA, "hola")
    async with running(make(database, sender)):
        await until(lambda: sender.sent)
        await asyncio.sleep(0.05)
    assert sender.sent == [(ANA, "hola")]


async def test_nothing_is_sent_inside_a_transaction(database):
    class Writer(FakeSender):
        async def send(self, parcel):
            async with asyncio.timeout(2):  # SQLite has one writer: any open one would block us
                await queue(database, LUIS, channel="console")
            return await super().send(parcel)

    await queue(database, ANA, "uno", "dos")
    async with running(make(database, Writer())):
        await settle(database)
    assert [row.attempts for row in await rows(database, ANA)] == [1, 1]


async def test_a_private_message_is_forgotten_once_it_is_sent(database, sender):
    await queue(database, ANA, "folio", body={"text": "AS-2026-00001", "private": True})
    async with running(make(database, sender)):
        await settle(database)
    assert sender.texts == ["AS-2026-00001"]
    assert [row.body for row in await rows(database, ANA)] == [{"text": ""}]


async def test_a_slow_send_does_not_hold_up_another(database):
    class Waiting(FakeSender):
        async def send(self, parcel):
            if parcel.address == ANA:
                await until(lambda: len(self.to(LUIS)) == 2, 10)
            return await super().send(parcel)

    sender = Waiting()
    await queue(database, ANA, "uno")
    await queue(database, LUIS, "dos", "tres")
    async with running(make(database, sender)):
        await settle(database)
    assert sender.texts == ["dos", "tres", "uno"]


async def test_a_conversation_deleted_meanwhile_harms_nothing(database, sender):
    class Deleting(FakeSender):
        async def send(self, parcel):
            if parcel.address == ANA:
                async with database.write() as session:
                    await session.execute(delete(Account).where(Account.address == ANA))
            return await super().send(parcel)

    await queue(database, ANA, "uno", "dos")
    await queue(database, LUIS, "tres")
    async with running(make(database, Deleting())):
        await settle(database)
    assert await statuses(database, ANA) == []
    assert await statuses(database, LUIS) == ["sent"]


async def test_stopping_finishes_what_is_under_way_and_starts_nothing_more(database):
    sender = FakeSender(slow={ANA: 0.2})
    await queue(database, ANA, "uno", "dos")
    for address in map(str, range(10)):
        await queue(database, address, "tres")
    async with running(make(database, sender, poll=60, rate=20)):
        await until(lambda: sender.calls[ANA])
    assert await statuses(database, ANA) == ["sent", "queued"]
    assert len(sender.sent) < 5
    everything = [await rows(database, str(n)) for n in range(10)]
    waiting = [row for (row,) in everything if row.status == "queued"]
    assert len(waiting) >= 6
    assert all(row.attempts == 0 for row in waiting)
    assert all(row.status != "sending" for (row,) in everything)


async def test_an_answer_that_was_lost_is_asked_for_again_for_a_reply_only(database, sender):
    sender.errors = {ANA: [AnswerLost("cut")], LUIS: [AnswerLost("cut")]}
    await queue(database, ANA, "respuesta")
    await queue(database, LUIS, "agenda", "otra", kind="broadcast")
    async with running(make(database, sender)):
        await settle(database)
    (reply,) = await rows(database, ANA)
    assert (reply.status, reply.doubtful, sender.calls[ANA]) == ("sent", 1, 2)
    assert await statuses(database, LUIS) == ["uncertain", "sent"]
    assert sender.to(LUIS) == ["otra"]


async def test_what_is_sent_at_the_same_time_is_recorded_together(database):
    class Together(FakeSender):
        async def send(self, parcel):
            external_id = await super().send(parcel)
            await until(lambda: len(self.sent) == 12, 10)
            return external_id

    for address in map(str, range(12)):
        private = {"body": {"text": "folio", "private": True}} if address > "5" else {}
        await queue(database, address, "hola", **private)
    together = Together()
    async with running(make(database, together, poll=60)):
        await settle(database)
    found = [(await rows(database, address))[0] for address in map(str, range(12))]
    assert [row.status for row in found] == ["sent"] * 12
    assert len({row.external_id for row in found}) == 12
    assert [row.body["text"] for row in found if row.address > "5"] == [""] * 4
    assert all(row.body["text"] == "hola" for row in found if row.address <= "5")
