"""What a Telegram update says: a message for us, news about a chat, or nothing.

Whatever its fields hold, nothing here raises and nothing that a database refuses comes out.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatID, ChatMemberStatus, ChatType

from bot.channels.telegram_bot import CHANNEL, Me, TelegramBot
from bot.channels.telegram_content import attachments_of, plain, text_of, whole
from bot.errors import where
from bot.messages import Attachment, Incoming

log = logging.getLogger(__name__)
KINDS = ("message", "callback_query", "my_chat_member")
COMMANDS = {
    "/start": "/greet",
    "/ayuda": "/help",
    "/help": "/help",
    "/cancelar": "/cancel",
    "/misdatos": "/delete_my_data",
    "/baja": "/unsubscribe_agenda",
}
# What comes after /start in a link to us, and the button that it stands for.
LINKS = (
    (re.compile(r"taller_(\d{1,9})"), '/ask_workshops{{"workshop": "{}"}}'),
    (re.compile(r"evento_(\d{1,9})"), '/ask_event{{"event": "{}"}}'),
)
GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
GONE = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
# All that is needed to answer a message whose other fields can't be read.
ESSENTIALS = ("message_id", "text", "caption")


@dataclass(frozen=True)
class Blocked:
    """Somebody blocked us or let us in again; a group threw us out or took us in."""

    address: str
    is_blocked: bool


@dataclass(frozen=True)
class Moved:
    """A group became a supergroup, with another address."""

    old: str
    new: str


News = Incoming | Blocked | Moved


def read_update(raw: Any, bot: TelegramBot, me: Me | None) -> tuple[Update | None, News | None]:
    """The update as PTB reads it, and its news. `me` is needed for groups only."""
    try:
        update = Update.de_json(raw, bot)
        return update, _news(update, bot, me)
    except Exception as error:  # noqa: BLE001 - who can't be read must not stop the others
        log.warning("telegram: an update can't be read: %s", where(error))
    try:
        update = Update.de_json(_essentials(raw), bot)
        message, number = update.message, whole(update.update_id)
        return None, _said(message, number, bot, me, (Attachment("other"),)) if message else None
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("telegram: an update is left out: %s", where(error))
    return None, None


def is_about_group(raw: Any) -> bool:
    """Whether our name is needed to read it."""
    message = raw.get("message") if isinstance(raw, Mapping) else None
    chat = message.get("chat") if isinstance(message, Mapping) else None
    return isinstance(chat, Mapping) and chat.get("type") in ("group", "supergroup")


def _essentials(raw: Any) -> Any:
    """A message without the fields that newer versions may have changed."""
    message = raw["message"]
    chat = {"id": message["chat"]["id"], "type": message["chat"]["type"]}
    kept = {key: message[key] for key in ESSENTIALS if key in message}
    return {"update_id": raw["update_id"], "message": {**kept, "date": 0, "chat": chat}}


def _news(update: Update, bot: TelegramBot, me: Me | None) -> News | None:
    number = whole(update.update_id)
    if update.callback_query:
        return _pressed(update.callback_query, number, bot)
    if update.my_chat_member:
        return _membership(update.my_chat_member)
    # Edited messages and posts of channels are no messages to us.
    message = update.message
    if message is None:
        return None
    here = str(whole(message.chat.id))
    if message.migrate_to_chat_id:
        return Moved(here, str(whole(message.migrate_to_chat_id)))
    if message.migrate_from_chat_id:
        return Moved(str(whole(message.migrate_from_chat_id)), here)
    return _said(message, number, bot, me, attachments_of(message))


def _said(
    message: Message,
    number: int,
    bot: TelegramBot,
    me: Me | None,
    attachments: tuple[Attachment, ...],
) -> Incoming | None:
    text, is_public = text_of(message), message.chat.type in GROUPS
    if is_public:
        if me is None or not _is_addressed(message, text, me):
            return None
        text = without_name(text, me) or ("" if attachments else "/greet")
    elif message.chat.type != ChatType.PRIVATE or not (text or attachments):
        return None
    chat, message_id = whole(message.chat.id), whole(message.message_id)
    return Incoming(
        CHANNEL,
        str(chat),
        _id_of(is_public, bot.number, chat, message_id),
        command_of(text),
        attachments,
        order=number,
        album=plain(message.media_group_id, 80),
        is_public=is_public,
    )


def _pressed(query: CallbackQuery, number: int, bot: TelegramBot) -> Incoming | None:
    """A press; the same button of the same message is the same press, however often."""
    message, data = query.message, query.data
    if message is None or not data or message.chat.type not in (ChatType.PRIVATE, *GROUPS):
        return None
    chat, message_id = whole(message.chat.id), whole(message.message_id)
    digest = hashlib.sha256(data.encode("utf-8", "replace")).hexdigest()[:16]
    is_public = message.chat.type in GROUPS
    return Incoming(
        CHANNEL,
        str(chat),
        _id_of(is_public, bot.number, chat, message_id, digest),
        data,
        order=number,
        is_public=is_public,
    )


def _id_of(is_public: bool, *parts: object) -> str:
    """Not the update's id: after a quiet week it may begin anywhere. A new bot counts anew.

    Ids are kept for ever, so that of a private chat must not name it. In a group it says which
    message is answered.
    """
    told = "/".join(map(str, parts))
    return told if is_public else hashlib.sha256(told.encode()).hexdigest()


def _membership(change: ChatMemberUpdated) -> Blocked | None:
    if change.chat.type == ChatType.CHANNEL:
        return None
    return Blocked(str(whole(change.chat.id)), change.new_chat_member.status in GONE)


def _is_addressed(message: Message, text: str, me: Me) -> bool:
    """Whether somebody in a group means us: by name, by a command to us, by a reply to us."""
    sender, answered = message.from_user, message.reply_to_message
    if message.is_automatic_forward or (
        sender and sender.is_bot and sender.id != ChatID.ANONYMOUS_ADMIN
    ):
        return False
    if answered and answered.from_user and answered.from_user.id == me.id:
        return True
    return _name(me).search(text) is not None


def without_name(text: str, me: Me) -> str:
    """What is said to us, without our name."""
    return _name(me).sub(r"\1", text).strip(" ,:\n")


def _name(me: Me) -> re.Pattern[str]:
    # Behind a command, or a word of its own: not the end of somebody's address.
    return re.compile(rf"(^/\w+|(?<![\w@.]))@{re.escape(me.username)}(?!\w)", re.I)


def command_of(text: str) -> str:
    """The text, or the payload of the command or link that it starts with."""
    first, *rest = text.split(maxsplit=1) or [""]
    command = first.partition("@")[0].lower()
    for pattern, payload in LINKS if command == "/start" else ():
        if rest and (found := pattern.fullmatch(rest[0].strip())):
            return payload.format(found[1])
    return COMMANDS.get(command, text)
