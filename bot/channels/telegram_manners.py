"""What is polite on Telegram but nothing depends on: a pressed button goes away, "typing" is shown.

Done beside the rest, never waited for, left out when much is under way or Telegram refuses.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from time import monotonic
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.channels.telegram_bot import TelegramBot
from bot.channels.telegram_sending import MAX_TEXT
from bot.channels.texts import fitting

log = logging.getLogger(__name__)
MOST = 50  # at once
TYPING_LASTS = 5.0  # seconds, as Telegram shows it
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Manners:
    """Small courtesies through one bot."""

    def __init__(self, bot: TelegramBot) -> None:
        self._bot = bot
        self._under_way: set[asyncio.Task[None]] = set()
        self._typing: dict[str, float] = {}

    def pressed(self, query: CallbackQuery) -> None:
        """Take a pressed button away and show what was chosen."""
        self._soon(self._stop_spinner(query))
        if query.message is not None:
            self._soon(self._take_buttons(query))

    def type_in(self, chats: Iterable[str]) -> None:
        """Show that an answer is coming, once for messages shortly one after the other."""
        now = monotonic()
        self._typing = {c: end for c, end in self._typing.items() if end > now}
        for chat in sorted(set(chats) - self._typing.keys()):
            self._typing[chat] = now + TYPING_LASTS
            self._soon(self._type(chat))

    async def close(self) -> None:
        """Finish what is under way."""
        await asyncio.gather(*self._under_way)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._under_way) >= MOST:
            work.close()
            return
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _stop_spinner(self, query: CallbackQuery) -> None:
        try:
            await self._bot.answer_callback_query(query.id)
        except TelegramError as error:
            log.info("telegram: button press not answered: %s", type(error).__name__)

    async def _take_buttons(self, query: CallbackQuery) -> None:
        message = query.message
        if message is None:
            return
        text, title = _shown(message, query.data)
        chat, number = message.chat.id, message.message_id
        try:
            if title and fitting(text, MAX_TEXT) == text:
                await self._bot.edit_message_text(
                    text, chat, number, link_preview_options=NO_PREVIEW
                )
            else:
                await self._bot.edit_message_reply_markup(chat, number)
        except TelegramError as error:
            log.info("telegram: buttons not taken away: %s", type(error).__name__)

    async def _type(self, chat: str) -> None:
        try:
            await self._bot.send_chat_action(chat, ChatAction.TYPING)
        except TelegramError as error:
            log.info("telegram: typing not shown: %s", type(error).__name__)


def _shown(message: Any, data: str | None) -> tuple[str, str]:
    """The message's text with what was chosen below it, and the title of that."""
    said = message.text if isinstance(message, Message) else None
    markup = message.reply_markup if isinstance(message, Message) else None
    keys = markup.inline_keyboard if isinstance(markup, InlineKeyboardMarkup) else ()
    title = next((k.text for row in keys for k in row if k.callback_data == data), "")
    return f"{said}\n\n✓ {title}", title if said else ""
