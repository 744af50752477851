"""A SQLite database is served by one process; another that tries is told so, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from storage.database import async_url


class DatabaseInUseError(OSError):
    """Another process serves this database."""


@contextmanager
def sole_use(url: str) -> Iterator[None]:
    """Serve a database: alone if it is SQLite, however its process ends. Commands need not ask.

    Raises DatabaseInUseError.
    """
    parsed = async_url(url)
    if parsed.get_backend_name() != "sqlite":
        yield
        return
    # A lock of SQLite's own, on a file beside: it works wherever SQLite does, ends with its
    # process and isn't inherited by those that it starts.
    beside = f"{parsed.database}.in-use"
    with closing(sqlite3.connect(beside, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise DatabaseInUseError(
                f"another `somos run` uses {parsed.database}. Stop it first; to run several"
                " processes, set SOMOS_DATABASE_URL to a PostgreSQL database"
            ) from error
        yield
