"""Telegram: updates by long polling, messages with inline keyboards.

An update is confirmed to Telegram only once its turn is committed; until then it comes again.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from time import monotonic

from sqlalchemy import select
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

from bot.channels.bursts import Bursts
from bot.delivery import Rejected, TemporaryFailure, Throttled, Undeliverable, backoff
from bot.messages import Button, Incoming, Outgoing
from storage.database import Database
from storage.models import Account, Conversation, Outbound

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
LOOKS = 6  # how often new updates are looked for while messages wait for each other
LONGEST_WAIT = 30.0  # seconds between attempts to receive
MAX_TEXT = 4096  # UTF-16 units, the strictest way to count
MAX_TITLE = 64
MAX_PAYLOAD = 64  # bytes
TOKEN = "#"  # noqa: S105 - marks a digest in place of a longer payload
RECENT = 50  # rows in which a pressed button is looked for
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

    `handle` is `Turns.handle`; `notify` says that it queued rows. `commands` is the menu: by
    language, each command (without slash) and its description; the first language is also that
    of people whose own is not there. `bursts` joins messages of one thought. `patience` is the
    first wait after a failure, in seconds.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        handle: Callable[[Incoming], Awaitable[object]],
        database: Database,
        notify: Callable[[], None],
        commands: Mapping[str, Mapping[str, str]],
        bursts: Bursts,
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
        self._handle = handle
        self._database = database
        self._notify = notify
        self._commands = commands
        self._patience = patience
        self._bursts = bursts
        # Updates that wait for a turn, and the first one not seen yet.
        self._waiting: set[int] = set()
        self._pressed: dict[str, str] = {}
        self._next = 0
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
                self._begin_again()
                await self._recover(error, failures, stop)

    def _begin_again(self) -> None:
        """Let Telegram give again whatever has no turn yet; what has one is known by its id."""
        self._next = min(self._waiting, default=self._next)
        self._waiting.clear()
        self._pressed.clear()
        self._bursts.clear()

    async def _receive_some(self, stop: asyncio.Event) -> None:
        """Take what there is, and answer what need not wait for more."""
        if self._waiting:
            # While messages wait, the rest is looked for without confirming them.
            await _pause(stop, self._bursts.quiet / LOOKS)
        for update in await self._updates(stop):
            if update.update_id in self._waiting or update.update_id < self._next:
                continue
            self._next = update.update_id + 1
            await self.receive(update)
        await self._answer_due()

    async def _updates(self, stop: asyncio.Event) -> Sequence[Update]:
        # The offset confirms all updates below it: never past one that waits.
        offset = min(self._waiting, default=self._next) or None
        wait = 0 if self._waiting else LONG_POLL
        asked = asyncio.create_task(
            self._bot.get_updates(offset=offset, timeout=wait, allowed_updates=KINDS)
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

    async def receive(self, update: Update) -> None:
        """Hold an update until its thought is complete, or handle it: then it is committed."""
        incoming = await self._incoming(update)
        if incoming is None:
            return
        self._waiting.add(update.update_id)
        self._bursts.add(incoming, monotonic())
        if update.callback_query is not None:
            self._pressed[incoming.external_id] = update.callback_query.id
        if not self._bursts.quiet:
            await self._answer_due()

    async def _answer_due(self) -> None:
        for incoming in self._bursts.take_due(monotonic()):
            await self._handle(incoming)
            self._waiting -= {int(m.external_id) for m in (*incoming.earlier, incoming)}
            self._notify()
            pressed = self._pressed.pop(incoming.external_id, None)
            if pressed is not None:
                task = asyncio.create_task(self._stop_spinner(pressed))
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
        text = await self._payload(sender, query.data or "") if query else _words(typed or "")
        return Incoming(CHANNEL, sender, str(update.update_id), text)

    async def _payload(self, sender: str, data: str) -> str:
        """The payload of a pressed button, also of an old one."""
        if not data.startswith(TOKEN):
            return data
        query = (
            select(Outbound.body)
            .join(Conversation, Conversation.id == Outbound.conversation_id)
            .join(Account, Account.id == Conversation.account_id)
            .where(Account.channel == CHANNEL, Account.address == sender)
            .order_by(Outbound.id.desc())
            .limit(RECENT)
        )
        async with self._database.read() as session:
            bodies = (await session.execute(query)).scalars().all()
        payloads = (b.payload for body in bodies for b in Outgoing.from_body(body).buttons)
        # The slash makes a turn take it for a button that means nothing any more.
        return next((p for p in payloads if callback_data(p) == data), f"/{data}")

    async def _stop_spinner(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as error:
            log.info("telegram: button press not answered: %s", type(error).__name__)

    async def send(self, address: str, message: Outgoing) -> str:
        """Send a message, long texts in several; the last one's id. Raises delivery's errors."""
        # Parts that arrived before a failure are not sent again with the next attempt.
        sent = self._parts.pop((address, message), [])
        parts = split_text(message.text)
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


def callback_data(payload: str) -> str:
    """What a button carries: its payload, or a digest of one that Telegram would refuse."""
    if len(payload.encode()) <= MAX_PAYLOAD and not payload.startswith(TOKEN):
        return payload
    return TOKEN + hashlib.sha256(payload.encode()).hexdigest()[:20]


def split_text(text: str) -> list[str]:
    """Parts that Telegram takes, cut after the last paragraph, line or word that fits."""
    text, parts = text.strip(), []
    while len(window := _fitting(text)) < len(text):
        cuts = (window.rfind(separator) for separator in ("\n\n", "\n", " "))
        cut = next((cut for cut in cuts if cut > 0), len(window))
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text]


def _fitting(text: str) -> str:
    return text.encode("utf-16-le")[: 2 * MAX_TEXT].decode("utf-16-le", "ignore")


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
