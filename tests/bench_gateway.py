"""`python -m tests.bench_gateway` (part of `make bench`): gateways and turns over the inbox.

How long a webhook waits for its acknowledgement, and how many turns a second there are with
SQLite and PostgreSQL, as a share of what the database alone can do (`bench_turns`).
"""

import asyncio
import shutil
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import psycopg

from bot.app import start
from bot.services.training import train_if_stale
from bot.settings import Settings
from tests.bench_turns import fill_inbox, measure_turns
from tests.conftest import named, settings_for
from tests.fakes.bot_inbox import SECRET_HEADER
from tests.fakes.graph_inbox import SIGNATURE_HEADER
from tests.fakes.graph_webhooks import change_of, message_of, payload_of, text
from tests.soak.books import fill, postgresql
from tests.soak.trial import SECRET, Plan, Stage, stage_of

WEBHOOKS = 400
PEOPLE = 50
SAID = "qué talleres de cocina hay los sábados en el sur"


def telegram_post(number: int, _stage: Stage) -> dict[str, Any]:
    """An update as Telegram delivers it."""
    chat = {"id": 800_000 + number % PEOPLE, "type": "private", "first_name": "Rosa"}
    message = {"message_id": number, "date": int(time.time()), "chat": chat, "text": SAID,
               "from": {"id": chat["id"], "is_bot": False, "first_name": "Rosa"}}  # fmt: skip
    update = {"update_id": number, "message": message}
    return {"url": "/webhooks/telegram", "json": update, "headers": {SECRET_HEADER: SECRET}}


def whatsapp_post(number: int, stage: Stage) -> dict[str, Any]:
    """A payload as Meta delivers it."""
    import json

    graph: Any = stage.gateways["whatsapp"]
    citizen = f"5939{80_000_000 + number % PEOPLE}"
    graph.open_window(citizen)
    message = message_of(citizen, f"wamid.{number}", text(SAID))
    body = json.dumps(payload_of([change_of(graph.phone_id, messages=[message])])).encode()
    headers = {SIGNATURE_HEADER: graph.signature(body), "content-type": "application/json"}
    return {"url": "/webhooks/whatsapp", "content": body, "headers": headers}


async def measure_webhooks(plan: Plan) -> None:
    """Seconds until the acknowledgement: at a calm pace, and 16 at once, turns going on beside."""
    async with stage_of(plan) as stage:
        url = f"http://127.0.0.1:{stage.processes[0].port}"
        numbers = count(1)
        async with httpx.AsyncClient(base_url=url, timeout=60, verify=False) as http:
            for channel, make in (("telegram", telegram_post), ("whatsapp", whatsapp_post)):

                async def once(_: int = 0, make=make) -> float:
                    asked = make(next(numbers), stage)
                    begin = time.perf_counter()
                    (await http.post(**asked)).raise_for_status()
                    return time.perf_counter() - begin

                await asyncio.gather(*(once() for _ in range(16)))
                await stage.watch.answered_all()
                calm = []
                for _ in range(WEBHOOKS // 2):
                    calm.append(await once())
                    await asyncio.sleep(0.05)
                show(f"{channel} webhook, 20 a second", calm)
                await stage.watch.answered_all()
                gate = asyncio.Semaphore(16)

                async def pressed(once=once, gate=gate) -> float:
                    async with gate:
                        return await once()

                hard = await asyncio.gather(*(pressed() for _ in range(WEBHOOKS)))
                show(f"{channel} webhook, 16 at once", list(hard))
                await stage.watch.answered_all()


def show(name: str, seconds: list[float]) -> None:
    """Median and 99th percentile in ms."""
    cuts = quantiles(seconds, n=100)
    print(f"{name:<42} p50 {cuts[49] * 1e3:8.2f} ms  p99 {cuts[98] * 1e3:8.2f} ms", flush=True)


class Copies:
    """Fresh copies of a database whose inbox is full."""

    def __init__(self, folder: Path, model: Path, server: str = "") -> None:
        self._folder, self._model, self._server = folder, model, server
        self._numbers = count()
        self._source = self._place()

    def _place(self) -> tuple[str, Path]:
        place = self._folder / f"{'pg' if self._server else 'lite'}-{next(self._numbers)}"
        place.mkdir()
        shutil.copy(self._model, place / "model.npz")
        if not self._server:
            return f"sqlite:///{place / 'somos.db'}", place
        return named(self._server, place.name), place

    async def fill(self) -> None:
        """Seed, demonstration data, and messages that wait."""
        url, folder = self._source
        if self._server:
            self._create(folder.name)
        service = await start(settings_for(url, folder), demo=True)
        await fill_inbox(service)
        await service.database.close()

    def __call__(self) -> tuple[str, Path]:
        _, source = self._source
        url, place = self._place()
        if self._server:
            self._create(place.name, f'TEMPLATE "{source.name}"')
        else:
            shutil.copytree(source, place, dirs_exist_ok=True)
        return url, place

    def _create(self, name: str, how: str = "") -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" {how}')


async def measure_all(folder: Path, model: Path, server: str) -> None:
    """Turns on both databases, then webhooks on SQLite."""
    sqlite = Copies(folder, model)
    await sqlite.fill()
    await measure_turns(sqlite, 1, is_sqlite=True)
    shared = Copies(folder, model, server)
    await shared.fill()
    await measure_turns(shared, 2, is_sqlite=False)
    place = folder / "webhooks"
    place.mkdir()
    shutil.copy(model, place / "model.npz")
    url = f"sqlite:///{place / 'somos.db'}"
    await fill(url, place)
    await measure_webhooks(
        Plan(
            "webhooks",
            url,
            place,
            processes=1,
            kills=0,
            conversations=0,
            polling=False,
            burst=0,
            shuffle=False,
            seed=1,
            troubles={},
        )
    )


def main() -> int:
    """Measure in a throwaway folder."""
    settings = Settings()
    train_if_stale(settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir(mode=0o700)
        with postgresql(folder / "server") as server:
            asyncio.run(measure_all(folder, settings.model_path, server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
