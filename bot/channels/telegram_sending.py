"""Telegram's way out: texts, buttons, files and maps, in as many pieces as Telegram needs.

Texts are plain: nothing in them is markup, so nothing has to be escaped. A piece that arrived is
not sent again by this process.
"""

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, TelegramError
from telegram.helpers import create_deep_linked_url

from bot.channels.telegram_bot import CHANNEL, TelegramBot, failure
from bot.channels.texts import fitting, split_text
from bot.channels.tokens import callback_data
from bot.delivery import Rejected, TemporaryFailure, Throttled
from bot.messages import Button, Outgoing, Parcel
from storage.database import Database
from storage.queries.conversations import answered_message, move_address

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_TITLE = 64
MAX_BUTTONS = 100
# So many buttons stand one below the other; of more, short ones stand in pairs.
ONE_A_ROW = 8
SHORT_TITLE = 22
# What to greet us means where others read along: to open the chat with us alone.
IN_PRIVATE = "/greet"
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True)
class Piece:
    """One call of the Bot API: its method and what it sends."""

    method: str
    content: dict[str, Any]


class TelegramSender:
    """Sends delivery's parcels and hands out the files of citizens."""

    def __init__(self, bot: TelegramBot, database: Database) -> None:
        self._bot = bot
        self._database = database
        # By row, the ids of the pieces that arrived before a failure.
        self._arrived: dict[int, list[str]] = {}

    async def send(self, parcel: Parcel) -> str:
        """Send a message and return its last piece's id; raises delivery's errors."""
        arrived = self._arrived.pop(parcel.row_id, [])
        try:
            try:
                await self._send(parcel, parcel.address, arrived)
            except ChatMigrated as moved:
                new = str(moved.new_chat_id)
                async with self._database.write() as session:
                    await move_address(session, CHANNEL, parcel.address, new)
                await self._send(parcel, new, arrived)
        except TelegramError as error:
            ours = failure(error)
            if arrived and isinstance(ours, Throttled | TemporaryFailure):
                self._arrived[parcel.row_id] = arrived
            raise ours from error
        return arrived[-1]

    async def _send(self, parcel: Parcel, address: str, arrived: list[str]) -> None:
        pieces = pieces_of(parcel.message)
        is_group = address.startswith("-")
        for number in range(len(arrived), len(pieces)):
            piece = pieces[number]
            if number:
                await parcel.next_piece()
            more: dict[str, Any] = {}
            if number == len(pieces) - 1:
                more["reply_markup"] = await self._keyboard(parcel.message.buttons, is_group)
            if number == 0 and is_group:
                more["reply_parameters"] = await self._answered(parcel)
            send = getattr(self._bot, piece.method)
            sent = await send(address, **piece.content, **more)
            arrived.append(str(sent.message_id))

    async def _keyboard(
        self, buttons: Sequence[Button], is_group: bool
    ) -> InlineKeyboardMarkup | None:
        home = ""
        if is_group and any(b.payload == IN_PRIVATE for b in buttons):
            home = create_deep_linked_url((await self._bot.me()).username, "hola")
        keys = [
            InlineKeyboardButton(fitting(b.title, MAX_TITLE), url=home)
            if home and b.payload == IN_PRIVATE
            else InlineKeyboardButton(
                fitting(b.title, MAX_TITLE), callback_data=callback_data(b.payload)
            )
            for b in buttons[:MAX_BUTTONS]
        ]
        return InlineKeyboardMarkup(_rows(keys)) if keys else None

    async def _answered(self, parcel: Parcel) -> ReplyParameters | None:
        """In a group, whom we answer; who pressed a button sees what for."""
        async with self._database.read() as session:
            external_id = await answered_message(session, parcel.row_id)
        parts = (external_id or "").split("/")
        if len(parts) != 3 or parts[1] != parcel.address:
            return None
        return ReplyParameters(int(parts[2]), allow_sending_without_reply=True)

    async def fetch(self, reference: str) -> AsyncIterator[bytes]:
        """A citizen's file, piece by piece; Telegram hands out at most 20 MB.

        Raises Rejected for what it will never hand out, TemporaryFailure for the rest.
        """
        try:
            file = await self._bot.get_file(reference)
        except BadRequest as error:
            raise Rejected(f"{type(error).__name__}: {error.message}") from error
        except TelegramError as error:
            raise TemporaryFailure(type(error).__name__) from error
        if not file.file_path:
            raise TemporaryFailure("no path")
        try:
            async with (
                httpx.AsyncClient(timeout=30) as client,
                client.stream("GET", file.file_path) as answer,
            ):
                if answer.status_code == 404:
                    raise Rejected("gone")
                answer.raise_for_status()
                async for chunk in answer.aiter_bytes():
                    yield chunk
        except httpx.HTTPError as error:
            # Without its words: they hold the address, and that the token.
            raise TemporaryFailure(type(error).__name__) from None


def pieces_of(message: Outgoing) -> list[Piece]:
    """Map, file, then words, so that the buttons stand below the words."""
    pieces = []
    if message.location:
        place = message.location
        where = {"latitude": place.latitude, "longitude": place.longitude}
        pieces.append(Piece("send_location", where))
    texts = split_text(message.text, MAX_TEXT)
    if message.document:
        document = message.document
        file = InputFile(base64.b64decode(document.content), filename=document.name)
        content: dict[str, Any] = {"document": file}
        if fitting(texts[0], MAX_CAPTION) == message.text.strip():
            content["caption"] = texts.pop(0)
        pieces.append(Piece("send_document", content))
    elif message.location and not texts[0]:
        texts.clear()
    return pieces + [
        Piece("send_message", {"text": text, "link_preview_options": NO_PREVIEW}) for text in texts
    ]


def _rows(keys: list[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    is_short = max(len(key.text) for key in keys) <= SHORT_TITLE
    width = 2 if len(keys) > ONE_A_ROW and is_short else 1
    return [keys[n : n + width] for n in range(0, len(keys), width)]
