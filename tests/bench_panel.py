"""Every page of the panel with 100,000 reports and 300,000 messages, on SQLite and PostgreSQL.

`python -m tests.bench_panel`: milliseconds a page, p50 and p95 of twenty; 300 is the aim.
"""

import asyncio
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import insert, select, text

from bot.app import showing, start
from bot.clock import make_clock
from bot.panel.mount import mount_panel
from bot.services.staff import SignIn, add_staff, sign_in
from bot.services.training import train_if_stale
from bot.settings import Settings
from intents.normalise import normalise
from responses.render import Renderer
from storage.database import Database
from storage.models import Account, Conversation, Inbound, LikelyDuplicate, Report, Zone
from tests.conftest import NOW, settings_for
from tests.soak.books import postgresql

REPORTS, MESSAGES, PEOPLE, AT_ONCE = 100_000, 300_000, 30_000, 5_000
TIMES, AIM = 20, 300
EMAIL, PASSWORD = "bench@somos.invalid", "una clave larga 7"
THEMES = ("vias", "basura", "agua", "alumbrado", "seguridad", "pagos", "cobertura", None)
STATES = ("received", "under_review", "accepted", "assigned", "answered", "resolved", "joined",
          "set_aside")  # fmt: skip
QUEUE = "/panel/reportes"
# What the queue is narrowed to: often, seldom, never found, by words, by place, late.
QUERIES = (
    "state=all", "state=all&oldest=1", "state=all&theme=agua", "state=all&theme=agua&kind=need",
    "state=all&text=recolector", "state=all&text=nada+parecido", "state=all&text=500007",
    "state=all&institution=mies&channel=rest&zone=2", "state=all&neighbourhood=nowhere",
    "overdue=1&oldest=1", "sensitive=1&state=all", "state=all&after=50000",
    "state=set_aside&theme=vias&kind=alert&zone=1&text=huecos+99",
)  # fmt: skip
WORDS = (
    "la calle está llena de huecos desde el invierno", "no pasa el recolector hace dos semanas",
    "el agua llega sucia por las mañanas", "no hay luz en la cancha del barrio",
    "me quitaron el bono y no me explican", "el centro infantil no abre desde octubre",
)  # fmt: skip


async def fill(database: Database) -> None:
    """Made-up rows, always the same ones."""
    chance, now = random.Random(7), make_clock(NOW)()
    span = timedelta(days=120).total_seconds()

    def moment() -> object:
        return now - timedelta(seconds=chance.random() * span)

    async with database.read() as session:
        zones = list((await session.execute(select(Zone.id))).scalars())

    def report(n: int) -> dict[str, object]:
        folio, words, theme = f"AS-2026-{500000 + n}", chance.choice(WORDS), chance.choice(THEMES)
        sure = {"value": theme or "agua", "sure": 0.9}
        return {"id": 1 + n, "folio": folio, "kind": chance.choice(("alert", "need")),
                "words": f"{words} {n}", "place": f"barrio {n % 300}",
                "search": normalise(f"{words} {n} barrio {n % 300} {folio}"),
                "neighbourhood": f"barrio-{n % 300}", "zone_id": chance.choice(zones),
                "institution": chance.choice(("mies", None)), "theme": theme,
                "status": chance.choice(STATES), "account_id": 1 + n % PEOPLE,
                "channel": chance.choice(("telegram", "whatsapp", "rest")),
                "due_on": now.date() + timedelta(days=chance.randrange(-60, 30)),
                "is_sensitive": n % 50 == 0, "suggestion": {"theme": sure, "kind": sure},
                "created_at": moment()}  # fmt: skip

    def like(n: int) -> dict[str, object]:
        return {"report_id": 301 + n, "earlier_id": 1 + n, "likeness": 0.8}

    def message(n: int) -> dict[str, object]:
        intent = chance.choice(("greet", "find_workshop", "nlu_fallback"))
        return {"channel": chance.choice(("telegram", "whatsapp")), "external_id": f"b{n}",
                "conversation_id": 1 + n % PEOPLE, "text": "hola", "status": "done",
                "sent_order": 0, "is_public": False, "attempts": 0, "intent": intent,
                "unclear": intent == "nlu_fallback", "received_at": moment()}  # fmt: skip

    def account(n: int) -> dict[str, object]:
        return {"id": 1 + n, "channel": "telegram", "address": f"9{n}", "opted_out": False,
                "blocked": False, "created_at": now}  # fmt: skip

    def conversation(n: int) -> dict[str, object]:
        return {"id": 1 + n, "account_id": 1 + n, "state": {}, "language": "es", "updated_at": now}

    for model, make, count in ((Account, account, PEOPLE), (Conversation, conversation, PEOPLE),
                               (Report, report, REPORTS), (LikelyDuplicate, like, REPORTS // 2),
                               (Inbound, message, MESSAGES)):  # fmt: skip
        for at in range(0, count, AT_ONCE):
            async with database.write() as session:
                rows = [make(n) for n in range(at, min(count, at + AT_ONCE))]
                await session.execute(insert(model), rows)
    async with database.write() as session:
        await session.execute(text("ANALYZE"))


def paths_of(web: FastAPI) -> list[str]:
    """Every page that takes no part of its address from data."""
    inner = [
        one
        for route in web.routes
        for one in getattr(getattr(route, "original_router", None), "routes", [route])
    ]
    pages = {r.path for r in inner if isinstance(r, APIRoute) and "GET" in r.methods}
    return sorted(p for p in pages if "{" not in p and not re.search("entrar|salir", p))


@asynccontextmanager
async def visitor(database: Database, web: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    now = make_clock(NOW)()
    async with database.write() as session:
        await add_staff(session, now, "bench", EMAIL, PASSWORD, "administrator",
                        sees_sensitive=True)  # fmt: skip
        token = await sign_in(session, now, SignIn(EMAIL, PASSWORD, "", "bench"))
    transport = httpx.ASGITransport(app=web)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        client.cookies.set("somos_staff", str(token), domain="panel.test", path="/panel")
        yield client


async def measure(name: str, settings: Settings) -> None:
    service = await start(settings, demo=True)
    database = service.database
    begin = time.perf_counter()
    await fill(database)
    print(f"{name}: {REPORTS} reports, {MESSAGES} messages ({time.perf_counter() - begin:.0f} s)")
    web = FastAPI()
    renderer = Renderer()
    mount_panel(web, database, make_clock(NOW), renderer, settings, showing(renderer))
    async with visitor(database, web) as client:
        searched = [f"{QUEUE}?{query}" for query in QUERIES]
        one = [f"{QUEUE}/AS-2026-{500000 + REPORTS // 2}"]
        for path in [*paths_of(web), "/panel?days=90", *searched, *one]:
            times = []
            for _ in range(TIMES):
                begin = time.perf_counter()
                answer = await client.get(path)
                times.append(1000 * (time.perf_counter() - begin))
            if answer.status_code == 200:
                cuts = quantiles(times, n=20)
                mark = "" if cuts[18] < AIM else "  ABOVE THE AIM"
                print(f"  {path:<44} p50 {cuts[9]:6.0f}  p95 {cuts[18]:6.0f} ms{mark}")
    await database.close()


def main() -> int:
    """Measure in a throwaway folder."""
    kept = Settings()
    train_if_stale(kept)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(kept.model_path, folder / "model.npz")
        asyncio.run(measure("SQLite", settings_for("", folder)))
        (folder / "server").mkdir(mode=0o700)
        with postgresql(folder / "server") as server:
            asyncio.run(measure("PostgreSQL", settings_for(server, folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
