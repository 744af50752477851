"""Several processes on one PostgreSQL: one sends on a channel, another takes over when it dies."""

import asyncio
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from storage.database import Database
from storage.leadership import Leadership
from tests.delivery.outbox import ANA, EVA, LUIS, FakeSender, make, queue, rows, running, settle
from tests.fakes.bot_api import until

SECONDS = 30.0


@pytest.fixture
async def shared(postgresql_url):
    database = Database(postgresql_url)
    yield database
    await database.close()


@pytest.fixture
def holder(postgresql_url, tmp_path):
    said = tmp_path / "said"
    said.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.delivery.holder", postgresql_url, str(said)],
        cwd=Path(__file__).parents[2],
    )
    yield process, said
    process.kill()
    process.wait(10)


async def test_another_takes_over_from_a_process_that_was_killed(shared, holder, caplog):
    process, said = holder
    await queue(shared, ANA, "first")
    await until(lambda: said.read_text() == "first\n", SECONDS)
    ours = FakeSender()
    async with running(make(shared, ours)):
        # It sends what another process queued, without looking by itself (it polls each minute).
        await asyncio.sleep(0.6)
        await queue(shared, ANA, "hang reply")
        await queue(shared, LUIS, "hang agenda", kind="broadcast")
        await until(lambda: "reply" in said.read_text() and "agenda" in said.read_text(), SECONDS)
        assert ours.sent == []
        process.kill()
        process.wait(10)
        await queue(shared, EVA, "later")
        await settle(shared, SECONDS)
    assert sorted(ours.texts) == ["hang reply", "later"]
    first, reply = await rows(shared, ANA)
    assert (first.external_id, first.doubtful) == (f"holder-{first.id}", 0)
    assert (reply.status, reply.doubtful, reply.attempts) == ("sent", 1, 2)
    assert [row.status for row in await rows(shared, LUIS)] == ["uncertain"]


async def test_two_senders_share_the_work_of_none(shared):
    """Whoever leads, each row is handed over once."""
    one, other = FakeSender(), FakeSender()
    async with running(make(shared, one)), running(make(shared, other)):
        for number in range(20):
            await queue(shared, str(number), "hola")
        await settle(shared, SECONDS)
    assert sorted([len(one.sent), len(other.sent)]) == [0, 20]


async def test_who_loses_the_connection_stops_until_the_name_is_gained_again(shared):
    changes = []
    async with Leadership(shared) as leadership:
        leadership.compete("sun", lambda: changes.append(leadership.term("sun")))
        await until(lambda: leadership.holds("sun"), SECONDS)
        end_leaders(shared)
        await until(lambda: 0 in changes, SECONDS)
        await until(lambda: leadership.term("sun") == 2, SECONDS)
    assert changes == [1, 0, 2, 0]


async def test_a_name_is_held_by_one_and_free_when_it_leaves(shared):
    async with Leadership(shared) as waiting:
        waiting.compete("sun")
        waiting.compete("moon")
        await until(lambda: waiting.holds("sun") and waiting.holds("moon"), SECONDS)
        async with Leadership(shared) as later:
            later.compete("sun")
            await asyncio.sleep(1.2)
            assert not later.holds("sun")
            await waiting.__aexit__()
            await until(lambda: later.holds("sun"), SECONDS)


async def test_who_heard_nothing_for_too_long_no_longer_holds(shared, monkeypatch):
    async with Leadership(shared) as leadership:
        leadership.compete("sun")
        await until(lambda: leadership.holds("sun"), SECONDS)
        monkeypatch.setattr("storage.leadership.FRESH", 0)
        assert not leadership.holds("sun")


async def test_work_that_only_one_may_do_moves_to_another(shared):
    stop, at_work = asyncio.Event(), []

    async def work_of(name, ended):
        at_work.append(name)
        await ended.wait()
        at_work.remove(name)

    async with Leadership(shared) as one, Leadership(shared) as other:
        tasks = [
            asyncio.create_task(
                leadership.while_held("poll", lambda ended, n=name: work_of(n, ended), stop)
            )
            for name, leadership in (("one", one), ("other", other))
        ]
        await until(lambda: at_work, SECONDS)
        (first,) = at_work
        await (one if first == "one" else other).__aexit__()
        await until(lambda: at_work and at_work != [first], SECONDS)
        stop.set()
        await asyncio.gather(*tasks)
    assert at_work == []


def end_leaders(database: Database) -> None:
    """Cut the connections that hold advisory locks."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
