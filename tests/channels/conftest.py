"""A Bot API on loopback, and the Telegram channel with an inbox that remembers."""

import pytest

from bot.channels.telegram import Telegram
from storage.database import Database
from storage.migrate import upgrade
from tests.fakes.bot_api import BotApi

TOKEN = "123456:not-a-real-token"
MENU = {"es": {"ayuda": "Qué puedo hacer"}, "en": {"help": "What I can do"}}


class FakeInbox:
    """Remembers what it was given to store; fails `failures` times first."""

    def __init__(self) -> None:
        self.seen: list = []
        self.failures = 0

    async def store(self, messages):
        if self.failures and messages:
            self.failures -= 1
            raise RuntimeError(f"the database is away: {messages[0].text}")
        known = {m.external_id for m in self.seen}
        new = [m for m in messages if m.external_id not in known]
        self.seen += new
        return new

    @property
    def texts(self):
        return [incoming.text for incoming in self.seen]


@pytest.fixture(scope="session")
def bot_api_server():
    with BotApi() as server:
        yield server


@pytest.fixture
def api(bot_api_server):
    yield bot_api_server
    bot_api_server.clear()


@pytest.fixture
def inbox():
    return FakeInbox()


@pytest.fixture
async def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'somos.db'}"
    upgrade(url)
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def make_telegram(api, inbox, database):
    """Makes channels, and closes them afterwards."""
    made = []

    def make(**how):
        given = {"store": inbox.store, "database": database, "commands": MENU, "patience": 0.01}
        made.append(Telegram(TOKEN, how.pop("url", api.url), **(given | how)))
        return made[-1]

    yield make
    for channel in made:
        await channel.close()


@pytest.fixture
def telegram(make_telegram):
    return make_telegram()
