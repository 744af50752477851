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
def empty_postgresql(postgresql: str) -> tuple[str, str]:
    """The server's URL and the name of a database to copy."""
    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    upgrade(named(postgresql, name))
    return postgresql, name


@pytest.fixture
def postgresql_url(empty_postgresql: tuple[str, str]) -> str:
    server, source = empty_postgresql
    name = f"delivery_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return named(server, name)


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
