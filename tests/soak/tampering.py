"""Books that can't fail prove nothing: each of these changes to a ledger must be noticed."""

from collections.abc import Callable
from copy import deepcopy
from random import Random

from tests.soak.balance import problems_of
from tests.soak.ledger import Ledger


def _drop(rows: list[object], dice: Random) -> None:
    del rows[dice.randrange(len(rows))]


def _double(rows: list[object], dice: Random) -> None:
    at = dice.randrange(len(rows))
    rows.insert(at, deepcopy(rows[at]))


def _swap(ledger: Ledger, dice: Random) -> None:
    """A reply overtakes the one before."""
    entries = dice.choice([e for e in ledger.sent.values() if e])
    last = entries[-1]
    earlier = [i for i, e in enumerate(entries) if e.address == last.address][-2]
    entries[-1], entries[earlier] = entries[earlier], last


def _lose(ledger: Ledger, dice: Random) -> None:
    """A message that a row is proud of isn't at the gateway."""
    entries = dice.choice([e for e in ledger.sent.values() if e])
    recorded = {row.external_id for row in ledger.outbound}
    entries.remove(dice.choice([e for e in entries if e.id in recorded]))


def _undo_doubt(ledger: Ledger, dice: Random) -> None:
    """A message arrives twice and no row is in doubt."""
    entries = dice.choice([e for e in ledger.sent.values() if e])
    _double(entries, dice)
    for row in ledger.outbound:
        row.doubtful = 0


def _set(rows: list[object], dice: Random, **values: object) -> None:
    for name, value in values.items():
        setattr(dice.choice(rows), name, value)


TAMPERINGS: dict[str, Callable[[Ledger, Random], None]] = {
    "an inbound row removed": lambda book, dice: _drop(book.inbound, dice),
    "an inbound row doubled": lambda book, dice: _double(book.inbound, dice),
    "a message still waiting": lambda book, dice: _set(book.inbound, dice, status="waiting"),
    "a message failed": lambda book, dice: _set(book.inbound, dice, status="failed"),
    "an outbound row removed": lambda book, dice: _drop(book.outbound, dice),
    "an enrolment removed": lambda book, dice: _drop(book.enrollments, dice),
    "an enrolment doubled": lambda book, dice: _double(book.enrollments, dice),
    "a report removed": lambda book, dice: _drop(book.reports, dice),
    "a report doubled": lambda book, dice: _double(book.reports, dice),
    "a reply that never arrived": _lose,
    "replies in another order": _swap,
    "a double that nobody explains": _undo_doubt,
}


def unnoticed(ledger: Ledger, seed: int) -> list[str]:
    """The changes that the books don't notice; a ledger that balances must notice all."""
    missed = []
    for number, (name, change) in enumerate(TAMPERINGS.items()):
        changed = deepcopy(ledger)
        change(changed, Random(seed + number))
        if not problems_of(changed):
            missed.append(name)
    return missed
