"""`python -m tests.soak.broadcast`: one message to 20,000, whoever is killed when.

On SQLite and on PostgreSQL with two processes: gateways answer 429 and 5xx and cut connections,
people block us, can't be reached, are late for the window, opt out in the middle; it is paused and
resumed; processes are killed with -9. Then everybody must be accounted for, and nobody have two.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

from bot.services.broadcasts import lifecycle
from bot.services.broadcasts.content import Content
from bot.services.broadcasts.lifecycle import By
from bot.services.broadcasts.segments import Segment
from bot.services.training import train_if_stale
from bot.settings import Settings
from storage.database import Database
from storage.models import Broadcast
from tests.conftest import NOW
from tests.fakes.bot_api import BotApi
from tests.fakes.graph_api import GraphApi
from tests.soak import audience
from tests.soak.audience import TEMPLATE, Person
from tests.soak.books import fill, postgresql
from tests.soak.broadcast_books import problems_of, read, received_of, show, unnoticed
from tests.soak.processes import Killer
from tests.soak.trial import Plan, Stage, stage_of

MARK = "aviso-4711"
CONTENT = Content({"es": f"Agenda ({MARK})", "en": f"Agenda, in English ({MARK})"})
SEGMENT = Segment(("all", "zone:*"))
TROUBLES = {"throttle": 0.001, "error": 0.005, "cut": 0.001, "cut_after": 0.002, "slow": 0.02}
# Name, processes, and for how many seconds a kill the sending should last.
KINDS = {
    "sqlite": ("SQLite, one process", 1, 4.0),
    "postgresql": ("PostgreSQL, two processes", 2, 6.0),
}
OPT_OUTS, EVERY = 0.005, 0.5
PATIENCE = 1200.0


async def schedule(database: Database) -> int:
    """The broadcast, due at once, with a second person's approval; its number."""
    async with database.write() as session:
        by = By("ana", NOW)
        new = await lifecycle.create(session, by, "notice", "-", SEGMENT, CONTENT)
        assert (await lifecycle.submit(session, new.id, by, NOW, 100)).status != "scheduled"
        await lifecycle.approve(session, new.id, By("luis", NOW))
    return new.id


async def progress(database: Database, broadcast: int) -> Broadcast:
    async with database.read() as session:
        found = await session.get(Broadcast, broadcast)
    assert found is not None
    return found


async def opt_out(stage: Stage, everybody: list[Person], dice: Random) -> None:
    """Now and then somebody has had enough; whoever is killed, the gateway redelivers it."""
    wanted = dice.sample(everybody, max(5, int(OPT_OUTS * len(everybody))))
    telegram: Any = stage.gateways["telegram"]
    whatsapp: Any = stage.gateways["whatsapp"]
    for person in wanted:
        await asyncio.sleep(EVERY)
        if person.channel == "telegram":
            telegram.push_text(int(person.address), "baja")
        else:
            await asyncio.to_thread(whatsapp.push_text, person.address, "baja")


async def pause_a_while(database: Database, broadcast: int) -> None:
    """Staff stop it once it runs, and let it go on; its gateways get nothing meanwhile."""
    while (await progress(database, broadcast)).status != "sending":  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    await asyncio.sleep(5)
    for act in (lifecycle.pause, lifecycle.resume):
        async with database.write() as session:
            await act(session, broadcast, By("ana", NOW))
        await asyncio.sleep(3)


async def until_done(stage: Stage, database: Database, broadcast: int) -> None:
    """Let it come to its end, with all receipts, while the gateways behave."""
    for gateway in stage.gateways.values():
        gateway.misbehave(0, [])
        gateway.deliver(redeliver=0.0)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while (await progress(database, broadcast)).status != "done":  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            while any(g.undelivered() for g in stage.gateways.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.5)
    await stage.watch.quiet()
    for process in stage.processes:
        process.kill()


async def attempt(plan: Plan, recipients: int) -> bool:
    """One trial; whether its books balance, and could have failed."""
    begin = time.monotonic()
    database = Database(plan.url)
    everybody = list(audience.people(recipients, plan.seed))
    await audience.store(database, everybody)
    broadcast = await schedule(database)
    async with stage_of(plan) as stage:
        telegram, whatsapp = stage.gateways["telegram"], stage.gateways["whatsapp"]
        assert isinstance(telegram, BotApi)
        assert isinstance(whatsapp, GraphApi)
        audience.tell_gateways(everybody, telegram, whatsapp)
        whatsapp.follow_up = ("delivered",)
        killer, dice = Killer(stage.processes, plan.kills, Random(plan.seed)), Random(plan.seed)
        doing = [opt_out(stage, everybody, dice), pause_a_while(database, broadcast)]
        tasks = [asyncio.create_task(one) for one in doing]
        async with asyncio.timeout(60 * plan.minutes):
            await killer.run()
        await asyncio.gather(*tasks)
        killed_in = time.monotonic() - begin
        await until_done(stage, database, broadcast)
        received = received_of("telegram", telegram.journal.entries, MARK)
        received += received_of("whatsapp", whatsapp.journal.entries, MARK)
    books = await read(database, broadcast, received, everybody)
    await database.close()
    print(f"\n{plan.name}: {recipients} people, {len(everybody)} accounts")
    print(f"  killed {killer.done} times in {killed_in:.0f} s,"
          f" all over after {time.monotonic() - begin:.0f} s")  # fmt: skip
    show(books)
    problems = problems_of(books)
    for problem in problems[:20]:
        print(f"  DOESN'T BALANCE: {problem}")
    missed = [] if problems else unnoticed(books, plan.seed)
    for name in missed:
        print(f"  NOT NOTICED: {name}")
    return not problems and not missed


def plan_of(kind: str, asked: Namespace, folder: Path, model: Path, server: str) -> Plan:
    """The trial on one kind of database, which is filled."""
    name, processes, seconds = KINDS[kind]
    place = folder / kind
    place.mkdir()
    shutil.copy(model, place / "model.npz")
    url = server if processes > 1 else f"sqlite:///{place / 'somos.db'}"
    asyncio.run(fill(url, place))
    # The sending lasts about as long as the killing, however many they are.
    rate = str(max(10.0, asked.recipients / 2 / (max(1, asked.kills) * seconds)))
    settings = {
        "SOMOS_TELEGRAM_RATE": rate,
        "SOMOS_WHATSAPP_RATE": rate,
        "SOMOS_WHATSAPP_TEMPLATE": TEMPLATE,
    }
    return Plan(
        name, url, place, processes, kills=asked.kills, conversations=0, polling=True, burst=0.0,
        shuffle=False, seed=asked.seed, troubles=TROUBLES, minutes=asked.minutes,
        settings=settings,
    )  # fmt: skip


def main() -> int:
    """Run the trials; 1 if one of them doesn't balance."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=30, help="in each trial")
    parser.add_argument("--seed", type=int, default=20261201)
    parser.add_argument("--minutes", type=float, default=15, help="of killing, in each trial")
    parser.add_argument("--only", nargs="*", choices=tuple(KINDS), default=tuple(KINDS))
    asked = parser.parse_args()
    # Who is told to end takes the processes along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = Settings()
    train_if_stale(settings)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "pg").mkdir(mode=0o700)
        server = stack.enter_context(postgresql(folder / "pg"))
        results = [
            asyncio.run(
                attempt(plan_of(kind, asked, folder, settings.model_path, server), asked.recipients)
            )
            for kind in asked.only
        ]
    print("\nall books balance" if all(results) else "\nTHE BOOKS DON'T BALANCE")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
