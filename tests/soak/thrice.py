"""`python -m tests.soak.thrice`: what is delivered three times, in any order, is one turn.

1,000 messages on each gateway over HTTP to a process of the service; 1 if there are other turns.
"""

import asyncio
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from shutil import copy

from bot.services.training import train_if_stale
from bot.settings import Settings
from tests.fakes.bot_api import BotApi
from tests.fakes.graph_api import GraphApi
from tests.soak.books import fill
from tests.soak.ledger import pushed_ids, read_rows
from tests.soak.script import address_of
from tests.soak.trial import Plan, Stage, stage_of

PEOPLE = 50
# Each stands for itself: none of them begins a form or waits for another.
SAID = ("hola", "gracias", "¿qué casas hay en Quitumbe?", "qué hay este fin de semana", "adiós")


async def deliver(plan: Plan, count: int) -> dict[str, Counter[str]]:
    """Push so many messages on both gateways; by channel, what the service made of them."""
    async with stage_of(plan) as stage:
        for gateway in stage.gateways.values():
            gateway.deliver(seed=plan.seed, copies=3, shuffle=True, redeliver=0.0)
        stage.gateways["whatsapp"].configure(follow_up=())
        for number in range(count):
            _push(stage, number)
        while any(g.undelivered() for g in stage.gateways.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await stage.watch.answered_all()
        return _counts(stage, plan.url)


def _push(stage: Stage, number: int) -> None:
    telegram, whatsapp = stage.gateways["telegram"], stage.gateways["whatsapp"]
    assert isinstance(telegram, BotApi)
    assert isinstance(whatsapp, GraphApi)
    person, said = number % PEOPLE, SAID[number // PEOPLE % len(SAID)]
    telegram.push_text(int(address_of("telegram", person)), said)
    whatsapp.push_text(address_of("whatsapp", person), said)


def _counts(stage: Stage, url: str) -> dict[str, Counter[str]]:
    journals = {c: list(g.journal.entries) for c, g in stage.gateways.items()}
    rows, counts = read_rows(url), {}
    for channel, pushed in pushed_ids(journals, ()).items():
        mine = [r for r in rows["inbound"] if r.channel == channel]
        answered = {r.inbound_id for r in rows["outbound"]}
        statuses = stage.gateways[channel].courier.statuses if channel in journals else []
        counts[channel] = Counter(
            pushed=len(pushed),
            delivered=sum(200 <= s < 300 for s in statuses),
            stored=len({r.external_id for r in mine} & pushed),
            rows=len(mine),
            turns=sum(r.status == "done" and r.id in answered for r in mine),
        )
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Print what became of the messages of each gateway."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=4)
    asked = parser.parse_args(arguments)
    settings, begin, is_right = Settings(), time.monotonic(), True
    train_if_stale(settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(settings.model_path, folder / "model.npz")
        url = f"sqlite:///{folder / 'somos.db'}"
        asyncio.run(fill(url, folder))
        plan = Plan("three times", url, folder, processes=1, kills=0, conversations=0,
                    polling=False, burst=0, shuffle=True, seed=asked.seed,
                    troubles={})  # fmt: skip
        counts = asyncio.run(deliver(plan, asked.messages))
    for channel in ("telegram", "whatsapp"):
        found = counts[channel]
        print(f"{channel}: " + ", ".join(f"{count} {what}" for what, count in found.items()))
        once = dict.fromkeys(("pushed", "stored", "rows", "turns"), asked.messages)
        is_right &= found == Counter(once | {"delivered": 3 * asked.messages})
    print(f"{time.monotonic() - begin:.0f} s: " + ("one turn each" if is_right else "NOT RIGHT"))
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
