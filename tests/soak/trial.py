"""One trial: citizens on all channels, gateways that misbehave, processes that are killed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from random import Random

import httpx

from tests.fakes.bot_api import BotApi
from tests.fakes.graph_api import GraphApi
from tests.fakes.journal import SENT
from tests.fakes.server import Gateway
from tests.soak.balancer import Balancer
from tests.soak.citizens import ByRest, ByTelegram, ByWhatsApp, Way, live
from tests.soak.ledger import TELEGRAM_TOKEN, Ledger, pushed_ids, read_rows
from tests.soak.processes import Killer, Process, prepare_workshop
from tests.soak.script import Citizen, address_of
from tests.soak.watch import Watch

SECRET = "not-a-real-secret"
CHANNELS = ("telegram", "whatsapp", "rest")
CALLS = {
    "telegram": ["sendMessage", "sendChatAction", "answerCallbackQuery", "editMessageReplyMarkup",
                 "getUpdates", "setWebhook", "getMe"],
    "whatsapp": ["messages"],
}  # fmt: skip
TROUBLES = {"throttle": 0.03, "error": 0.03, "cut": 0.02, "cut_after": 0.02, "slow": 0.05}


@dataclass(frozen=True)
class Plan:
    """What a trial is: `processes` over `url`, and how gateways, citizens and killer behave.

    `minutes` bounds the killing; what was said by then is still answered.
    """

    name: str
    url: str
    folder: Path
    processes: int
    kills: int
    conversations: int
    polling: bool
    burst: float
    shuffle: bool
    seed: int
    troubles: Mapping[str, float] = field(default_factory=TROUBLES.copy)
    minutes: float = 10.0
    patience: float = 240.0
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """What is left of a trial."""

    plan: Plan
    ledger: Ledger
    kills: int
    seconds: float
    deliveries: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Stage:
    """All that runs in a trial."""

    plan: Plan
    gateways: dict[str, Gateway]
    rest: ByRest
    processes: list[Process]
    watch: Watch
    citizens: list[Citizen] = field(default_factory=list)

    def ways(self) -> dict[str, Way]:
        telegram, whatsapp = self.gateways["telegram"], self.gateways["whatsapp"]
        assert isinstance(telegram, BotApi)
        assert isinstance(whatsapp, GraphApi)
        return {
            "telegram": ByTelegram(telegram),
            "whatsapp": ByWhatsApp(whatsapp),
            "rest": self.rest,
        }


async def run(plan: Plan) -> Outcome:
    """Run it to the end; the ledger is read when all is quiet and every process dead."""
    begin = time.monotonic()
    workshop = prepare_workshop(plan.url)
    async with stage_of(plan) as stage:
        killer = Killer(stage.processes, plan.kills, Random(plan.seed))
        is_over = asyncio.Event()
        lanes = [
            asyncio.create_task(_lane(stage, channel, numbers, workshop, is_over))
            for channel, numbers in _lanes(plan)
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(60 * plan.minutes):
                await killer.run()
        is_over.set()
        await asyncio.gather(*lanes)
        await _settle(stage)
        ledger = _ledger(stage)
        statuses = {c: list(g.courier.statuses) for c, g in stage.gateways.items()}
        return Outcome(plan, ledger, killer.done, time.monotonic() - begin, statuses)


def _lanes(plan: Plan) -> Iterator[tuple[str, Iterator[int]]]:
    """So many conversations at once; each lane's serial numbers are its own."""
    channels = cycle(CHANNELS)
    for lane in range(plan.conversations):
        yield next(channels), count(1 + lane, plan.conversations)


async def _lane(
    stage: Stage, channel: str, numbers: Iterator[int], workshop: int, is_over: asyncio.Event
) -> None:
    """One citizen after another until the killing is over; the last one still gets through."""
    way = stage.ways()[channel]
    while True:
        serial = next(numbers)
        citizen = Citizen(channel, address_of(channel, serial), serial)
        stage.citizens.append(citizen)
        await live(citizen, citizen.steps(workshop), way, stage.watch)
        if is_over.is_set():
            return


async def _settle(stage: Stage) -> None:
    """Let the gateways behave, and everything arrive."""
    for gateway in stage.gateways.values():
        gateway.misbehave(0, [])
        gateway.deliver(redeliver=0.0)
    with suppress(TimeoutError):
        async with asyncio.timeout(stage.plan.patience):
            while any(g.undelivered() for g in stage.gateways.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    await stage.watch.quiet()
    await stage.rest.ask_again()
    for process in stage.processes:
        process.kill()


def _ledger(stage: Stage) -> Ledger:
    journals = {c: list(g.journal.entries) for c, g in stage.gateways.items()}
    return Ledger(
        citizens=stage.citizens,
        **read_rows(stage.plan.url),
        pushed=pushed_ids(journals, stage.rest.acknowledged),
        unconfirmed={c: g.undelivered() for c, g in stage.gateways.items()},
        sent={c: [e for e in entries if e.what == SENT] for c, entries in journals.items()},
        told=stage.rest.acknowledged,
        problems=stage.rest.problems,
        in_order=not stage.plan.shuffle,
    )


@asynccontextmanager
async def stage_of(plan: Plan) -> AsyncIterator[Stage]:
    """Gateways, balancer, processes (started and ready) and the watch; ended at the end."""
    telegram = BotApi(journal=plan.folder / "telegram.jsonl")
    whatsapp = GraphApi(journal=plan.folder / "whatsapp.jsonl")
    processes = [Process(plan.folder, {}, plan.folder / f"log-{n}") for n in range(plan.processes)]
    async with AsyncExitStack() as stack:
        gateways: dict[str, Gateway] = {"telegram": telegram, "whatsapp": whatsapp}
        for gateway in gateways.values():
            stack.enter_context(gateway)
        balancer = await stack.enter_async_context(Balancer([p.port for p in processes]))
        whatsapp.webhook = f"{balancer.url}/webhooks/whatsapp"
        whatsapp.follow_up = ("sent", "delivered", "read")
        http = httpx.AsyncClient(base_url=balancer.url, timeout=20, verify=False)
        await stack.enter_async_context(http)
        settings = settings_of(plan, telegram, whatsapp, balancer.url)
        for process in processes:
            process.settings = settings
            process.start()
            stack.callback(process.kill)
        await asyncio.gather(*(process.ready() for process in processes))
        await _registered(plan, telegram)
        _trouble(plan, gateways)
        watch = Watch(plan.url, plan.patience)
        looking = asyncio.create_task(watch.run())
        rest = ByRest(http, Random(plan.seed), plan.patience)
        yield Stage(plan, gateways, rest, processes, watch)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _registered(plan: Plan, telegram: BotApi) -> None:
    """Wait until Telegram is polled, or knows where to deliver."""
    while not (plan.polling or telegram.webhook):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def _trouble(plan: Plan, gateways: dict[str, Gateway]) -> None:
    for channel, gateway in gateways.items():
        gateway.misbehave(plan.seed, CALLS[channel], **plan.troubles)
        copies = 2 if plan.shuffle else 1
        gateway.deliver(seed=plan.seed, copies=copies, shuffle=plan.shuffle, redeliver=0.2)


def settings_of(plan: Plan, telegram: BotApi, whatsapp: GraphApi, url: str) -> dict[str, str]:
    """The service's environment for a trial."""
    by_webhook = {
        "SOMOS_TELEGRAM_WEBHOOK_URL": url,
        "SOMOS_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    return {
        "SOMOS_DATABASE_URL": plan.url,
        "SOMOS_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "SOMOS_TELEGRAM_API_URL": telegram.url,
        **({} if plan.polling else by_webhook),
        "SOMOS_WHATSAPP_TOKEN": whatsapp.token,
        "SOMOS_WHATSAPP_PHONE_ID": whatsapp.phone_id,
        "SOMOS_WHATSAPP_APP_SECRET": whatsapp.app_secret,
        "SOMOS_WHATSAPP_VERIFY_TOKEN": SECRET,
        "SOMOS_WHATSAPP_API_URL": whatsapp.url,
        "SOMOS_BURST_SECONDS": str(plan.burst),
        "SOMOS_LOG_LEVEL": "WARNING",
        **plan.settings,
    }
