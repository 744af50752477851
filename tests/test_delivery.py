"""Delivery: in order, paced, tried again, recorded; one citizen's trouble is never another's."""

import asyncio
import logging
import shutil
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from tenacity import wait_none

from bot.channels.telegram import Telegram
from bot.clock import make_clock
from bot.delivery import Delivery, Rejected, TemporaryFailure, Throttled, Undeliverable, backoff
from bot.messages import Outgoing
from storage.database import Database
from storage.migrate import upgrade
from storage.models import Account, Outbound
from storage.queries.conversations import lock_conversation
from tests.fakes.bot_api import BotApi, until

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
ANA, LUIS, EVA = "990001", "990002", "990003"


class FakeSender:
    """Keeps what it sent, and when; `errors` (by address) come first, one a call."""

    def __init__(self, slow=None):
        self.sent, self.times, self.errors, self.calls = [], [], {}, Counter()
        self.slow = slow or {}

    async def send(self, parcel):
        address, message = parcel.address, parcel.message
        self.calls[address] += 1
        await asyncio.sleep(self.slow.get(address, 0))
        if self.errors.get(address):
            raise self.errors[address].pop(0)
        self.sent.append((address, message.text))
        self.times.append(monotonic())
        return f"id-{len(self.sent)}"

    def to(self, address):
        return [text for receiver, text in self.sent if receiver == address]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    path = tmp_path_factory.mktemp("empty") / "somos.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def database(tmp_path, empty):
    database = Database(f"sqlite:///{shutil.copy(empty, tmp_path / 'somos.db')}")
    yield database
    await database.close()


@pytest.fixture
def sender():
    return FakeSender()


def make(database, sender, rate=10_000.0, chat_rate=10_000.0, **options):
    delivery = Delivery(
        database, make_clock(None), **{"poll": 0.01, "patience": 0.01, "attempts": 3, **options}
    )
    delivery.add("telegram", sender, rate, chat_rate)
    return delivery


@asynccontextmanager
async def running(delivery):
    stop = asyncio.Event()
    task = asyncio.create_task(delivery.run(stop))
    yield
    stop.set()
    async with asyncio.timeout(10):
        await task


async def queue(database, address, *texts, channel="telegram", **columns):
    """Rows of an address's conversation, which is made if it is new."""
    async with database.write() as session:
        talk = await lock_conversation(session, channel, address, NOW)
        for text in texts:
            row = {"status": "queued", "body": Outgoing(text).as_body(), "created_at": NOW}
            row |= {"channel": channel, "address": address, "conversation_id": talk.id}
            session.add(Outbound(**row | columns))


async def fetch(database, query):
    async with database.read() as session:
        return list((await session.execute(query)).scalars())


async def rows(database, address):
    query = select(Outbound).where(Outbound.address == address).order_by(Outbound.id)
    return await fetch(database, query)


async def statuses(database, address):
    return [row.status for row in await rows(database, address)]


async def settle(database, seconds=15.0):
    """Until nothing is waiting."""
    waiting = select(Outbound.id).where(Outbound.status.in_(("queued", "sending")))
    async with asyncio.timeout(seconds):
        while await fetch(database, waiting):  # noqa: ASYNC110 - rows wake nobody
            await asyncio.sleep(0.01)


async def test_a_queued_row_is_sent_and_recorded(database, sender):
    await queue(database, ANA, "hola")
    async with running(make(database, sender)):
        await settle(database)
    (row,) = await rows(database, ANA)
    assert (row.status, row.external_id, row.attempts, row.error) == ("sent", "id-1", 1, None)
    assert row.sent_at > NOW


async def test_a_notice_is_enough_to_send_at_once(database, sender):
    delivery = make(database, sender, poll=60)
    async with running(delivery):
        await asyncio.sleep(0.05)
        await queue(database, ANA, "hola")
        delivery.notify()
        await settle(database, 2)


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
        async def send(self, address, message):
            async with asyncio.timeout(2):  # SQLite has one writer: any open one would block us
                await queue(database, LUIS, channel="console")
            return await super().send(address, message)

    await queue(database, ANA, "uno", "dos")
    async with running(make(database, Writer())):
        await settle(database)
    assert [row.attempts for row in await rows(database, ANA)] == [1, 1]


async def test_one_conversation_is_sent_in_order_whatever_fails(database, sender):
    texts = [str(number) for number in range(8)]
    sender.errors[ANA] = [TemporaryFailure("later"), Throttled(0.02), TemporaryFailure("later")]
    await queue(database, ANA, *texts)
    async with running(make(database, sender)):
        await settle(database)
    assert sender.to(ANA) == texts


async def test_many_failing_conversations_do_not_hold_up_another(database, sender):
    for address in map(str, range(60)):  # more than one round looks at
        sender.errors[address] = [TemporaryFailure("later")]
        await queue(database, address, "uno", "dos")
    await queue(database, LUIS, "tres")
    async with running(make(database, sender, patience=60)):
        await until(lambda: sender.to(LUIS), 10)
    assert sender.sent == [(LUIS, "tres")]


async def test_a_slow_send_does_not_hold_up_another(database):
    sender = FakeSender(slow={ANA: 0.5})
    await queue(database, ANA, "uno")
    await queue(database, LUIS, "dos", "tres")
    async with running(make(database, sender)):
        await settle(database)
    assert [text for _, text in sender.sent] == ["dos", "tres", "uno"]


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


async def test_waiting_as_told_does_not_use_up_attempts(database, sender):
    sender.errors[ANA] = [Throttled(0.05)] * 5
    await queue(database, ANA, "uno")
    started = monotonic()
    async with running(make(database, sender)):
        await settle(database)
    (row,) = await rows(database, ANA)
    assert (row.status, row.attempts) == ("sent", 1)
    assert monotonic() - started > 5 * 0.05


async def test_a_throttled_chat_waits_alone(database, sender):
    sender.errors[ANA] = [Throttled(60)]
    await queue(database, ANA, "uno")
    await queue(database, LUIS, "dos", "tres")
    async with running(make(database, sender)):
        await until(lambda: sender.to(LUIS) == ["dos", "tres"])
    assert await statuses(database, ANA) == ["queued"]


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


async def test_a_blocked_account_is_closed_and_only_that_one(database, sender):
    sender.errors[ANA] = [Undeliverable("bot was blocked by the user")]
    await queue(database, ANA, "uno", "dos", "tres")
    await queue(database, LUIS, "cuatro")
    async with running(make(database, sender)):
        await settle(database)
    assert [(row.status, row.error) for row in await rows(database, ANA)] == [
        ("failed", "bot was blocked by the user")
    ] * 3
    assert sender.sent == [(LUIS, "cuatro")]
    assert await fetch(database, select(Account.address).where(Account.blocked)) == [ANA]


async def test_a_rejected_message_fails_alone(database, sender):
    sender.errors[ANA] = [Rejected("x" * 1000)]
    await queue(database, ANA, "uno", "dos")
    async with running(make(database, sender)):
        await settle(database)
    assert await statuses(database, ANA) == ["failed", "sent"]
    assert len((await rows(database, ANA))[0].error) == 300


async def test_a_crash_between_sending_and_its_record_sends_again(database, sender, caplog):
    class Dying(FakeSender):
        async def send(self, address, message):
            await super().send(address, message)
            await asyncio.sleep(60)

    dying = Dying()
    await queue(database, ANA, "uno", "dos")
    process = asyncio.create_task(make(database, dying).run(asyncio.Event()))
    await until(lambda: dying.sent)
    process.cancel()
    await asyncio.gather(process, return_exceptions=True)
    assert await statuses(database, ANA) == ["sending", "queued"]

    async with running(make(database, sender)):
        await settle(database)
    assert sender.to(ANA) == ["uno", "dos"]
    assert [row.attempts for row in await rows(database, ANA)] == [2, 1]
    assert "sending again what was cut short: channel=telegram rows=1" in caplog.text


async def test_a_row_that_breaks_the_process_each_time_comes_to_an_end(database, sender):
    await queue(database, ANA, "uno", status="sending", attempts=3)
    await queue(database, ANA, "dos")
    async with running(make(database, sender)):
        await settle(database)
    assert await statuses(database, ANA) == ["failed", "sent"]
    assert sender.to(ANA) == ["dos"]


class FlakyDatabase:
    """Loses the writes that `failing` names, counted from the first."""

    def __init__(self, database, failing):
        self.read, self.real_write = database.read, database.write
        self.failing, self.writes = failing, 0

    def write(self):
        self.writes += 1
        if self.writes in self.failing:
            raise OperationalError("UPDATE", {}, OSError("gone"))
        return self.real_write()


# Writes: 1 takes back what is stranded, 2 claims, 3 and its repetitions record.
@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ({1}, ["uno", "dos"]),
        ({2}, ["uno", "dos"]),
        ({3, 4}, ["uno", "dos"]),
        ({3, 4, 5, 6, 7}, ["uno", "uno", "dos"]),
    ],
    ids=["before", "claim", "record", "record for good"],
)
async def test_a_lost_database_loses_no_message(database, sender, failing, said, monkeypatch):
    monkeypatch.setattr(Delivery._record.retry, "wait", wait_none())
    await queue(database, ANA, "uno", "dos")
    async with running(make(FlakyDatabase(database, failing), sender)):
        await settle(database, 30)
    assert sender.to(ANA) == said


async def test_a_conversation_deleted_meanwhile_harms_nothing(database, sender):
    class Deleting(FakeSender):
        async def send(self, address, message):
            if address == ANA:
                async with database.write() as session:
                    await session.execute(delete(Account).where(Account.address == ANA))
            return await super().send(address, message)

    await queue(database, ANA, "uno", "dos")
    await queue(database, LUIS, "tres")
    async with running(make(database, Deleting())):
        await settle(database)
    assert await statuses(database, ANA) == []
    assert await statuses(database, LUIS) == ["sent"]


@pytest.mark.parametrize(
    ("chats", "pace"),
    [([ANA] * 12, {"chat_rate": 25}), (range(12), {"rate": 25})],
    ids=["chat", "channel"],
)
async def test_chats_and_channels_are_paced_without_a_burst(database, sender, chats, pace):
    for chat in chats:
        await queue(database, str(chat), "hola")
    async with running(make(database, sender, **pace)):
        await settle(database)
    assert len(sender.times) == 12
    assert sender.times[-1] - sender.times[0] >= 11 * 0.04 * 0.95


async def test_stopping_finishes_what_is_under_way_and_starts_nothing_more(database):
    sender = FakeSender(slow={ANA: 0.2})
    await queue(database, ANA, "uno", "dos")
    for address in map(str, range(10)):
        await queue(database, address, "tres")
    async with running(make(database, sender, poll=60, rate=20)):
        await until(lambda: sender.calls[ANA])
    assert await statuses(database, ANA) == ["sent", "queued"]
    assert len(sender.sent) < 5


def test_waits_grow_up_to_their_cap_and_differ():
    assert all(0.5 <= backoff(1) <= 1 for _ in range(50))
    assert all(8 <= backoff(3) <= 16 for _ in range(50))
    assert backoff(10_000, cap=30) <= 30
    assert len({backoff(5) for _ in range(10)}) > 1


@pytest.fixture
def api():
    with BotApi() as server:
        yield server


@pytest.fixture
async def telegram(api, database):
    unused = {"handle": None, "database": database, "notify": None, "commands": {},
              "bursts": Bursts(0, bool)}  # fmt: skip
    channel = Telegram("1:x", api.url, **unused)
    yield channel
    await channel.close()


async def test_telegram_is_sent_to_in_order_through_all_its_troubles(
    database, api, telegram, caplog
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="aiosqlite")  # its DEBUG is the rows themselves
    api.fail(429, chat=int(ANA), retry_after=0.3)
    api.fail(500, chat=int(ANA), skip=1)
    api.fail(403, chat=int(LUIS), skip=1)
    api.fail(0, chat=int(EVA))
    for address in (ANA, LUIS, EVA):
        await queue(database, address, *[f"secreto {number}" for number in range(3)])
    async with running(make(database, telegram)):
        await settle(database)
    said = {chat: [s.text for s in api.sent if s.chat == int(chat)] for chat in (ANA, LUIS, EVA)}
    everything = ["secreto 0", "secreto 1", "secreto 2"]
    assert said == {ANA: everything, LUIS: everything[:1], EVA: everything}
    assert await statuses(database, LUIS) == ["sent", "failed", "failed"]
    for private in ("secreto", ANA, LUIS, EVA):
        assert private not in caplog.text
