"""Receipts: in any order and however often, a message's fate never goes backwards."""

import itertools
from datetime import UTC, datetime

import pytest

from bot.delivery import Receipt, note_receipts
from tests.delivery.outbox import ANA, LUIS, FakeSender, make, queue, rows, running, settle

AT = datetime(2026, 1, 5, 16, tzinfo=UTC)


def receipt(status, row_id=None, external_id="wamid.1", channel="telegram", error=""):
    return Receipt(channel, external_id, row_id, status, AT, error)


async def note(database, *receipts):
    async with database.write() as session:
        return await note_receipts(session, receipts)


async def status_of(database, address=ANA):
    (row,) = await rows(database, address)
    return row.status


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
async def test_whatever_the_order_the_furthest_counts(database, order):
    await queue(database, ANA, "uno", status="sent", external_id="wamid.1")
    for status in order:
        await note(database, receipt(status))
    assert await status_of(database) == "read"
    assert await note(database, *map(receipt, order)) == 0


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ("sending", "sent", "sent"),
        ("sending", "failed", "failed"),
        ("uncertain", "sent", "sent"),
        ("uncertain", "failed", "failed"),
        ("sent", "failed", "failed"),
        ("delivered", "failed", "delivered"),
        ("read", "delivered", "read"),
        ("failed", "sent", "failed"),
        ("failed", "delivered", "delivered"),
        ("skipped", "read", "skipped"),
        ("queued", "delivered", "queued"),
    ],
)
async def test_each_receipt_moves_on_only_what_it_may(database, before, said, after):
    (row_id,) = await queue(database, ANA, "uno", status=before)
    await note(database, receipt(said, row_id))
    assert await status_of(database) == after


async def test_a_row_that_waits_in_doubt_was_sent_if_a_receipt_says_so(database, sender):
    (row_id,) = await queue(
        database, ANA, "uno", doubtful=1, body={"text": "folio", "private": True},
        next_attempt_at=datetime(2126, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    assert await note(database, receipt("sent", row_id)) == 1
    (row,) = await rows(database, ANA)
    assert (row.status, row.external_id, row.sent_at) == ("sent", "wamid.1", AT)
    assert (row.body, row.next_attempt_at) == ({"text": ""}, None)


async def test_a_failure_is_kept_with_its_reason(database):
    await queue(database, ANA, "uno", status="sent", external_id="wamid.1")
    await note(database, receipt("failed", error="131026 " + "x" * 400))
    (row,) = await rows(database, ANA)
    assert (row.status, len(row.error), row.error[:6]) == ("failed", 300, "131026")


async def test_strange_receipts_do_nothing(database):
    (row_id,) = await queue(database, ANA, "uno", status="sent", external_id="wamid.1")
    strange = [
        receipt("read", external_id="wamid.other"),
        receipt("read", channel="whatsapp"),
        receipt("read", row_id, channel="whatsapp"),
        receipt("read", 2**40, external_id="wamid.other"),
        receipt("read", -1, external_id="wamid.other"),
    ]
    assert await note(database, *strange) == 0
    assert await status_of(database) == "sent"


@pytest.mark.parametrize("said", ["delivered", "read", "failed"])
async def test_a_receipt_that_overtakes_the_gateways_answer_is_not_undone(database, said):
    class Overtaken(FakeSender):
        async def send(self, parcel):
            external_id = await super().send(parcel)
            await note(database, receipt(said, parcel.row_id, external_id))
            return external_id

    await queue(database, ANA, "uno")
    await queue(database, LUIS, "dos")
    async with running(make(database, Overtaken())):
        await settle(database)
    (row,) = await rows(database, ANA)
    assert (row.status, row.external_id is not None) == (said, True)
