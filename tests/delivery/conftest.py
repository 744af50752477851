"""Empty databases of both kinds, with the newest tables."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from storage.database import Database
from storage.migrate import upgrade
from tests.conftest import DATABASES, named
from tests.delivery.outbox import FakeSender


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "somos.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """A database's URL."""
    name = f"delivery_{uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    upgrade(named(postgresql, name))
    return named(postgresql, name)


@pytest.fixture
def postgresql_url(migrated_postgresql: str) -> str:
    """The same one each time, emptied: that is quicker than a new one."""
    with psycopg.connect(migrated_postgresql, autocommit=True) as connection:
        connection.execute("TRUNCATE account, audit, broadcast, zone, category CASCADE")
    return migrated_postgresql


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(empty_sqlite, tmp_path / 'somos.db')}"


@pytest_asyncio.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    yield database
    await database.close()


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()
