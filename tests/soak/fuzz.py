"""Spoilt payloads at every webhook of the whole service: no 5xx, and no neighbour lost.

`python -m tests.soak.fuzz [COUNT] [SEED]`; prints the books and exits with 1 if they don't balance.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from sqlalchemy import select

from bot.app import Service, make_web, start
from bot.services.training import train_if_stale
from bot.settings import Settings
from storage.models import Inbound
from tests.fakes.graph_webhooks import change_of, message_of, payload_of, text
from tests.soak.mutations import mutated, spoilt, written

CHANNELS = Path(__file__).parent.parent / "channels"
PHONE_ID = "106540352242922"
SECRET = "not_a_real_secret"
SETTINGS: dict[str, Any] = {
    "whatsapp_token": "not-a-real-token",
    "whatsapp_phone_id": PHONE_ID,
    "whatsapp_app_secret": SECRET,
    "whatsapp_verify_token": SECRET,
    "whatsapp_api_url": "http://127.0.0.1:9",
    "telegram_token": "123456:not-a-real-token",
    "telegram_api_url": "http://127.0.0.1:9",
    "telegram_webhook_url": "https://bot.example.org",
    "telegram_webhook_secret": SECRET,
}
# A gateway that this version doesn't have is left out.
KNOWN = {name: value for name, value in SETTINGS.items() if name in Settings.model_fields}


@dataclass
class Books:
    """How payloads were answered, and neighbours that should have been stored and were not."""

    answers: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    neighbours: int = 0
    lost: int = 0

    @property
    def balance(self) -> bool:
        return not self.broken and not self.lost

    def note(self, gateway: str, number: int, answer: httpx.Response) -> None:
        self.answers[f"{gateway} {answer.status_code}"] += 1
        if answer.status_code >= 500:
            self.broken.append(f"{gateway} {number}: {answer.status_code}")


async def fuzz(service: Service, count: int, seed: int) -> Books:
    """Deliver so many spoilt payloads."""
    books = Books()
    transport = httpx.ASGITransport(make_web(service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://somos") as client:
        for number in range(count):
            dice = Random(f"{seed} {number}")
            if "telegram_webhook_url" in KNOWN and number % 3 == 0:
                await _telegram(client, number, dice, books)
            else:
                await _whatsapp(service, client, number, dice, books)
    return books


async def _whatsapp(
    service: Service, client: httpx.AsyncClient, number: int, dice: Random, books: Books
) -> None:
    body, neighbours = whatsapp_body(number, dice)
    if dice.random() < 0.1:
        # Nobody can say what is left of it.
        body, neighbours = spoilt(body, dice), []
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    answer = await client.post(
        "/webhooks/whatsapp", content=body, headers={"X-Hub-Signature-256": signature}
    )
    books.note("whatsapp", number, answer)
    ids = [hashlib.sha256(wamid.encode()).hexdigest() for wamid in neighbours]
    async with service.database.read() as session:
        query = select(Inbound.external_id).where(Inbound.external_id.in_(ids))
        stored = set((await session.execute(query)).scalars())
    books.neighbours += len(ids)
    books.lost += len(set(ids) - stored)


def whatsapp_body(number: int, dice: Random) -> tuple[bytes, list[str]]:
    """Spoilt items among sound messages, and those messages' ids."""
    seeds = _seeds("whatsapp/payloads")
    citizens = [f"59399{number:07d}", f"59398{number:07d}"]
    sound = [
        message_of(dice.choice(citizens), f"wamid.{number}.{n}", text(f"hola {n}"))
        for n in range(4)
    ]
    values = [v for p in seeds for v in _values(p)]
    messages = [m for v in values for m in _list(v, "messages") if isinstance(m, dict)]
    statuses = [s for v in values for s in _list(v, "statuses") if isinstance(s, dict)]
    message = {**dice.choice(messages), "from": citizens[0], "id": f"wamid.{number}.spoilt"}
    first = change_of(PHONE_ID, messages=sound[:2])
    first["value"]["messages"].insert(1, mutated(message, dice))
    first["value"]["statuses"] = [mutated(dice.choice(statuses), dice)]
    changes = [c for p in seeds for e in _list(p, "entry") for c in _list(e, "changes")]
    spoilt_change = mutated(dice.choice(changes), dice)
    payload = payload_of(
        [first, spoilt_change, change_of(PHONE_ID, messages=sound[2:3])],
        [change_of(PHONE_ID, messages=sound[3:])],
    )
    payload["entry"].insert(1, mutated(dice.choice(seeds), dice))
    return written(payload), [m["id"] for m in sound]


async def _telegram(client: httpx.AsyncClient, number: int, dice: Random, books: Books) -> None:
    update = {**dice.choice(_seeds("telegram")), "update_id": number}
    body = written(mutated(update, dice))
    if dice.random() < 0.1:
        body = spoilt(body, dice)
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    answer = await client.post("/webhooks/telegram", content=body, headers=headers)
    books.note("telegram", number, answer)


def _seeds(folder: str) -> list[Any]:
    if folder not in _READ:
        files = sorted((CHANNELS / folder).glob("*.json"))
        _READ[folder] = [json.loads(f.read_text("utf-8")) for f in files]
    return _READ[folder]


_READ: dict[str, list[Any]] = {}


def _values(payload: Any) -> list[Any]:
    changes = [c for e in _list(payload, "entry") for c in _list(e, "changes")]
    return [c["value"] for c in changes if isinstance(c, dict)]


def _list(parent: Any, key: str) -> list[Any]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return found if isinstance(found, list) else []


async def main(count: int, seed: int) -> int:
    """Run it over a new SQLite database, and print the books."""
    logging.getLogger("bot.channels.whatsapp_payload").setLevel(logging.ERROR)
    trained = Settings()
    train_if_stale(trained)
    with TemporaryDirectory() as folder:
        shutil.copy(trained.model_path, Path(folder) / "model.npz")
        service = await start(Settings(data_dir=Path(folder), database_url="", **KNOWN))
        books = await fuzz(service, count, seed)
        await service.database.close()
    print(f"payloads: {sum(books.answers.values())}, answered: {dict(books.answers)}")
    print(f"5xx: {len(books.broken)} {books.broken[:5]}")
    print(f"sound neighbours: {books.neighbours}, lost: {books.lost}")
    return 0 if books.balance else 1


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:3]]
    sys.exit(asyncio.run(main(*given, *(20_000, 1)[len(given) :])))
