"""People for a broadcast in the soak: on both channels, with all that can go wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select

from storage.database import Database
from storage.models import Account, Citizen, Conversation, Subscription, Zone
from tests.conftest import NOW
from tests.fakes.bot_api import BotApi
from tests.fakes.graph_api import GraphApi
from tests.soak.script import address_of
from tests.support import national_id

TEMPLATE = "agenda"
FIRST = 200_000
BATCH = 2000
# The shares of those who blocked us, are unreachable, or are not in the template's language.
BLOCKED, CLOSED, LATE, ENGLISH, TWICE = 0.02, 0.25, 0.02, 0.05, 0.02


@dataclass(frozen=True)
class Person:
    """One account. `twin`: it is a second account of that other one's person. `is_blocked`: nothing
    reaches it. `window`: open, closed, or late (we think that it is open).
    """

    id: int
    channel: str
    address: str
    language: str
    window: str
    is_blocked: bool
    twin: int | None


def people(number: int, seed: int) -> Iterator[Person]:
    """So many persons, and some second accounts beside them."""
    dice = Random(seed)
    serial = FIRST
    for n in range(number):
        serial += 1
        channel = ("telegram", "whatsapp")[n % 2]
        yield _person(serial, channel, dice, None)
        if dice.random() < TWICE:
            first, serial = serial, serial + 1
            yield _person(serial, ("whatsapp", "telegram")[n % 2], dice, first)


def _person(serial: int, channel: str, dice: Random, twin: int | None) -> Person:
    window, drawn = "open", dice.random()
    if channel == "whatsapp" and drawn < CLOSED + LATE:
        window = "closed" if drawn < CLOSED else "late"
    language = "en" if dice.random() < ENGLISH else "es"
    is_blocked = dice.random() < BLOCKED
    return Person(serial, channel, address_of(channel, serial), language, window, is_blocked, twin)


async def store(database: Database, everybody: list[Person]) -> None:
    """Their accounts, subscriptions, and documents of those who have two accounts."""
    async with database.write() as session:
        zones = list((await session.execute(select(Zone.id))).scalars())
        for begin in range(0, len(everybody), BATCH):
            some = everybody[begin : begin + BATCH]
            for table, rows in _rows(some, zones):
                if rows:
                    await session.execute(insert(table), rows)


def _rows(some: list[Person], zones: list[int]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    ago = {"closed": timedelta(days=3), "open": timedelta(hours=1), "late": timedelta(hours=1)}
    yield Account, [
        {"id": p.id, "channel": p.channel, "address": p.address, "opted_out": False,
         "blocked": False, "created_at": NOW, "last_inbound_at": NOW - ago[p.window]}
        for p in some
    ]  # fmt: skip
    yield (
        Conversation,
        [
            {"account_id": p.id, "state": {}, "language": p.language, "updated_at": NOW}
            for p in some
        ],
    )
    yield Subscription, [
        {"account_id": p.id, "consent_words": "sí", "created_at": NOW,
         "zone_id": (None, *zones)[p.id % (len(zones) + 1)]}
        for p in some
    ]  # fmt: skip
    twins = {p.id: p.twin for p in some if p.twin}
    yield Citizen, [
        {"account_id": account, "is_holder": True, "full_name": "-", "phone": "-",
         "document_kind": "cedula", "document_number": national_id(first), "created_at": NOW}
        for second, first in twins.items()
        for account in (first, second)
    ]  # fmt: skip


def tell_gateways(everybody: list[Person], telegram: BotApi, whatsapp: GraphApi) -> None:
    """What the gateways know of them. The template is approved in Spanish alone."""
    whatsapp.add_template(TEMPLATE, 1)
    for person in everybody:
        if person.channel == "telegram" and person.is_blocked:
            telegram.blocked.add(int(person.address))
        if person.channel == "whatsapp":
            if person.is_blocked:
                whatsapp.block(person.address)
            if person.window == "open":
                whatsapp.open_window(person.address)
