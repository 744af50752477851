"""Turns a second over the inbox, and what its database alone can write in the same run.

"Alone": the very statements of the same turns, recorded, and run again on a fresh copy through the
bare driver in the same transactions: no understanding, no dialogue, no ORM. It is the ceiling.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import Service, start
from bot.clock import make_clock
from bot.dialogue.inbox import AT_ONCE, Inbox
from bot.messages import Incoming
from storage.database import Database
from storage.queries.inbox import inbox_size
from tests.conftest import settings_for

SAID = (
    "hola", "¿qué casas hay en la Manuela Sáenz?", "cocina los sábados en el sur", "1",
    "cuánto cuesta", "qué hay este fin de semana", "cuándo pagan el bono", "gracias",
)  # fmt: skip
PEOPLE = 32
ROUNDS = 3
MESSAGES = PEOPLE * ROUNDS * len(SAID)
WARM_UP = "warm-up"


@dataclass
class Recording:
    """The transactions that wrote, each with its statements as the driver got them."""

    transactions: list[list[tuple[str, Any]]] = field(default_factory=list)
    _open: dict[int, list[tuple[str, Any]]] = field(default_factory=dict)

    def of(self, engine: AsyncEngine) -> None:
        """Begin to record."""
        target = engine.sync_engine
        event.listen(target, "before_cursor_execute", self._statement)
        event.listen(target, "commit", self._commit)
        event.listen(target, "rollback", lambda connection: self._open.pop(id(connection), None))

    def _statement(self, connection, _cursor, statement, parameters, _context, is_many) -> None:
        kept = self._open.setdefault(id(connection), [])
        kept.extend((statement, p) for p in (parameters if is_many else [parameters]))

    def _commit(self, connection) -> None:
        kept = self._open.pop(id(connection), [])
        if any(not s.lstrip().upper().startswith(("SELECT", "BEGIN")) for s, _ in kept):
            self.transactions.append([one for one in kept if one[0] not in BEGINS])


BEGINS = ("BEGIN", "BEGIN IMMEDIATE")


async def fill_inbox(service: Service) -> None:
    """Every message stored, waiting for its turn."""
    inbox = Inbox(service.turns, make_clock(None), 0)
    messages = [
        Incoming("telegram", f"9{person}", f"{person}/{number}", said, order=number)
        for number, said in enumerate(SAID * ROUNDS)
        for person in range(PEOPLE)
    ]
    for at in range(0, MESSAGES, 64):
        await inbox.store(messages[at : at + 64])


async def drain(service: Service) -> float:
    """Give all turns; seconds that it took."""
    inbox, stop, begin = Inbox(service.turns, make_clock(None), 0), asyncio.Event(), 0.0
    begin = time.perf_counter()
    running = asyncio.create_task(inbox.run(stop))
    while await waiting(service.database):  # noqa: ASYNC110 - other processes take from it too
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - begin
    stop.set()
    await running
    return seconds


async def waiting(database: Database) -> int:
    """How many messages wait."""
    async with database.read() as session:
        return (await inbox_size(session, make_clock(None)()))[0]


async def recorded(url: str, folder: Path) -> tuple[Recording, float]:
    """Turns in this process with every statement kept, and turns a second meanwhile."""
    service = await start(settings_for(url, folder))
    recording = Recording()
    recording.of(service.database._writer)
    seconds = await drain(service)
    await service.database.close()
    return recording, MESSAGES / seconds


async def one_process(url: str, folder: Path) -> float:
    """Turns a second in this process."""
    service = await start(settings_for(url, folder))
    await service.turns.handle(Incoming("rest", WARM_UP, WARM_UP, SAID[2]))
    seconds = await drain(service)
    await service.database.close()
    return MESSAGES / seconds


def several_processes(url: str, folder: Path, count: int) -> float:
    """Turns a second of so many processes, which begin together once all are ready."""
    command = [sys.executable, "-m", "tests.bench_turns", url, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    workers = [subprocess.Popen(command, text=True, **pipes) for _ in range(count)]  # type: ignore[call-overload]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    begin = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    ends = [json.loads(worker.stdout.readline()) for worker in workers]
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.wait(30)
    assert all(ends)
    return MESSAGES / seconds


def replay_sqlite(path: Path, recording: Recording) -> float:
    """Turns a second of SQLite alone: one connection, as the service writes."""
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    begin = time.perf_counter()
    for transaction in recording.transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, parameters in transaction:
            connection.execute(statement, parameters).fetchall()
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begin
    connection.close()
    return MESSAGES / seconds


def replay_postgresql(url: str, recording: Recording, at_once: int = AT_ONCE) -> float:
    """Turns a second of PostgreSQL alone, with as many connections as the service has at once."""
    import psycopg

    connections = [psycopg.connect(url) for _ in range(at_once)]

    def run(number: int) -> None:
        connection = connections[number]
        for transaction in recording.transactions[number::at_once]:
            for statement, parameters in transaction:
                cursor = connection.execute(statement, parameters)
                if cursor.description:
                    cursor.fetchall()
            connection.commit()

    begin = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        for _ in threads.map(run, range(at_once)):
            pass
    seconds = time.perf_counter() - begin
    for connection in connections:
        connection.close()
    return MESSAGES / seconds


def shape(recording: Recording) -> str:
    """Transactions and statements for a turn."""
    statements = sum(map(len, recording.transactions)) / MESSAGES
    return f"{len(recording.transactions) / MESSAGES:.1f} transactions, {statements:.1f} statements"


async def work(url: str, folder: Path) -> None:
    """A process among several: waits for its word, gives turns until none waits."""
    service = await start(settings_for(url, folder))
    await service.turns.handle(Incoming("console", WARM_UP, f"{id(service)}", SAID[2]))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(await drain(service)), flush=True)
    await service.database.close()


async def measure_turns(
    copies: Callable[[], tuple[str, Path]], processes: int, is_sqlite: bool
) -> None:
    """Print turns a second of one and of several processes, each on a fresh copy."""
    url, folder = copies()
    recording, rate = await recorded(url, folder)
    rates = {"one process": await one_process(*copies())}
    if processes > 1:
        rates[f"{processes} processes"] = await asyncio.to_thread(
            several_processes, *copies(), processes
        )
    url, _ = copies()
    if is_sqlite:
        alone = replay_sqlite(Path(url.removeprefix("sqlite:///")), recording)
    else:
        alone = await asyncio.to_thread(replay_postgresql, url, recording)
    name = "SQLite" if is_sqlite else "PostgreSQL"
    print(f"{name}, a turn: {shape(recording)}")
    print(f"{name + ' alone: turns a second':<42} {alone:8.0f}")
    for how, rate in rates.items():
        print(f"{f'{name}, {how}: turns a second':<42} {rate:8.0f}   {rate / alone:.0%} of alone")


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2])))
