"""Reads what WhatsApp's webhook is given: messages, receipts and events, each on its own.

An item that can't be read is counted and its neighbours are read all the same.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import hashlib
import logging
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from bot.delivery import Receipt
from bot.errors import where
from bot.messages import Attachment, AttachmentKind, Incoming

log = logging.getLogger(__name__)
CHANNEL = "whatsapp"
# Nobody waits for an answer to these: a thumb, a corrected or withdrawn message, a new number.
NOT_SAID = frozenset({"reaction", "edit", "revoke", "system", "request_welcome"})
Fate = Literal["sent", "delivered", "read", "failed"]
STATUSES: dict[str, Fate] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
# What doesn't know its type is an image in the only format that phones make of one.
FILES: dict[str, tuple[AttachmentKind, str]] = {
    "image": ("photo", "image/jpeg"),
    "audio": ("audio", "audio/ogg"),
    "video": ("video", "video/mp4"),
    "document": ("document", ""),
    "sticker": ("sticker", "image/webp"),
}
# A phone number in international form, or what stands for one that its owner hides.
ADDRESS = re.compile(r"\d{5,20}|[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
REFERENCE = re.compile(r"[\w-]{1,200}", re.ASCII)
EVENT = re.compile(r"[a-z_]{1,60}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LATEST = 2**33  # seconds; the year 2242
Json = Any


@dataclass(frozen=True)
class Message:
    """A citizen's message; `pressed`: its text is what a button of ours carried."""

    wamid: str
    incoming: Incoming
    pressed: bool = False


@dataclass(frozen=True)
class Event:
    """Something about the account or a template: what changed, how it is now, and of which."""

    field: str
    now: str
    name: str


@dataclass
class Payload:
    """What a payload held; `broken` items could not be read, `ignored` ones are not for us."""

    messages: list[Message] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    broken: int = 0
    ignored: int = 0


def read_payload(payload: Json, phone_id: str, now: datetime) -> Payload:
    """Everything in a payload that concerns our number."""
    found = Payload()
    for entry in _items(payload, "entry", found):
        for change in _items(entry, "changes", found):
            with_value = (
                change if isinstance(change.get("value"), dict) else {**change, "value": {}}
            )
            _read_change(with_value, phone_id, now, found)
    return found


def _read_change(change: Json, phone_id: str, now: datetime, found: Payload) -> None:
    value = change["value"]
    ours = _words(value, "metadata", "phone_number_id") in {"", phone_id}
    for message in _items(value, "messages", found):
        _each("message", message, lambda m: _read_message(m, now, found) if ours else None, found)
    for status in _items(value, "statuses", found):
        _each("status", status, lambda s: _read_status(s, now, found) if ours else None, found)
    if change.get("field") != "messages" and not {"messages", "statuses"} & value.keys():
        _each("event", change, lambda c: _read_event(c, found), found)


def _each(what: str, item: Json, read: Callable[[Json], object], found: Payload) -> None:
    """Read an item; whatever is wrong with it stays its own problem."""
    try:
        if read(item) is None:
            found.ignored += 1
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        found.broken += 1
        log.warning("whatsapp: unreadable %s: %s", what, where(error))


def _items(parent: Json, key: str, found: Payload) -> Iterator[Json]:
    """The objects of a list, which may be missing."""
    items = parent.get(key)
    if items is None:
        return
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, dict):
            yield item
        else:
            found.broken += 1


# Messages


def _read_message(message: Json, now: datetime, found: Payload) -> Message | None:
    kind = _words(message, "type")
    if kind in NOT_SAID or message.get("group_id"):
        return None
    sender = _words(message, "from") or _words(message, "from_user_id")
    wamid = _words(message, "id")
    if not (wamid and ADDRESS.fullmatch(sender)):
        raise ValueError("no sender or id")
    read = KINDS.get(kind, _nothing)
    text, attachments, pressed = read(kind, message)
    # A message's own id holds its sender's number, and ids are kept for ever.
    external_id = hashlib.sha256(wamid.encode()).hexdigest()
    order = int((_instant(message) or now).timestamp())
    incoming = Incoming(CHANNEL, sender, external_id, text, attachments, order=order)
    found.messages.append(Message(wamid, incoming, pressed))
    return found.messages[-1]


Said = tuple[str, tuple[Attachment, ...], bool]


def _text(kind: str, message: Json) -> Said:
    return _words(message, kind, "body"), (), False


def _template_button(kind: str, message: Json) -> Said:
    return _words(message, kind, "payload") or _words(message, kind, "text"), (), True


def _interactive(kind: str, message: Json) -> Said:
    reply = _words(message, kind, "type")
    if reply not in {"button_reply", "list_reply"}:
        return _nothing(kind, message)
    # A row that lost its id still says what its reader chose.
    pressed = _words(message, kind, reply, "id")
    return pressed or _words(message, kind, reply, "title"), (), bool(pressed)


def _file(kind: str, message: Json) -> Said:
    ours, usual = FILES[kind]
    if message[kind].get("voice") is True:
        ours = "voice"
    reference = _words(message, kind, "id")
    if not REFERENCE.fullmatch(reference):
        reference = ""
    file = Attachment(
        ours,
        reference,
        _words(message, kind, "mime_type") or usual,
        _words(message, kind, "filename"),
    )
    return _words(message, kind, "caption"), (file,), False


def _location(kind: str, message: Json) -> Said:
    latitude, longitude = (float(message[kind][k]) for k in ("latitude", "longitude"))
    if not (math.isfinite(latitude + longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError("nowhere on earth")
    name = _words(message, kind, "name") or _words(message, kind, "address")
    return "", (Attachment("location", name=name, latitude=latitude, longitude=longitude),), False


def _contacts(kind: str, message: Json) -> Said:
    people = [p for p in message[kind] if isinstance(p, dict)]
    cards = [
        Attachment(
            "contact",
            name=_words(person, "name", "formatted_name"),
            phone=_words(phone, "phone") or _words(phone, "wa_id"),
        )
        for person in people
        for phone in (person.get("phones") or [{}])[:5]
    ]
    return "", tuple(cards), False


def _nothing(_kind: str, _message: Json) -> Said:
    # Somebody did say something: they hear what we can read.
    return "", (Attachment("other"),), False


KINDS: dict[str, Callable[[str, Json], Said]] = {
    "text": _text,
    "button": _template_button,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    **dict.fromkeys(FILES, _file),
}


# Receipts and events


def _read_status(status: Json, now: datetime, found: Payload) -> Receipt | None:
    said = STATUSES.get(_words(status, "status"))
    if said is None:
        return None
    row, wamid = _words(status, "biz_opaque_callback_data"), _words(status, "id")
    if not wamid or len(wamid) > 300:
        raise ValueError("no id")
    found.receipts.append(
        Receipt(
            channel=CHANNEL,
            external_id=wamid,
            row_id=int(row) if re.fullmatch(r"[0-9]{1,18}", row) else None,
            status=said,
            at=_instant(status) or now,
            error=_code_of(status) if said == "failed" else "",
        )
    )
    return found.receipts[-1]


def _code_of(status: Json) -> str:
    errors = status.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, dict) else None
    return str(code)[:20] if isinstance(code, int) else "unknown"


def _read_event(change: Json, found: Payload) -> Event | None:
    name = _words(change, "field")
    if not EVENT.fullmatch(name):
        raise ValueError("no event")
    value = change["value"]
    now = _words(value, "event") or _words(value, "new_quality_score") or _words(value, "decision")
    of = _words(value, "message_template_name")
    found.events.append(Event(name, _plain(now), _plain(of)))
    return found.events[-1]


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "", text)[:100]


# Values


def _words(item: Json, *path: str) -> str:
    """The text at a path; empty where there is none. Without what databases refuse."""
    for key in path:
        item = item.get(key) if isinstance(item, dict) else None
    return CONTROL.sub("", item).strip() if isinstance(item, str) else ""


def _instant(item: Json) -> datetime | None:
    """When it happened, where a time is told that can be one."""
    told = item.get("timestamp")
    if isinstance(told, str) and re.fullmatch(r"[0-9]{1,12}", told):
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int) or not 0 < told < LATEST:
        return None
    return datetime.fromtimestamp(told, UTC)
