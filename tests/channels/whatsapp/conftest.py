"""A webhook over SQLite and a Graph API on loopback; no test may reach further or tell secrets."""

import logging
import shutil
import socket
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from bot.channels.refusals import BodyLimit
from bot.channels.whatsapp import WhatsAppWebhook, make_router
from bot.channels.whatsapp_send import Account, WhatsAppSender
from bot.gateways import whatsapp_labels
from responses.render import Renderer
from storage.database import Database
from storage.migrate import upgrade
from tests.fakes.graph_api import GraphApi

CITIZEN = "593990000017"
VERIFY_TOKEN = "a-word-of-ours"
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """Whatever would leave this machine fails."""
    connect = socket.socket.connect

    def guarded(self, address):
        assert self.family == socket.AF_UNIX or address[0] in {"127.0.0.1", "::1"}, "left the host"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def discreet(caplog):
    """No secret, number or word of a citizen may be in the log, not even at DEBUG."""
    caplog.set_level(logging.DEBUG)
    yield
    secrets = (GraphApi.token, GraphApi.app_secret, VERIFY_TOKEN, CITIZEN, "secreto")
    told = [r.name for r in caplog.records if any(s in r.getMessage() for s in secrets)]
    assert told == []


@pytest.fixture(scope="module")
def server():
    with GraphApi() as server:
        yield server


@pytest.fixture
def graph(server):
    server.open_window(CITIZEN)
    yield server
    server.clear()


@pytest.fixture(scope="session")
def labels():
    return whatsapp_labels(Renderer())


@pytest.fixture
async def sender(graph, labels):
    account = Account(graph.token, graph.phone_id, graph.url, "aviso")
    sender = WhatsAppSender(account, labels, lambda: NOW)
    yield sender
    await sender.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A migrated SQLite file, to copy."""
    file = tmp_path_factory.mktemp("empty") / "somos.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
async def database(tmp_path, empty):
    shutil.copy(empty, tmp_path / "somos.db")
    database = Database(f"sqlite:///{tmp_path / 'somos.db'}")
    yield database
    await database.close()


class Kept:
    """An inbox that remembers what it was given, each message once; `away` fails that often."""

    def __init__(self):
        self.messages, self.shown, self.failures = [], [], []

    async def store(self, messages):
        if self.failures:
            raise self.failures.pop(0)
        known = {m.external_id for m in self.messages}
        new = [m for m in messages if m.external_id not in known]
        self.messages += new
        return new

    async def show_typing(self, wamid):
        self.shown.append(wamid)


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
async def webhook(kept, database):
    webhook = WhatsAppWebhook(
        GraphApi.app_secret, VERIFY_TOKEN, GraphApi.phone_id, database, kept.store, kept, "aviso"
    )
    yield webhook
    await webhook.close()


@pytest.fixture
async def client(webhook):
    app = FastAPI()
    app.add_middleware(BodyLimit)
    app.include_router(make_router(webhook))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://somos") as client:
        yield client
