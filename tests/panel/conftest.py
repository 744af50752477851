"""The panel over a filled database, and colleagues of every role who are signed in."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.app import showing
from bot.clock import Clock, make_clock
from bot.panel.mount import mount_panel
from bot.services import staff as services
from bot.services.staff import SignIn
from bot.settings import Settings
from responses.render import Renderer
from storage.database import Database
from tests.broadcasts.people import Stage
from tests.conftest import NOW, settings_for
from tests.process import free_port, start_somos, wait_until_ready

T = TypeVar("T")

ANA, LUZ = "ana@somos.invalid", "luz@somos.invalid"
APPROVAL_SIZE, SUBSCRIBERS = 4, 6
PASSWORD = "una clave larga 7"
ORIGIN = "http://panel.test"
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many hashes as tests need would take minutes at full strength."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(
        services, "_hasher", PasswordHasher(time_cost=1, memory_cost=32, parallelism=1)
    )


@dataclass(frozen=True)
class Desk:
    """What the panel works on; for the chat beside it take `bot.app.start`."""

    settings: Settings
    database: Database
    clock: Clock


@pytest_asyncio.fixture
async def service(tmp_path: Path, filled_sqlite: Path) -> AsyncIterator[Desk]:
    """A copy of the filled SQLite database: a whole service would take a second each time."""
    shutil.copy(filled_sqlite / "somos.db", tmp_path / "somos.db")
    settings = settings_for("", tmp_path)
    database = Database(settings.database)
    yield Desk(settings, database, make_clock(NOW))
    await database.close()


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """Reads all templates and translations, which takes as long as a test."""
    return Renderer()


@pytest.fixture
def panel_app(service: Desk, renderer: Renderer) -> FastAPI:
    web = FastAPI()
    few = {"broadcast_approval_size": APPROVAL_SIZE, "whatsapp_template": "aviso"}
    settings = service.settings.model_copy(update=few)
    mount_panel(web, service.database, service.clock, renderer, settings, showing(renderer))
    return web


def browser(app: FastAPI, token: str = "") -> httpx.AsyncClient:
    """A browser on the panel's own pages."""
    transport = httpx.ASGITransport(app=app)
    client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=SAME)
    if token:
        client.cookies.set("somos_staff", token, domain="panel.test", path="/panel")
    return client


async def add(service: Desk, role: str, now: datetime | None = None, **more: object) -> str:
    """An account of a role (its address), and a session of it: the token."""
    email = f"{role}@somos.invalid"
    now = now or service.clock()
    async with service.database.write() as session:
        await services.add_staff(session, now, "test", email, PASSWORD, role, **more)  # type: ignore[arg-type]
    return email


async def token_of(service: Desk, email: str, password: str = PASSWORD, code: str = "") -> str:
    async with service.database.write() as session:
        tried = SignIn(email, password, code, "127.0.0.1")
        token = await services.sign_in(session, service.clock(), tried)
    assert token is not None
    return token


@pytest_asyncio.fixture
async def signed_in(service: Desk, panel_app: FastAPI) -> AsyncIterator[Callable[..., object]]:
    """Makes a browser with a role's account signed in: `await signed_in("reviewer")`."""
    made: list[httpx.AsyncClient] = []

    async def make(role: str, **more: object) -> httpx.AsyncClient:
        client = browser(panel_app, await token_of(service, await add(service, role, **more)))
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: Playwright's has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass(frozen=True)
class Site:
    """The real process: where it answers, and the folder of its database."""

    url: str
    folder: Path


@pytest.fixture(scope="session")
def panel_site(filled_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all modules: an administrator, a colleague, and who wants to be told of all."""
    folder = tmp_path_factory.mktemp("panel")
    shutil.copytree(filled_sqlite, folder, dirs_exist_ok=True)
    apart(_add_people(folder))
    port = free_port()
    size = {"SOMOS_BROADCAST_APPROVAL_SIZE": str(APPROVAL_SIZE)}
    process = start_somos(folder, port, NOW, size)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield Site(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(timeout=20)


async def _add_people(folder: Path) -> None:
    database = Database(settings_for("", folder).database)
    async with database.write() as session:
        for email, role in ((ANA, "administrator"), (LUZ, "communications")):
            now, name = make_clock(NOW)(), email.partition("@")[0].capitalize()
            await services.add_staff(session, now, "test", email, PASSWORD, role, name,
                                     sees_sensitive=True)  # fmt: skip
    await Stage(database, Renderer(), now=NOW).people(SUBSCRIBERS)
    await database.close()


@pytest.fixture(scope="session")
def panel_folder(panel_site: Site) -> Path:
    """Where the real process keeps its database."""
    return panel_site.folder


@pytest.fixture(scope="session")
def panel_url(panel_site: Site) -> str:
    """Where the real process answers."""
    return panel_site.url


@pytest_asyncio.fixture
async def stage(service: Desk, renderer: Renderer) -> Stage:
    """People who are sent to, and staff who send, over the panel's own database and clock."""
    return Stage(service.database, renderer, now=NOW)


@pytest_asyncio.fixture
async def stranger(panel_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody signed in with."""
    async with browser(panel_app) as client:
        yield client
