"""Telegram: updates by long polling, messages with inline keyboards.

An update is confirmed to Telegram only once it is stored; until then it comes again.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ChatType
from telegram.error import BadRequest, Conflict, Forbidden, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.texts import split_text
from bot.channels.tokens import callback_data, payload_of
from bot.delivery import Rejected, TemporaryFailure, Throttled, Undeliverable, backoff
from bot.messages import Button, Incoming, Outgoing, Parcel
from storage.database import Database

log = logging.getLogger(__name__)
# Without it, PTB warns each time that it reads how long Telegram wants us to wait.
os.environ["PTB_TIMEDELTA"] = "true"

CHANNEL = "telegram"
COMMANDS = {
    "/start": "/greet",
    "/ayuda": "/help",
    "/help": "/help",
    "/cancelar": "/cancel",
    "/misdatos": "/delete_my_data",
    "/baja": "/unsubscribe_agenda",
}
KINDS = ("message", "callback_query")
LONG_POLL = 25  # seconds
LONGEST_WAIT = 30.0  # seconds between attempts to receive
MAX_TEXT = 4096  # UTF-16 units, the strictest way to count
MAX_TITLE = 64
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

# What Telegram says, and what that means to us; the first line that fits counts.
FAILURES: tuple[tuple[type[TelegramError], str, type[Exception]], ...] = (
    (Forbidden, "", Undeliverable),
    (BadRequest, "chat not found", Undeliverable),
    (BadRequest, "user not found", Undeliverable),
    (BadRequest, "peer_id_invalid", Undeliverable),
    (BadRequest, "", Rejected),
    (TelegramError, "", TemporaryFailure),
)


class Telegram:
    """The Telegram channel: `poll` receives; delivery calls `send`.

    `store` is `Inbox.store`. `commands` is the menu: by language, each command (without slash)
    and its description; the first language is also that of people whose own is not there.
    `patience` is the first wait after a failure, in seconds.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        store: Callable[[Sequence[Incoming]], Awaitable[object]],
        database: Database,
        commands: Mapping[str, Mapping[str, str]],
        patience: float = 1.0,
    ) -> None:
        _keep_secrets_out_of_logs()
        self._polling = HTTPXRequest(connection_pool_size=1)
        self._sending = HTTPXRequest(read_timeout=20, pool_timeout=20)
        self._bot = Bot(
            token,
            base_url=f"{api_url.rstrip('/')}/bot",
            request=self._sending,
            get_updates_request=self._polling,
        )
        self._store = store
        self._database = database
        self._commands = commands
        self._patience = patience
        # The first update that is not stored yet.
        self._next: int | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self._parts: dict[tuple[str, Outgoing], list[str]] = {}

    async def poll(self, stop: asyncio.Event) -> None:
        """Receive until told to stop; after a failure, wait and ask again from the same update."""
        await self._show_menu()
        failures = 0
        while not stop.is_set():
            try:
                await self._receive_some(stop)
                failures = 0
            except Exception as error:  # noqa: BLE001 - whatever broke, Telegram has the updates
                failures += 1
                await self._recover(error, failures, stop)

    async def _receive_some(self, stop: asyncio.Event) -> None:
        updates = await self._updates(stop)
        await self.receive(updates)
        if updates:
            self._next = updates[-1].update_id + 1

    async def _updates(self, stop: asyncio.Event) -> Sequence[Update]:
        # The offset confirms all updates below it: those are stored.
        asked = asyncio.create_task(
            self._bot.get_updates(offset=self._next, timeout=LONG_POLL, allowed_updates=KINDS)
        )
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({asked, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return await asked if asked.done() else ()
        finally:
            asked.cancel()
            stopped.cancel()
            await asyncio.gather(asked, stopped, return_exceptions=True)

    async def _recover(self, error: Exception, failures: int, stop: asyncio.Event) -> None:
        wait = backoff(failures, self._patience, LONGEST_WAIT)
        if isinstance(error, RetryAfter):
            wait = _seconds(error)
        log.warning("telegram: %s, again in %.1f s", type(error).__name__, wait)
        if isinstance(error, Conflict):
            # A webhook from another time; if it is another process that polls, no harm done.
            with suppress(TelegramError):
                await self._bot.delete_webhook()
        await _pause(stop, wait)

    async def receive(self, updates: Sequence[Update]) -> None:
        """Store what the updates say: from then on nothing of it is lost."""
        found = [await self._incoming(update) for update in updates]
        await self._store([incoming for incoming in found if incoming is not None])
        for update in updates:
            if update.callback_query is not None:
                self._soon(self._stop_spinner(update.callback_query.id))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what nothing depends on, beside the rest."""
        task = asyncio.create_task(work)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _incoming(self, update: Update) -> Incoming | None:
        """The message of a private chat, empty for what is not text; None for anything else."""
        query = update.callback_query
        message = query.message if query else update.message
        if message is None or message.chat.type != ChatType.PRIVATE:
            return None
        sender = str(message.chat.id)
        typed = update.message.text if update.message else None
        text = (
            await payload_of(self._database, CHANNEL, sender, query.data or "")
            if query
            else _words(typed or "")
        )
        return Incoming(CHANNEL, sender, str(update.update_id), text, order=update.update_id)

    async def _stop_spinner(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as error:
            log.info("telegram: button press not answered: %s", type(error).__name__)

    async def send(self, parcel: Parcel) -> str:
        """Send a message, long texts in several; the last one's id. Raises delivery's errors."""
        address, message = parcel.address, parcel.message
        # Parts that arrived before a failure are not sent again with the next attempt.
        sent = self._parts.pop((address, message), [])
        parts = split_text(message.text, MAX_TEXT)
        try:
            for part in parts[len(sent) :]:
                is_last = len(sent) == len(parts) - 1
                sent.append(await self._send(address, part, message.buttons if is_last else ()))
        except TelegramError as error:
            failure = _failure(error)
            if sent and isinstance(failure, Throttled | TemporaryFailure):
                self._parts[address, message] = sent
            raise failure from error
        return sent[-1]

    async def _send(self, address: str, text: str, buttons: Sequence[Button]) -> str:
        rows = [
            [InlineKeyboardButton(b.title[:MAX_TITLE], callback_data=callback_data(b.payload))]
            for b in buttons
        ]
        keyboard = InlineKeyboardMarkup(rows) if rows else None
        message = await self._bot.send_message(
            address, text, reply_markup=keyboard, link_preview_options=NO_PREVIEW
        )
        return str(message.message_id)

    async def _show_menu(self) -> None:
        everyone = [(None, menu) for menu in self._commands.values()][:1]
        try:
            for language, menu in [*everyone, *self._commands.items()]:
                commands = [BotCommand(name, what) for name, what in menu.items()]
                await self._bot.set_my_commands(commands, language_code=language)
        except TelegramError as error:
            log.warning("telegram: menu not set: %s", type(error).__name__)

    async def close(self) -> None:
        """Give the connections back; after `poll` and delivery ended."""
        await asyncio.gather(*self._answers)
        await self._polling.shutdown()
        await self._sending.shutdown()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _words(text: str) -> str:
    """The text, or the payload of the command that it starts with."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return COMMANDS.get(first.partition("@")[0].lower(), text)


def _failure(error: TelegramError) -> Exception:
    if isinstance(error, RetryAfter):
        return Throttled(_seconds(error))
    said = error.message.lower()
    kind = next(k for theirs, part, k in FAILURES if isinstance(error, theirs) and part in said)
    return kind(f"{type(error).__name__}: {error.message}")


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _keep_secrets_out_of_logs() -> None:
    # httpx logs addresses, which hold the token; PTB logs whole updates that it can't parse.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
