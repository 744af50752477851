"""Composition root: the only place that wires settings, storage, dialogue and channels."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

import intents
import responses
from bot.actions.enroll import RETENTION_MONTHS
from bot.actions.register import make_executor
from bot.channels import operations, rest, web_page, whatsapp
from bot.channels.media import Downloads, MediaStore, Source
from bot.channels.refusals import BodyLimit, refuse_shape
from bot.channels.telegram import Telegram
from bot.channels.whatsapp_forms import Labels
from bot.clock import LOCAL, Clock, make_clock
from bot.delivery import Delivery
from bot.dialogue.engine import Engine
from bot.dialogue.inbox import Inbox
from bot.dialogue.project import load_domain
from bot.dialogue.rules import load_rules
from bot.dialogue.staff_words import HandoffWatch
from bot.dialogue.turn import Turns
from bot.jobs import ModelWatch
from bot.services.office import Office
from bot.services.privacy import forget_old
from bot.services.training import train_if_stale
from bot.settings import Settings
from intents.classifier import Classifier
from intents.interpreter import Interpreter
from intents.model_file import Pairs
from responses.render import Renderer
from storage.database import Database
from storage.prepare import prepare
from storage.queries.learning import approved_examples
from storage.queries.records import has_demo
from storage.seed.demo import load_demo

if TYPE_CHECKING:
    from bot.channels.whatsapp_send import WhatsAppSender

log = logging.getLogger(__name__)
INTENTS = Path(intents.__file__).parent
RESPONSES = Path(responses.__file__).parent
STOP_SECONDS = 10
MENU = ("ayuda", "cancelar", "misdatos", "baja")


@dataclass(frozen=True)
class Service:
    """Everything that runs, for an edge to serve."""

    settings: Settings
    database: Database
    turns: Turns
    renderer: Renderer
    clock: Clock
    is_demo: bool


@dataclass(frozen=True)
class WhatsApp:
    """The gateway's way in and its way out."""

    webhook: whatsapp.WhatsAppWebhook
    sender: "WhatsAppSender"


@dataclass(frozen=True)
class Gateways:
    """What carries messages in and out."""

    inbox: Inbox
    delivery: Delivery
    telegram: Telegram | None
    whatsapp: WhatsApp | None


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
    office = Office(settings.office_opens, settings.office_closes)
    turns = Turns(database, interpreter, make_engine(renderer), renderer, clock, office)
    return Service(settings, database, turns, renderer, clock, is_demo)


def make_web(service: Service) -> FastAPI:
    """The HTTP application."""
    gateways = make_gateways(service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with background(service, gateways):
            yield
        await service.database.close()

    web = FastAPI(title="Somos", lifespan=lifespan, docs_url=None, redoc_url=None)

    web.add_middleware(BodyLimit)
    web.add_exception_handler(RequestValidationError, refuse_shape)
    web.include_router(operations.make_router(service.database))
    web.include_router(rest.make_router(service.turns))
    if gateways.whatsapp is not None:
        web.include_router(whatsapp.make_router(gateways.whatsapp.webhook))
    web.include_router(web_page.make_router(service.is_demo))
    web.mount("/static", web_page.static_files())
    return web


@asynccontextmanager
async def background(service: Service, gateways: Gateways) -> AsyncIterator[None]:
    """What runs beside HTTP: gateways that we poll, the inbox, delivery, a new model's arrival."""
    stop = asyncio.Event()
    telegram, whatsapp_ = gateways.telegram, gateways.whatsapp
    jobs = [
        ModelWatch(service.settings.model_path, service.turns.interpreter).run(stop),
        gateways.inbox.run(stop),
        make_handoff_watch(service, gateways.delivery.notify).run(stop),
        make_downloads(service, gateways).run(stop),
    ]
    if telegram is not None:
        jobs += [telegram.poll(stop)]
    if telegram is not None or whatsapp_ is not None:
        jobs += [gateways.delivery.run(stop)]
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
        if telegram is not None:
            await telegram.close()
        if whatsapp_ is not None:
            await whatsapp_.webhook.close()
            await whatsapp_.sender.close()


def make_gateways(service: Service) -> Gateways:
    """The way in, the way out, and the gateways that are configured."""
    delivery, inbox = make_delivery(service)
    telegram, whatsapp_ = None, make_whatsapp(service, inbox)
    if service.settings.telegram_token.get_secret_value():
        telegram = make_telegram(service, inbox)
        delivery.add("telegram", telegram, rate=service.settings.telegram_rate)
    if whatsapp_ is not None:
        delivery.add("whatsapp", whatsapp_.sender, rate=service.settings.whatsapp_rate)
    return Gateways(inbox, delivery, telegram, whatsapp_)


def make_delivery(service: Service) -> tuple[Delivery, Inbox]:
    """The way out, and the way in that tells it of new rows."""
    # Waits and retries fall due by the running clock, even where a trial froze the other one.
    running = make_clock(None)
    delivery = Delivery(service.database, running, attempts=service.settings.delivery_attempts)
    inbox = Inbox(service.turns, running, service.settings.burst_seconds, delivery.notify)
    return delivery, inbox


def make_handoff_watch(service: Service, notify: Callable[[], None]) -> HandoffWatch:
    """Who hands conversations back that staff left silent."""
    patience = timedelta(minutes=service.settings.handoff_minutes)
    return HandoffWatch(service.database, service.renderer, service.clock, patience, notify)


def make_telegram(service: Service, inbox: Inbox) -> Telegram:
    """The gateway."""
    return Telegram(
        service.settings.telegram_token.get_secret_value(),
        service.settings.telegram_api_url,
        store=inbox.store,
        database=service.database,
        commands=telegram_menu(service.renderer),
    )


def make_whatsapp(service: Service, inbox: Inbox) -> WhatsApp | None:
    """The gateway, if all of it is configured."""
    settings = service.settings
    if not settings.has_whatsapp:
        if settings.whatsapp_token.get_secret_value():
            log.error("WhatsApp stays off: SOMOS_WHATSAPP_PHONE_ID, _APP_SECRET and _VERIFY_TOKEN "
                      "are needed as well")  # fmt: skip
        return None
    # pywa takes a second to import.
    from bot.channels.whatsapp_send import Account, WhatsAppSender

    account = Account(
        settings.whatsapp_token.get_secret_value(),
        settings.whatsapp_phone_id,
        settings.whatsapp_api_url,
        settings.whatsapp_template,
    )
    sender = WhatsAppSender(account, whatsapp_labels(service.renderer), service.clock)
    webhook = whatsapp.WhatsAppWebhook(
        settings.whatsapp_app_secret.get_secret_value(),
        settings.whatsapp_verify_token.get_secret_value(),
        settings.whatsapp_phone_id,
        service.database,
        inbox.store,
        sender,
        settings.whatsapp_template,
        sender.troubles,
    )
    return WhatsApp(webhook, sender)


def whatsapp_labels(renderer: Renderer) -> dict[str, Labels]:
    """The few words that WhatsApp needs beside an answer's own, by language."""
    names = ("whatsapp_options", "whatsapp_more", "whatsapp_read_rest")
    return {
        language: Labels(*(renderer.render(name, language).text for name in names))
        for language in ("es", "en")
    }


def make_downloads(service: Service, gateways: Gateways) -> Downloads:
    """What fetches the files that citizens sent, and deletes those that nobody refers to."""
    settings = service.settings
    sources: dict[str, Source] = {}
    if gateways.whatsapp is not None:
        sources["whatsapp"] = gateways.whatsapp.sender
    store = MediaStore(settings.media_dir, int(settings.media_max_mb * 1_000_000))
    return Downloads(service.database, make_clock(None), store, sources)


def telegram_menu(renderer: Renderer) -> dict[str, dict[str, str]]:
    """The commands of Telegram's menu with their descriptions, by language."""
    return {
        language: {c: renderer.render(f"command_{c}", language).text for c in MENU}
        for language in ("es", "en")
    }
