"""A SQLite database is served by one `somos run`; a second one is refused and told what to do."""

import sqlite3
import subprocess
import sys

import pytest

from storage.sole_use import DatabaseInUseError, sole_use


def serve(url: str) -> "subprocess.Popen[str]":
    """A process that serves the database until it is killed; it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, time\nfrom storage.sole_use import sole_use\n"
         "with sole_use(sys.argv[1]):\n    print('on', flush=True)\n    time.sleep(60)", url],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    return process


def test_a_second_process_is_refused_until_the_first_is_gone(sqlite_url):
    first = serve(sqlite_url)
    try:
        refused = pytest.raises(DatabaseInUseError, match="SOMOS_DATABASE_URL to a PostgreSQL")
        with refused, sole_use(sqlite_url):
            pass
        # Commands that only look or export still may.
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
            connection.execute("SELECT count(*) FROM outbound")
        connection.close()
    finally:
        first.kill()
        first.wait(10)
        first.stdout.close()
    with sole_use(sqlite_url):
        pass


def test_a_postgresql_database_may_be_shared():
    url = "postgresql://nobody@nowhere/nothing"
    with sole_use(url), sole_use(url):
        pass
