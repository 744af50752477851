"""What a Telegram message holds: words and attachments, free of what a database refuses."""

import math
from collections.abc import Iterator
from typing import Any

from telegram import Message

from bot.messages import Attachment, AttachmentKind

MAX_NUMBER = 2**63
MAX_REFERENCE = 200
# Where Telegram puts a file, by what we call it; an animation is a document as well.
FILES: tuple[tuple[AttachmentKind, str], ...] = (
    ("voice", "voice"),
    ("audio", "audio"),
    ("video", "video"),
    ("video", "video_note"),
    ("video", "animation"),
    ("document", "document"),
    ("sticker", "sticker"),
)


def text_of(message: Message) -> str:
    """The words, also those below a photo."""
    said = message.text or message.caption
    return said if isinstance(said, str) else ""


def attachments_of(message: Message) -> tuple[Attachment, ...]:
    """What came that isn't text; nothing for what Telegram itself tells of a chat."""
    return tuple(_attachments(message))


def _attachments(message: Message) -> Iterator[Attachment]:
    if message.location:
        place = message.location
        yield Attachment("location", latitude=_degrees(place.latitude),
                         longitude=_degrees(place.longitude))  # fmt: skip
    elif message.contact:
        yield Attachment("contact", phone=plain(message.contact.phone_number, 40))
    elif message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        yield _file("photo", largest, "image/jpeg")
    else:
        found = [(kind, file) for kind, name in FILES if (file := getattr(message, name))]
        for kind, file in found[:1]:
            yield _file(kind, file)
        if not found and message.effective_attachment:
            yield Attachment("other")


def _file(kind: AttachmentKind, file: Any, media_type: str = "") -> Attachment:
    reference = plain(file.file_id, MAX_REFERENCE + 1)
    size = getattr(file, "file_size", None)
    return Attachment(
        kind,
        # One that is cut would name another file, or none.
        reference if len(reference) <= MAX_REFERENCE else "",
        plain(getattr(file, "mime_type", None), 80) or media_type,
        plain(getattr(file, "file_name", None), 200),
        whole(size) if size is not None else None,
    )


def plain(value: Any, most: int) -> str:
    """A short text of the gateway's: no control characters, no half characters; "" if none."""
    if not isinstance(value, str):
        return ""
    kept = value.encode("utf-8", "replace").decode()
    return "".join(c for c in kept if c.isprintable())[:most]


def whole(value: Any) -> int:
    """A number that a database takes; raises ValueError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= MAX_NUMBER:
        raise ValueError(type(value).__name__)
    return value


def _degrees(value: Any) -> float:
    degrees = float(value)
    if not math.isfinite(degrees) or abs(degrees) > 180:
        raise ValueError("degrees")
    return degrees
