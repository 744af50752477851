"""The books of a broadcast in the soak, made of its rows and of what the gateways received."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy import select

from bot.services.broadcasts import sheet
from storage.database import Database
from storage.models import Account, Broadcast
from storage.queries import sheets
from tests.fakes.journal import SENT, Entry
from tests.soak.audience import Person

Key = tuple[str, str]
# Of all people. Each kill leaves those whose turn was next, some 10 a channel, on a loaded SQLite
# more: most of them got nothing, but who could tell.
MOST_UNCERTAIN = 0.06


@dataclass(frozen=True)
class Line:
    """A person's line in the balance sheet."""

    account: int
    fate: str


@dataclass(frozen=True)
class Books:
    """All of one broadcast; `received`: how often each address got its words."""

    status: str
    sheet: sheet.Sheet
    lines: tuple[Line, ...]
    received: Counter[Key]
    people: tuple[Person, ...]


def received_of(channel: str, entries: Iterable[Entry], mark: str) -> Counter[Key]:
    """How often each address of a gateway got a text with the mark."""
    got = (e for e in entries if e.what == SENT and mark in json.dumps(e.payload))
    return Counter((channel, e.address) for e in got)


async def read(
    database: Database, broadcast: int, received: Counter[Key], people: list[Person]
) -> Books:
    """The books as the database has them."""
    at = {name: n for n, name in enumerate(sheets.LINE)}
    async with database.read() as session:
        found = await session.get(Broadcast, broadcast)
        assert found is not None
        lines = [
            Line(row[at["account_id"]], row[at["fate"]])
            async for row in sheets.lines(session, broadcast)
        ]
        balance = await sheet.balance(session, broadcast)
        known = {
            account: (channel, address)
            for account, channel, address in await session.execute(
                select(Account.id, Account.channel, Account.address)
            )
        }
    ours = [p for p in people if known.get(p.id) == (p.channel, p.address)]
    return Books(found.status, balance, tuple(lines), received, tuple(ours))


def problems_of(books: Books) -> list[str]:
    """What doesn't balance; empty where all does."""
    problems = [] if books.status == "done" else [f"it is {books.status}"]
    if not books.sheet.is_balanced:
        problems.append(f"the sheet does not add up: {books.sheet}")
    persons = {p.id: p.twin or p.id for p in books.people}
    addresses = {p.id: (p.channel, p.address) for p in books.people}
    if len(books.lines) != len(set(persons.values())):
        problems.append(f"{len(set(persons.values()))} persons, {len(books.lines)} lines")
    if len({persons.get(line.account) for line in books.lines}) != len(books.lines):
        problems.append("somebody stands there twice")
    totals = Counter("delivered" if x.fate in sheet.ARRIVED else x.fate for x in books.lines)
    if totals["delivered"] != books.sheet.total.delivered:
        problems.append("the sheet counts other than its lines")
    chosen = {addresses.get(line.account) for line in books.lines}
    problems += [f"{key} is no recipient" for key in books.received if key not in chosen]
    problems += [
        f"{line} got {got}"
        for line in books.lines
        if not _fits(line.fate, got := books.received[addresses.get(line.account, ("", ""))])
    ]
    if totals["uncertain"] > MOST_UNCERTAIN * len(books.lines):
        problems.append(f"{totals['uncertain']} uncertain are too many")
    return problems


def _fits(fate: str, got: int) -> bool:
    if fate in sheet.ARRIVED:
        return got == 1
    return got <= 1 if fate == "uncertain" else got == 0 and fate in ("failed", "skipped")


def show(books: Books) -> None:
    """The balance sheet."""
    names = ("intended", "delivered", "failed", "skipped", "uncertain", "waiting", "arrived")
    print(f"  {'':<12}" + "".join(f"{name:>11}" for name in names))
    for group, counts in {"all": books.sheet.total, **books.sheet.channels}.items():
        print(f"  {group:<12}" + "".join(f"{getattr(counts, n):>11}" for n in names))
    for fate, causes in books.sheet.causes.items():
        for cause, number in sorted(causes.items(), key=lambda c: -c[1]):
            print(f"    {fate}: {cause} {number}")
    twice = sum(n > 1 for n in books.received.values())
    print(f"  at the gateways {books.received.total()}, twice {twice}")


def unnoticed(books: Books, seed: int) -> list[str]:
    """Changes to balanced books that nobody would see; there must be none."""
    dice = Random(seed)
    return [name for name, spoil in SPOILS.items() if not problems_of(spoil(books, dice))]


def _any(books: Books, dice: Random, *fates: str) -> Line:
    return dice.choice([line for line in books.lines if line.fate in fates])


def _received(books: Books, dice: Random, by: int, *fates: str) -> Books:
    key = {p.id: (p.channel, p.address) for p in books.people}[_any(books, dice, *fates).account]
    changed = Counter(books.received)
    changed[key] += by
    return replace(books, received=changed)


def _lines(books: Books, change: Callable[[list[Line]], Any]) -> Books:
    lines = list(books.lines)
    change(lines)
    return replace(books, lines=tuple(lines))


SPOILS: dict[str, Callable[[Books, Random], Books]] = {
    "somebody got two": lambda b, d: _received(b, d, 1, *sheet.ARRIVED),
    "somebody got none": lambda b, d: _received(b, d, -1, *sheet.ARRIVED),
    "who failed got it": lambda b, d: _received(b, d, 1, "failed"),
    "a line is missing": lambda b, d: _lines(b, lambda x: x.pop()),
    "a line is doubled": lambda b, d: _lines(b, lambda x: x.append(x[0])),
    "a line for another": lambda b, d: _lines(b, lambda x: x.__setitem__(0, x[1])),
    "it never ended": lambda b, d: replace(b, status="sending"),
}
