"""Composition root: the only place that wires settings, storage, dialogue and channels."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

import intents
import responses
from bot.actions.enroll import RETENTION_MONTHS
from bot.actions.register import make_executor
from bot.channels import operations, rest, telegram_webhook, web_page, whatsapp
from bot.channels.previews import shown_on_channels
from bot.channels.refusals import BodyLimit, refuse_shape
from bot.clock import LOCAL, Clock, make_clock
from bot.dialogue.engine import Engine
from bot.dialogue.project import load_domain
from bot.dialogue.rules import load_rules
from bot.dialogue.staff_words import HandoffWatch
from bot.dialogue.turn import Turns
from bot.gateways import Gateways, make_gateways, whatsapp_labels
from bot.jobs import BroadcastJobs, ModelWatch, keep_figures
from bot.panel.core import Showing
from bot.panel.mount import mount_panel
from bot.services.office import Office
from bot.services.privacy import forget_old
from bot.services.training import train_if_stale
from bot.settings import Settings
from intents.classifier import Classifier
from intents.interpreter import Interpreter
from intents.model_file import Pairs
from responses.render import Renderer
from storage.database import Database
from storage.leadership import Leadership
from storage.prepare import prepare
from storage.queries.learning import approved_examples
from storage.queries.records import has_demo
from storage.seed.demo import load_demo

log = logging.getLogger(__name__)
INTENTS = Path(intents.__file__).parent
RESPONSES = Path(responses.__file__).parent
STOP_SECONDS = 10


@dataclass(frozen=True)
class Service:
    """Everything that runs, for an edge to serve."""

    settings: Settings
    database: Database
    turns: Turns
    renderer: Renderer
    clock: Clock
    is_demo: bool


def make_engine(renderer: Renderer) -> Engine:
    """The Rasa project with its actions; raises ProjectError, naming file and line."""
    domain = load_domain(INTENTS / "domain.yml", renderer.templates)
    rules = load_rules(INTENTS / "rules.yml", domain)
    return Engine(domain, rules, make_executor())


def make_interpreter(settings: Settings, approved: Pairs = ()) -> Interpreter:
    """The interpreter with a current model; `approved` as for `train_if_stale`."""
    train_if_stale(settings, approved)
    return Interpreter(Classifier.load(settings.model_path), settings.fallback_threshold)


async def start(settings: Settings, demo: bool = False) -> Service:
    """Migrate, load the seed (and demonstration data), train if stale, wire."""
    clock = make_clock(settings.now)
    if settings.now is not None:
        log.warning("the clock is frozen at %s (SOMOS_NOW)", clock().isoformat())
    database = await prepare(settings.database)
    async with database.write() as session:
        await database.lock_for_set_up(session)
        if demo:
            await load_demo(session, clock().astimezone(LOCAL).date())
        forgotten = await forget_old(session, clock(), RETENTION_MONTHS)
        if forgotten:
            log.info("forgot %s people whose data was older than %s months", forgotten,
                     RETENTION_MONTHS)  # fmt: skip
        is_demo = await has_demo(session)
        approved = await approved_examples(session)
    renderer = Renderer()
    interpreter = await asyncio.to_thread(make_interpreter, settings, approved)
    return wire(settings, database, interpreter, make_engine(renderer), renderer, is_demo)


def wire(
    settings: Settings,
    database: Database,
    interpreter: Interpreter,
    engine: Engine,
    renderer: Renderer,
    is_demo: bool = False,
) -> Service:
    """A service of its parts, over a database that is ready."""
    clock = make_clock(settings.now)
    office = Office(settings.office_opens, settings.office_closes)
    turns = Turns(database, interpreter, engine, renderer, clock, office)
    return Service(settings, database, turns, renderer, clock, is_demo)


def make_web(service: Service) -> FastAPI:
    """The HTTP application."""
    gateways = make_gateways(service.settings, service.turns, service.renderer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with background(service, gateways):
            yield
        await service.database.close()

    web = FastAPI(title="Somos", lifespan=lifespan, docs_url=None, redoc_url=None)

    web.add_middleware(BodyLimit)
    web.add_exception_handler(RequestValidationError, refuse_shape)

    def understands() -> bool:
        return bool(service.turns.parse("hola")["intent"]["name"])

    web.include_router(operations.make_router(service.database, understands, gateways.problems()))
    web.include_router(rest.make_router(service.turns))
    if gateways.whatsapp is not None:
        web.include_router(whatsapp.make_router(gateways.whatsapp.webhook))
    web.include_router(telegram_webhook.make_router(gateways.telegram))
    web.include_router(web_page.make_router(service.is_demo))
    mount_panel(
        web, service.database, service.clock, service.renderer, service.settings,
        showing(service.renderer), service.turns.interpreter,
    )  # fmt: skip
    web.mount("/static", web_page.static_files())
    return web


@asynccontextmanager
async def background(service: Service, gateways: Gateways) -> AsyncIterator[None]:
    """What runs beside HTTP: gateways that we poll, inbox, delivery, broadcasts, a new model."""
    stop = asyncio.Event()
    jobs = [
        ModelWatch(service.settings.model_path, service.turns.interpreter).run(stop),
        gateways.inbox.run(stop),
        gateways.receive(stop),
        gateways.delivery.run(stop),
        gateways.downloads.run(stop),
        make_handoff_watch(service).run(stop),
        keep_figures(service.database, service.clock, stop),
        make_broadcast_jobs(service, gateways.leadership).run(stop),
    ]
    async with gateways.leadership:
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
            await gateways.close()


def showing(renderer: Renderer) -> Showing:
    """How the channels show a message to those who write to many."""
    labels = whatsapp_labels(renderer)
    return lambda message, language: shown_on_channels(message, labels.get(language, labels["es"]))


def make_handoff_watch(service: Service) -> HandoffWatch:
    """Who hands conversations back that staff left silent."""
    patience = timedelta(minutes=service.settings.handoff_minutes)
    return HandoffWatch(service.database, service.renderer, service.clock, patience)


def make_broadcast_jobs(service: Service, leadership: Leadership) -> BroadcastJobs:
    """What begins and supplies broadcasts."""
    size = service.settings.broadcast_approval_size
    return BroadcastJobs(service.database, service.renderer, service.clock, leadership, size)
