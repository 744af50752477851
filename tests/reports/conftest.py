"""Reports as citizens make them in a chat, for staff to review."""

import shutil
from types import SimpleNamespace

import pytest
import pytest_asyncio

from bot.app import make_engine
from bot.clock import make_clock
from bot.dialogue.turn import Turns
from bot.messages import Incoming
from bot.services.reporting import Said, record
from bot.services.suggesting import details_of, read_report
from responses.render import Renderer
from storage.database import Database
from storage.queries.conversations import lock_conversation
from storage.queries.reports import Sight, visible_report
from tests.conftest import NOW, settings_for

ALL = Sight(sensitive=True)
STAFF = "ana@quito.example"


class Town:
    """Citizens of a running service."""

    def __init__(self, service):
        self.service = service
        self.count = 0

    async def report(self, words, place=None, kind="alert", channel="telegram", sender="0991",
                     anonymous=False):  # fmt: skip
        """A report, recorded as the action does; returns its folio."""
        service = self.service
        found = details_of(service.turns.interpreter.finder.gazetteers, f"{words} {place or ''}")
        said = Said(kind, words, place or found.get("place"), found.get("neighbourhood"),
                    found.get("zone"), found["institution"], found.get("service"),
                    found.get("theme"))  # fmt: skip
        now = service.clock()
        async with service.database.write() as session:
            conversation = await lock_conversation(session, channel, sender, now)
            account = None if anonymous else conversation.account_id
            reading = read_report(service.turns.interpreter, words, kind)
            report = await record(session, said, account, now, channel, reading)
        return report.folio

    async def do(self, act, folio, *args, **kwargs):
        """One decision of staff on a report."""
        async with self.service.database.write() as session:
            report = await visible_report(session, ALL, folio, lock=True)
            result = act(session, report, *args, STAFF, self.service.clock(), **kwargs)
            if hasattr(result, "__await__"):
                await result

    async def get(self, folio):
        async with self.service.database.read() as session:
            return await visible_report(session, ALL, folio)

    async def say(self, text, channel="telegram", sender="0991"):
        """What Somos answers."""
        self.count += 1
        said = await self.service.turns.handle(Incoming(channel, sender, f"t{self.count}", text))
        return "\n".join(m.text for m in said)


@pytest.fixture(scope="session")
def speech(interpreter):
    """What takes long to make and keeps nothing: understanding, rules, words."""
    renderer = Renderer()
    return interpreter, make_engine(renderer), renderer


@pytest_asyncio.fixture
async def town(tmp_path, filled_sqlite, speech):
    """A service over a copy of the filled SQLite database."""
    shutil.copy(filled_sqlite / "somos.db", tmp_path / "somos.db")
    interpreter, engine, renderer = speech
    database, clock = Database(settings_for("", tmp_path).database), make_clock(NOW)
    turns = Turns(database, interpreter, engine, renderer, clock)
    yield Town(SimpleNamespace(database=database, turns=turns, renderer=renderer, clock=clock))
    await database.close()


@pytest_asyncio.fixture
async def big_town(service):
    """The same over each kind of database."""
    return Town(service)
