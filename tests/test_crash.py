"""Killed at random moments: what was acknowledged is stored, and nothing happened twice."""

import asyncio
import contextlib
import random
import re
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.rest import RestMessage
from tests.conftest import NOW
from tests.process import free_port, start_somos, wait_until_ready
from tests.support import enrollment_answers, national_id

KILLS = 6
SENDERS = 4
CAPACITY = 5
SEED = 20261121
PATIENCE = 40  # seconds that a client tries one message
REPORT = ("hay basura sin recoger en el parque", "eso es todo", "Solanda", "avíseme por este chat")
FOLIO = re.compile(r"(?:IN-\d{4}-\d{6}|AS-\d{4}-\d{5})")


@dataclass
class Server:
    """The process, and how often it was killed."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]" = field(init=False)
    kills: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = start_somos(self.folder, self.port, NOW)
        wait_until_ready(self.url, self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@dataclass(frozen=True)
class Acknowledged:
    """A message that got its 200, and the answer that came with it."""

    body: dict[str, str]
    answer: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "\n".join(a["text"] for a in self.answer)

    @property
    def key(self) -> str:
        return RestMessage(**self.body).external_id


@dataclass
class Client:
    """Sends each message until it is acknowledged, always with the same id."""

    http: httpx.AsyncClient
    acknowledged: list[Acknowledged] = field(default_factory=list)
    tries: int = 0

    async def say(self, sender: str, message: str) -> Acknowledged:
        # Every sender counts for itself: the same `message_id` of two senders is two messages.
        known = sum(a.body["sender"] == sender for a in self.acknowledged)
        body = {"sender": sender, "message": message, "message_id": str(known)}
        said = Acknowledged(body, await self.send(body))
        self.acknowledged.append(said)
        return said

    async def send(self, body: dict[str, str]) -> list[dict[str, Any]]:
        async with asyncio.timeout(PATIENCE):
            while True:
                self.tries += 1
                with contextlib.suppress(httpx.TransportError):
                    answer = await self.http.post("/webhooks/rest/webhook", json=body)
                    if answer.status_code == 200:
                        return list(answer.json())
                    # The server died, or is starting: nothing else may be answered.
                    assert answer.status_code == 503, answer.text
                await asyncio.sleep(0.05)


@pytest.fixture
def server(filled_sqlite: Path, tmp_path: Path) -> Iterator[Server]:
    shutil.copytree(filled_sqlite, tmp_path, dirs_exist_ok=True)
    server = Server(tmp_path, free_port())
    server.start()
    yield server
    server.kill()


def database(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(server.folder / "somos.db")


def prepare_workshop(server: Server) -> int:
    """A workshop for adults with few places, so that there are turns as well."""
    with contextlib.closing(database(server)) as connection, connection:
        (workshop,) = connection.execute(
            "SELECT id FROM workshop WHERE min_age IS NULL OR min_age < 30 ORDER BY id"
        ).fetchone()
        connection.execute(
            "UPDATE workshop SET capacity = ?, max_age = NULL WHERE id = ?", (CAPACITY, workshop)
        )
    return int(workshop)


async def live(client: Client, workshop: int, number: int, is_over: asyncio.Event) -> int:
    """Citizens one after another, each with a conversation of their own; how many there were."""
    count = 0
    while not is_over.is_set():
        sender, serial = f"citizen-{number}-{count}", 1000 * number + count
        for words in (*enrollment_answers(workshop, serial), "sí, está bien", *REPORT, "sí"):
            await client.say(sender, words)
        count += 1
    return count


async def kill_at_random(server: Server, is_over: asyncio.Event) -> None:
    moments = random.Random(SEED)
    for _ in range(KILLS):
        await asyncio.sleep(moments.uniform(0.05, 0.6))
        server.kill()
        server.kills += 1
        await asyncio.to_thread(server.start)
    is_over.set()


async def test_nothing_acknowledged_is_lost_or_done_twice(server: Server) -> None:
    workshop = prepare_workshop(server)
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as http:
        client, is_over = Client(http), asyncio.Event()
        *counts, _ = await asyncio.gather(
            *(live(client, workshop, number, is_over) for number in range(1, SENDERS + 1)),
            kill_at_random(server, is_over),
        )
        citizens = sum(counts)
        assert (server.kills, client.tries > len(client.acknowledged)) == (KILLS, True)
        for said in client.acknowledged:
            assert await client.send(said.body) == said.answer
    server.kill()
    with contextlib.closing(database(server)) as stored:
        assert stored.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        check_messages(stored, client.acknowledged)
        check_enrollments(stored, client.acknowledged, citizens)
        check_reports(stored, client.acknowledged, citizens)


def check_messages(stored: sqlite3.Connection, acknowledged: list[Acknowledged]) -> None:
    inbound = stored.execute(
        "SELECT i.external_id, a.address, i.status FROM inbound i"
        " JOIN conversation c ON c.id = i.conversation_id JOIN account a ON a.id = c.account_id"
    ).fetchall()
    wanted = [(said.key, said.body["sender"], "done") for said in acknowledged]
    assert Counter(inbound) == Counter(wanted)
    answers: dict[str, list[str]] = {}
    for key, text in stored.execute(
        "SELECT i.external_id, json_extract(o.body, '$.text') FROM outbound o"
        " LEFT JOIN inbound i ON i.id = o.inbound_id ORDER BY o.id"
    ):
        answers.setdefault(key, []).append(text)
    assert answers == {said.key: [a["text"] for a in said.answer] for said in acknowledged}


def folios_told(acknowledged: list[Acknowledged], prefix: str) -> dict[str, str]:
    """Who was told which folio in answer to the last yes."""
    told = {}
    for said in acknowledged:
        found = [f for f in FOLIO.findall(said.text) if f.startswith(prefix)]
        if found and said.body["message"].startswith("sí"):
            told[said.body["sender"]] = found[0]
    return told


def check_enrollments(
    stored: sqlite3.Connection, acknowledged: list[Acknowledged], citizens: int
) -> None:
    kept = stored.execute(
        "SELECT a.address, e.folio, p.document_number, e.status, e.turn FROM enrollment e"
        " JOIN account a ON a.id = e.account_id JOIN citizen p ON p.id = e.citizen_id"
    ).fetchall()
    assert len(kept) == citizens
    assert {sender: folio for sender, folio, *_ in kept} == folios_told(acknowledged, "IN")
    assert sorted(row[1] for row in kept) == [f"IN-2026-{n:06d}" for n in range(1, citizens + 1)]
    for sender, _, document, *_ in kept:
        _, number, count = sender.split("-")
        assert document == national_id(1000 * int(number) + int(count))
    assert sum(row[3] == "placed" for row in kept) == min(CAPACITY, citizens)
    turns = sorted(row[4] for row in kept if row[4] is not None)
    assert turns == list(range(1, citizens - CAPACITY + 1))


def check_reports(
    stored: sqlite3.Connection, acknowledged: list[Acknowledged], citizens: int
) -> None:
    kept = stored.execute(
        "SELECT a.address, r.folio FROM report r JOIN account a ON a.id = r.account_id"
    ).fetchall()
    assert len(kept) == citizens
    assert dict(kept) == folios_told(acknowledged, "AS")
    assert sorted(f for _, f in kept) == [f"AS-2026-{n:05d}" for n in range(1, citizens + 1)]
