"""Engines and sessions for SQLite (one writer, WAL) and PostgreSQL, behind one small class."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, QueuePool, event, make_url, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from storage.queued import WatchedSession

RETURNING = 500  # looks, 10 ms apart

_ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def async_url(url: str) -> URL:
    """The URL with the async driver; the file's folder is made for SQLite."""
    parsed = make_url(url)
    parsed = parsed.set(drivername=_ASYNC_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("SQLite needs a file: use sqlite:///somos.db")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return parsed


def _sqlite_engine(url: URL, begin: str, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # SQLAlchemy emits BEGIN itself below; the driver must not.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


async def _all_returned(engine: AsyncEngine) -> None:
    # A cancelled session gives its connection back in a task of its own, which nobody waits for;
    # what is returned to a pool that was disposed of stays open.
    pool = engine.sync_engine.pool
    for _ in range(RETURNING):
        if not isinstance(pool, QueuePool) or not pool.checkedout():
            return
        await asyncio.sleep(0.01)


class Database:
    """Sessions for writing and for reading. Only the caller, at an edge, opens them.

    Its errors never quote parameters: those are what citizens said.
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = async_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # Several SQLite writers starve each other for seconds; a queue of one does not.
            self._writer = _sqlite_engine(
                self.url, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, pool_timeout=60
            )
            self._reader = _sqlite_engine(self.url, "BEGIN", pool_size=4)
        else:
            self._writer = create_async_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                hide_parameters=True,
            )
            self._reader = self._writer
        self._on_queued: list[Callable[[set[str]], None]] = []

    def is_missing_file(self) -> bool:
        """Whether it is a SQLite file that isn't there yet."""
        return self.is_sqlite and not Path(str(self.url.database)).exists()

    def on_queued(self, tell: Callable[[set[str]], None]) -> None:
        """Call `tell` with the channels after each commit that queued messages to send."""
        self._on_queued.append(tell)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back on any error."""
        async with AsyncSession(
            self._writer, expire_on_commit=False, sync_session_class=WatchedSession
        ) as session:
            async with session.begin():
                yield session
            if channels := session.info.get("queued"):
                for tell in self._on_queued:
                    tell(channels)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for looking only."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    def session_maker(self) -> async_sessionmaker[AsyncSession]:
        """For a library that opens its own sessions and commits them."""
        return async_sessionmaker(self._writer, expire_on_commit=False)

    async def close(self) -> None:
        """Give all connections back, also those of tasks that were cancelled a moment ago."""
        for engine in {self._writer, self._reader}:
            await _all_returned(engine)
            await engine.dispose()

    async def lock_for_set_up(self, session: AsyncSession) -> None:
        """One process at a time fills the tables."""
        await self.lock(session, 736874)

    async def lock(self, session: AsyncSession, key: int) -> None:
        """Until the transaction ends, nobody else has this lock; SQLite has one writer anyway."""
        if not self.is_sqlite:
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
