"""Wires what carries messages in and out: inbox, delivery, and the gateways that are configured."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.channels import telegram_webhook, whatsapp
from bot.channels.media import Downloads, MediaStore, Source
from bot.channels.telegram import Telegram, Webhook
from bot.channels.whatsapp_forms import Labels
from bot.clock import is_between, make_clock
from bot.delivery import Delivery
from bot.dialogue.inbox import Inbox
from bot.dialogue.turn import Turns
from bot.settings import Settings
from responses.render import Renderer
from storage.database import Database
from storage.leadership import Leadership

if TYPE_CHECKING:
    from bot.channels.whatsapp_send import WhatsAppSender

log = logging.getLogger(__name__)
MENU = ("start", "ayuda", "cancelar", "misdatos", "baja")
# A receipt of WhatsApp's proves that a message was sent whose answer was lost: wait that long.
PROOF_SECONDS = 3.0


@dataclass(frozen=True)
class WhatsApp:
    """The gateway's way in and its way out."""

    webhook: whatsapp.WhatsAppWebhook
    sender: "WhatsAppSender"


@dataclass(frozen=True)
class Gateways:
    """What carries messages in and out."""

    leadership: Leadership
    inbox: Inbox
    delivery: Delivery
    downloads: Downloads
    telegram: Telegram | None
    whatsapp: WhatsApp | None

    def problems(self) -> dict[str, Callable[[], str]]:
        """By gateway, what asks for what is wrong with it now; no words: all is well."""
        return {name: partial(self._problem, name) for name in self.delivery.status()}

    def _problem(self, name: str) -> str:
        troubles: set[str] = {self.delivery.status()[name].problem}
        if name == "telegram" and self.telegram is not None:
            troubles.add(self.telegram.problem)
        if name == "whatsapp" and self.whatsapp is not None:
            troubles |= self.whatsapp.sender.troubles
        return ", ".join(sorted(troubles - {""}))

    async def receive(self, stop: asyncio.Event) -> None:
        """Ask Telegram for messages, while this process is the one that does; or register with it
        once, where it delivers.
        """
        if self.telegram is None:
            return
        if self.telegram.webhook is not None:
            await self.telegram.run(stop)
        else:
            await self.leadership.while_held("telegram-poll", self.telegram.run, stop)

    async def close(self) -> None:
        """Give the connections back, once nothing runs any more."""
        if self.telegram is not None:
            await self.telegram.close()
        if self.whatsapp is not None:
            await self.whatsapp.webhook.close()
            await self.whatsapp.sender.close()


def make_gateways(settings: Settings, turns: Turns, renderer: Renderer) -> Gateways:
    """All of it, over one database."""
    # Waits and retries fall due by the running clock, even where a trial froze the other one.
    running = make_clock(None)
    leadership = Leadership(turns.database)
    delivery = Delivery(
        turns.database,
        running,
        leadership,
        attempts=settings.delivery_attempts,
        is_quiet=lambda: is_between(turns.clock(), settings.quiet_from, settings.quiet_until),
    )
    inbox = Inbox(turns, running, settings.burst_seconds)
    sources: dict[str, Source] = {}
    telegram_ = _make_telegram(settings, inbox, turns.database, renderer)
    if telegram_ is not None:
        delivery.add(
            "telegram", telegram_.sender, settings.telegram_rate, settings.telegram_chat_rate
        )
        sources["telegram"] = telegram_.sender
    whatsapp_ = _make_whatsapp(settings, inbox, turns, renderer)
    if whatsapp_ is not None:
        delivery.add(
            "whatsapp",
            whatsapp_.sender,
            settings.whatsapp_rate,
            settings.whatsapp_chat_rate,
            settings.whatsapp_chat_burst,
            proof=PROOF_SECONDS,
        )
        sources["whatsapp"] = whatsapp_.sender
    store = MediaStore(settings.media_dir, int(settings.media_max_mb * 1_000_000))
    downloads = Downloads(turns.database, running, store, sources)
    return Gateways(leadership, inbox, delivery, downloads, telegram_, whatsapp_)


def _make_telegram(
    settings: Settings, inbox: Inbox, database: Database, renderer: Renderer
) -> Telegram | None:
    token = settings.telegram_token.get_secret_value()
    if not token:
        return None
    url, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
    return Telegram(
        token,
        settings.telegram_api_url,
        store=inbox.store,
        database=database,
        commands=telegram_menu(renderer),
        webhook=Webhook.at(url, telegram_webhook.PATH, secret.get_secret_value()) if url else None,
    )


def telegram_menu(renderer: Renderer) -> dict[str, dict[str, str]]:
    """The commands of Telegram's menu with their descriptions, by language."""
    return {
        language: {c: renderer.render(f"command_{c}", language).text for c in MENU}
        for language in ("es", "en")
    }


def _make_whatsapp(
    settings: Settings, inbox: Inbox, turns: Turns, renderer: Renderer
) -> WhatsApp | None:
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
    sender = WhatsAppSender(account, whatsapp_labels(renderer), turns.clock)
    webhook = whatsapp.WhatsAppWebhook(
        settings.whatsapp_app_secret.get_secret_value(),
        settings.whatsapp_verify_token.get_secret_value(),
        settings.whatsapp_phone_id,
        turns.database,
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
