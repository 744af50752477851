"""The same empty databases as delivery's, with two zones, and who works with them."""

import pytest
import pytest_asyncio

from responses.render import Renderer
from storage.database import Database
from tests.broadcasts.people import Stage, add_places
from tests.delivery.conftest import (  # noqa: F401
    database,
    empty_sqlite,
    migrated_postgresql,
    postgresql_url,
    sender,
    sqlite_url,
)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest_asyncio.fixture
async def stage(database: Database, renderer: Renderer) -> Stage:  # noqa: F811
    await add_places(database)
    return Stage(database, renderer)
