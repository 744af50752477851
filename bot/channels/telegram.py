"""Telegram: updates by webhook or long polling, stored before they are confirmed.

What is not stored comes again: Telegram keeps it until it was confirmed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from telegram import BotCommand, Update
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.channels.telegram_bot import CHANNEL, TelegramBot, seconds_of
from bot.channels.telegram_manners import Manners
from bot.channels.telegram_sending import TelegramSender
from bot.channels.telegram_updates import (
    KINDS,
    Blocked,
    Moved,
    News,
    is_about_group,
    read_update,
)
from bot.channels.tokens import payload_of
from bot.clock import wait_at_most
from bot.delivery import backoff
from bot.messages import Incoming
from storage.database import Database
from storage.queries.conversations import move_address, set_blocked

log = logging.getLogger(__name__)
LONG_POLL = 25  # seconds
LONGEST_WAIT = 30.0  # seconds between attempts to receive
CONNECTIONS = 40  # of Telegram to our webhook at once


@dataclass(frozen=True)
class Webhook:
    """Where Telegram is to deliver, and the secret by which we know it."""

    url: str
    secret: str

    @classmethod
    def at(cls, url: str, path: str, secret: str) -> "Webhook":
        """`url` may leave out the route's path."""
        is_bare = urlsplit(url).path in ("", "/")
        return cls(url.rstrip("/") + path if is_bare else url, secret)


async def note(session: AsyncSession, news: Blocked | Moved) -> None:
    """Keep news about a chat."""
    if isinstance(news, Blocked):
        await set_blocked(session, CHANNEL, news.address, news.is_blocked)
    else:
        await move_address(session, CHANNEL, news.old, news.new)


class Telegram:
    """The Telegram channel: `run` receives; delivery calls `sender.send`.

    `store` is `Inbox.store`. `commands` is the menu: by language, each command (without slash)
    and its description; the first language is also that of people whose own is not there.
    Without a `webhook` it polls, which only one process may do at a time. `patience` is the first
    wait after a failure, in seconds.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        store: Callable[[Sequence[Incoming]], Awaitable[Sequence[Incoming]]],
        database: Database,
        commands: Mapping[str, Mapping[str, str]],
        webhook: Webhook | None = None,
        patience: float = 1.0,
    ) -> None:
        self._bot = TelegramBot(token, api_url)
        self.sender = TelegramSender(self._bot, database)
        self._manners = Manners(self._bot)
        self._store = store
        self._database = database
        self._commands = commands
        self.webhook = webhook
        self._patience = patience
        # The first update that is not stored yet.
        self._next: int | None = None
        # Why nothing is received now, for readiness.
        self.problem = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until told to stop: by webhook once that is registered, or by polling."""
        await self._show_menu()
        receive = self._poll_some if self.webhook is None else self._register
        failures, is_done = 0, False
        while not (stop.is_set() or is_done):
            try:
                is_done = await receive(stop)
                failures, self.problem = 0, ""
            except Exception as error:  # noqa: BLE001 - whatever broke, Telegram has the updates
                failures += 1
                self.problem = f"not receiving: {type(error).__name__}"
                await self._recover(error, failures, stop)

    async def _register(self, _stop: asyncio.Event) -> bool:
        if self.webhook is not None:
            await self._bot.set_webhook(
                self.webhook.url,
                secret_token=self.webhook.secret,
                allowed_updates=KINDS,
                max_connections=CONNECTIONS,
            )
        return True

    async def _poll_some(self, stop: asyncio.Event) -> bool:
        updates = await self._updates(stop)
        await self.receive(updates)
        if updates:
            self._next = updates[-1]["update_id"] + 1
        return False

    async def _updates(self, stop: asyncio.Event) -> list[Any]:
        # The offset confirms all updates below it: those are stored.
        asked = asyncio.create_task(self._bot.raw_updates(self._next, LONG_POLL, KINDS))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({asked, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return await asked if asked.done() else []
        finally:
            asked.cancel()
            stopped.cancel()
            await asyncio.gather(asked, stopped, return_exceptions=True)

    async def _recover(self, error: Exception, failures: int, stop: asyncio.Event) -> None:
        wait = backoff(failures, self._patience, LONGEST_WAIT)
        if isinstance(error, RetryAfter):
            wait = seconds_of(error)
        log.warning("telegram: %s, again in %.1f s", type(error).__name__, wait)
        if isinstance(error, Conflict) and "webhook" in error.message:
            # From another time; another process that polls says something else.
            log.warning("telegram: polling, so the webhook is deleted")
            with suppress(TelegramError):
                await self._bot.delete_webhook()
        await wait_at_most(wait, stop)

    async def receive(self, updates: Sequence[Any]) -> None:
        """Store what the updates (their JSON) say: from then on nothing of it is lost.

        Raises whatever hinders that: Telegram must then deliver them again.
        """
        me = await self._bot.me() if any(map(is_about_group, updates)) else None
        read = [read_update(raw, self._bot, me) for raw in updates]
        incoming = [m for update, news in read if (m := await self._take(update, news))]
        new = await self._store(incoming) if incoming else ()
        for update, _ in read:
            if update is not None and update.callback_query is not None:
                self._manners.pressed(update.callback_query)
        self._manners.type_in(message.sender for message in new)

    async def _take(self, update: Update | None, news: News | None) -> Incoming | None:
        """A message, with what its button stands for; news about a chat is noted."""
        if isinstance(news, Incoming):
            if update is None or update.callback_query is None:
                return news
            text = await payload_of(self._database, CHANNEL, news.sender, news.text)
            return replace(news, text=text)
        if news is not None:
            async with self._database.write() as session:
                await note(session, news)
        return None

    async def _show_menu(self) -> None:
        everyone = [(None, menu) for menu in self._commands.values()][:1]
        try:
            for language, menu in [*everyone, *self._commands.items()]:
                commands = [BotCommand(name, what) for name, what in menu.items()]
                await self._bot.set_my_commands(commands, language_code=language)
        except TelegramError as error:
            log.warning("telegram: menu not set: %s", type(error).__name__)

    async def close(self) -> None:
        """Give the connections back; after `run` and delivery ended."""
        await self._manners.close()
        await self._bot.close_connections()
