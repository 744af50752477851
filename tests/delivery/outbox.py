"""What tests of delivery share: rows to send, a gateway that notes what it gets, waiting."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from sqlalchemy import select, update

from bot.clock import make_clock
from bot.delivery import Delivery
from bot.messages import Outgoing, Parcel
from storage.database import Database
from storage.leadership import Leadership
from storage.models import Account, Outbound
from storage.queries.conversations import lock_conversation

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
ANA, LUIS, EVA = "990001", "990002", "990003"
FAST = 10_000.0


class FakeSender:
    """Keeps what it sent, and when; `errors` (by address) come first, one a call."""

    def __init__(self, slow: dict[str, float] | None = None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.times: list[float] = []
        self.parcels: list[Parcel] = []
        self.errors: dict[str, list[Exception]] = {}
        self.calls: Counter[str] = Counter()
        self.slow = slow or {}

    async def send(self, parcel: Parcel) -> str:
        address = parcel.address
        self.calls[address] += 1
        await asyncio.sleep(self.slow.get(address, 0))
        if self.errors.get(address):
            raise self.errors[address].pop(0)
        self.sent.append((address, parcel.message.text))
        self.times.append(monotonic())
        self.parcels.append(parcel)
        return f"id-{len(self.sent)}"

    def to(self, address: str) -> list[str]:
        return [text for receiver, text in self.sent if receiver == address]

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.sent]


def make(
    database: Any, sender: Any, rate: float = FAST, chat_rate: float = FAST, **options: Any
) -> Delivery:
    """Delivery that looks often and waits little."""
    adding = {k: options.pop(k) for k in ("chat_burst", "proof") if k in options}
    options = {"poll": 0.01, "patience": 0.01, "attempts": 3, **options}
    leadership = options.pop("leadership", None) or Leadership(database)
    delivery = Delivery(database, make_clock(None), leadership, **options)
    delivery.add("telegram", sender, rate, chat_rate, **adding)
    return delivery


@asynccontextmanager
async def running(delivery: Delivery) -> AsyncIterator[None]:
    """The delivery at work; in the end it finishes what is under way."""
    stop = asyncio.Event()
    async with delivery._leadership:
        task = asyncio.create_task(delivery.run(stop))
        yield
        stop.set()
        async with asyncio.timeout(10):
            await task


async def queue(
    database: Database, address: str, *texts: str, channel: str = "telegram", **columns: Any
) -> list[int]:
    """Rows of an address's conversation, which is made if it is new; their ids."""
    async with database.write() as session:
        talk = await lock_conversation(session, channel, address, NOW)
        row = {"status": "queued", "created_at": NOW, "channel": channel, "address": address,
               "conversation_id": talk.id}  # fmt: skip
        new = [Outbound(**row | {"body": Outgoing(text).as_body()} | columns) for text in texts]
        session.add_all(new)
        await session.flush()
        return [r.id for r in new]


async def fetch(database: Database, query: Any) -> list[Any]:
    async with database.read() as session:
        return list((await session.execute(query)).scalars())


async def rows(database: Database, address: str) -> list[Outbound]:
    query = select(Outbound).where(Outbound.address == address).order_by(Outbound.id)
    return await fetch(database, query)


async def statuses(database: Database, address: str) -> list[str]:
    return [row.status for row in await rows(database, address)]


async def change_account(database: Database, address: str, **values: Any) -> None:
    async with database.write() as session:
        await session.execute(update(Account).where(Account.address == address).values(**values))


async def settle(database: Database, seconds: float = 15.0) -> None:
    """Until nothing is waiting."""
    waiting = select(Outbound.id).where(Outbound.status.in_(("queued", "sending")))
    async with asyncio.timeout(seconds):
        while await fetch(database, waiting):  # noqa: ASYNC110 - rows wake nobody
            await asyncio.sleep(0.01)
