"""`python -m tests.bench_broadcast` (part of `make bench`): a plan for 250,000 people.

Seconds and peak memory of planning, of queueing and counting, on SQLite and PostgreSQL.
"""

import asyncio
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from sqlalchemy import text

from bot.services.broadcasts import lifecycle, sending, sheet
from bot.services.broadcasts.content import Content, Item
from bot.services.broadcasts.lifecycle import By
from bot.services.broadcasts.segments import Segment, preview
from responses.render import Renderer
from storage.database import Database
from storage.migrate import upgrade
from storage.models import Zone
from tests.conftest import NOW
from tests.soak.books import postgresql

ZONES = 9
# Half of the people asked for several things; one in forty has a second account.
FILL = (
    """INSERT INTO account (id, channel, address, opted_out, blocked, created_at, last_inbound_at)
       SELECT n, CASE WHEN n % 2 = 0 THEN 'telegram' ELSE 'whatsapp' END, 'address ' || n,
              n % 50 = 0, n % 71 = 0, :now, :now FROM numbers""",
    """INSERT INTO conversation (id, account_id, state, language, updated_at)
       SELECT n, n, '{}', CASE WHEN n % 20 = 0 THEN 'en' ELSE 'es' END, :now FROM numbers""",
    """INSERT INTO subscription (account_id, zone_id, consent_words, created_at)
       SELECT n, CASE WHEN n % 4 = 0 THEN NULL ELSE 1 + n % 9 END, 'sí', :now FROM numbers""",
    """INSERT INTO subscription (account_id, zone_id, consent_words, created_at)
       SELECT n, 1 + (n + 1) % 9, 'sí', :now FROM numbers WHERE n % 4 > 1""",
    """INSERT INTO citizen (account_id, is_holder, full_name, document_kind, document_number, phone,
                            created_at)
       SELECT n, :yes, '-', 'cedula', CAST(n - n % 40 / 39 * 5 AS TEXT), '-', :now FROM numbers
       WHERE n % 5 = 4""",
)
NUMBERS = """WITH RECURSIVE numbers(n) AS
             (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :people) """


class Peak:
    """The most memory of this process, above what it had, while something runs."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self.most = self._process.memory_info().rss

    async def watch(self) -> None:
        while True:
            self.most = max(self.most, self._process.memory_info().rss)
            await asyncio.sleep(0.02)

    @property
    def megabytes(self) -> float:
        return (self.most - self._before) / 2**20


async def measured(name: str, act: Callable[[], Awaitable[object]]) -> None:
    """Do it; print its seconds and how much memory it took at most."""
    peak, begin = Peak(), time.perf_counter()
    watching = asyncio.create_task(peak.watch())
    try:
        await act()
    finally:
        watching.cancel()
    seconds = time.perf_counter() - begin
    print(f"{name:<42} {seconds:8.2f} s  {peak.megabytes:+8.1f} MB", flush=True)


async def fill(database: Database, people: int) -> None:
    """So many accounts with their wishes; some persons have two."""
    async with database.write() as session:
        for number in range(1, ZONES + 1):
            session.add(Zone(id=number, slug=f"zone-{number}", name="-", short_name=f"Z{number}",
                             code="-", beneficiary_target=1, target_year=2026))  # fmt: skip
        await session.flush()
        for statement in FILL:
            into, _, rows = statement.partition("SELECT")
            query = text(f"{NUMBERS}{into} SELECT {rows}")
            given = {"people": people, "now": NOW.isoformat(sep=" "), "yes": True}
            named = {k: v for k, v in given.items() if f":{k}" in str(query)}
            await session.execute(query, named)


def content() -> Content:
    """A week's agenda of 40 lines."""
    items = tuple(
        Item(f"2026-12-{7 + n % 7:02}", {"es": f"- 10:00 Feria {n}"}, (f"zone:zone-{1 + n % 9}",))
        for n in range(40)
    )
    return Content({"es": "Agenda", "en": "Agenda"}, items)


async def measure(name: str, url: str, people: int) -> None:
    """Fill, preview, plan, queue, count."""
    upgrade(url)
    database, renderer = Database(url), Renderer()
    await fill(database, people)
    segment, by = Segment(("all", "zone:*")), By("ana", NOW)

    async def look() -> None:
        async with database.read() as session:
            await preview(session, segment)

    async def plan() -> None:
        async with database.write() as session:
            await sending.begin(session, renderer, new.id, NOW, 10**9)

    async def queue() -> None:
        async with database.write() as session:
            await sending.feed(session, new.id, NOW)

    async def count() -> None:
        async with database.read() as session:
            found = await sheet.balance(session, new.id)
            if not found.is_balanced:
                raise AssertionError(found)
            print(f"  {found.planned} people, {len(found.reasons)} reasons")

    await measured(f"{name}: count and ten samples", look)
    async with database.write() as session:
        new = await lifecycle.create(session, by, "agenda", "-", segment, content())
        await lifecycle.submit(session, new.id, by, NOW, 10**9)
    await measured(f"{name}: plan for {people}", plan)
    await measured(f"{name}: queue the first of them", queue)
    await measured(f"{name}: balance sheet", count)
    await database.close()


def main() -> int:
    """Measure in a throwaway folder."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=250_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(measure("SQLite", f"sqlite:///{folder / 'somos.db'}", people))
        (folder / "server").mkdir(mode=0o700)
        with postgresql(folder / "server") as server:
            asyncio.run(measure("PostgreSQL", server, people))
    return 0


if __name__ == "__main__":
    sys.exit(main())
