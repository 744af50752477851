"""The panel over a filled database, and colleagues of every role who are signed in."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.channels.previews import shown_on_channels
from bot.clock import Clock, make_clock
from bot.gateways import whatsapp_labels
from bot.panel.core import Sending
from bot.panel.mount import mount_panel
from bot.services import staff as services
from bot.services.staff import SignIn
from bot.settings import Settings
from responses.render import Renderer
from storage.database import Database
from tests.conftest import NOW, settings_for

APPROVAL_SIZE = 4
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
    labels = whatsapp_labels(renderer)
    sending = Sending(APPROVAL_SIZE, lambda m, lang: shown_on_channels(m, labels[lang]), "aviso")
    mount_panel(
        web, service.database, service.clock, renderer, settings=service.settings, sending=sending
    )
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


@pytest_asyncio.fixture
async def stranger(panel_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody signed in with."""
    async with browser(panel_app) as client:
        yield client
