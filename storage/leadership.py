"""Which of several processes does what only one may do: send on a channel, poll, run jobs.

On PostgreSQL a name belongs to the session that has its advisory lock, so it is free again as soon
as its process dies. On SQLite there is one process (`storage/sole_use.py`), and all is its own.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any
from zlib import crc32

import psycopg
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database

log = logging.getLogger(__name__)
TOPIC = "somos_outbound"
LOCKS = 736875  # the first half of the key of each of our locks
LOOK_EVERY = 0.5  # seconds
# Who didn't hear from the server for so long stops, well before the server gives its locks away.
FRESH = 5.0
Work = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
SESSION = {
    "idle_session_timeout": "15s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
CONNECTING = {"autocommit": True, "connect_timeout": 5, "keepalives_idle": 5,
              "keepalives_interval": 2, "keepalives_count": 3}  # fmt: skip


class Leadership:
    """Competes for names and holds those that it got, while it is entered (`async with`).

    Its connection also hears, through `listen`, what other processes `tell`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._terms: dict[str, int] = {}
        self._held: set[str] = set()
        self._seen = 0.0
        self._changed: list[Callable[[], None]] = []
        self._listeners: list[Callable[[str], None]] = []
        self._untold: set[str] = set()
        self._to_tell = asyncio.Event()

    def compete(self, name: str, changed: Callable[[], None] = lambda: None) -> None:
        """Try to get a name, from now on; `changed` is called when any is gained or lost."""
        self._terms.setdefault(name, 0)
        self._changed.append(changed)

    def listen(self, hear: Callable[[str], None]) -> None:
        """Have `hear` called with each word of another process."""
        self._listeners.append(hear)

    def holds(self, name: str) -> bool:
        """Whether this process may do now what `name` stands for."""
        return self.term(name) > 0

    def term(self, name: str) -> int:
        """How often the name was gained, if it is held now; else 0."""
        if self._database.is_sqlite:
            return 1
        is_fresh = monotonic() - self._seen < FRESH
        return self._terms[name] if is_fresh and name in self._held else 0

    def tell(self, word: str) -> None:
        """Say something to the other processes, soon; it may be lost."""
        if not self._database.is_sqlite:
            self._untold.add(word)
            self._to_tell.set()

    async def while_held(self, name: str, work: Work, stop: asyncio.Event) -> None:
        """Run `work` while this process holds the name. The event that `work` gets is set when it
        is lost, or at `stop`; a name that is gained again begins it again.
        """
        self.compete(name)
        stopped = asyncio.create_task(stop.wait())
        while not stop.is_set():
            if self.holds(name):
                ended = asyncio.Event()
                working = asyncio.create_task(work(ended))
                while self.holds(name) and not (stop.is_set() or working.done()):
                    await asyncio.wait([working, stopped], timeout=LOOK_EVERY,
                                       return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
                ended.set()
                await working
            await asyncio.wait([stopped], timeout=LOOK_EVERY)

    async def __aenter__(self) -> "Leadership":
        self._tasks = (
            []
            if self._database.is_sqlite
            else [asyncio.create_task(self._compete()), asyncio.create_task(self._tell())]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _compete(self) -> None:
        while True:
            try:
                async with self._connection() as connection:
                    await connection.execute(f"LISTEN {TOPIC}".encode())
                    while True:
                        await self._gain(connection)
                        await self._hear(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.error("leadership: connection lost: %s", type(error).__name__)
            finally:
                self._lose_all()
            await asyncio.sleep(LOOK_EVERY)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        _, options = self._database.url.get_dialect()().create_connect_args(self._database.url)
        connection = await psycopg.AsyncConnection.connect(**{**options, **CONNECTING})
        try:
            for name, value in SESSION.items():
                await connection.execute("SELECT set_config(%s, %s, false)", (name, value))
            yield connection
        finally:
            await connection.close()

    async def _gain(self, connection: psycopg.AsyncConnection) -> None:
        """Take the names that nobody has; by the way, see that the session lives."""
        wanted = {_key(name): name for name in self._terms if name not in self._held}
        query = "SELECT key FROM unnest(%s::int[]) AS key WHERE pg_try_advisory_lock(%s, key)"
        asked = monotonic()
        async with asyncio.timeout(FRESH):
            found = await connection.execute(query, (list(wanted), LOCKS))
            gained = [wanted[key] for (key,) in await found.fetchall()]
        was_fresh = asked - self._seen < FRESH
        self._seen = asked
        for name in gained:
            self._terms[name] += 1
            log.info("leadership: %s is ours", name)
        self._held.update(gained)
        if gained or not was_fresh:
            self._say_changed()

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        async for notice in connection.notifies(timeout=LOOK_EVERY):
            for hear in self._listeners:
                hear(notice.payload)

    def _lose_all(self) -> None:
        if self._held:
            self._held.clear()
            self._say_changed()

    def _say_changed(self) -> None:
        for changed in self._changed:
            changed()

    async def _tell(self) -> None:
        # Not in the transaction that queues rows: NOTIFY makes all commits wait for each other.
        # Should a word be lost, the one who sends looks by itself within a second.
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            words, self._untold = self._untold, set()
            with suppress(SQLAlchemyError):
                async with self._database.write() as session:
                    for word in words:
                        await session.execute(select(func.pg_notify(TOPIC, word)))


def _key(name: str) -> int:
    """A name's half of the lock's key, which PostgreSQL wants signed."""
    number = crc32(name.encode())
    return number - 2**32 if number >= 2**31 else number
