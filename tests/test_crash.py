"""Killed at random moments: the books balance, and they would notice if they didn't.

A small trial of `make soak`, on SQLite and on PostgreSQL with two processes.
"""

from pathlib import Path

import pytest

from bot.settings import Settings
from tests.soak.balance import problems_of
from tests.soak.tampering import unnoticed
from tests.soak.trial import Outcome, Plan, run

KILLS = 2
SEED = 20261121


@pytest.fixture
def plan(data: Settings, tmp_path: Path) -> Plan:
    is_sqlite = data.database.startswith("sqlite")
    return Plan(
        name="small", url=data.database, folder=tmp_path, processes=1 if is_sqlite else 2,
        kills=KILLS, conversations=3, polling=is_sqlite, burst=0.3, shuffle=not is_sqlite,
        seed=SEED,
    )  # fmt: skip


async def test_nothing_is_lost_or_done_twice_whoever_is_killed_when(plan: Plan) -> None:
    outcome = await run(plan)
    assert problems_of(outcome.ledger) == []
    assert is_worth_something(outcome)
    assert unnoticed(outcome.ledger, SEED) == []


def is_worth_something(outcome: Outcome) -> bool:
    """Processes died, and everybody said something meanwhile."""
    channels = {row.channel for row in outcome.ledger.inbound}
    return outcome.kills >= KILLS and channels == {"telegram", "whatsapp", "rest"}
