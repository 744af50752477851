"""What is done with a message that isn't text: a place or a phone answers, files go to staff."""

from datetime import datetime
from typing import Any

from bot.messages import Attachment, Incoming
from storage.models import Inbound, Media

# Questions that a shared place or contact answers.
PLACE_SLOTS = frozenset({"report_place"})
PHONE_SLOTS = frozenset({"phone"})
SPOKEN = frozenset({"voice", "audio"})


def words_of(incoming: Incoming, asked: str | None) -> str:
    """The message's words, or what its place or contact says to the open question."""
    if incoming.text:
        return incoming.text
    for attachment in incoming.attachments:
        if asked in PLACE_SLOTS and attachment.kind == "location":
            return f"{attachment.latitude:.5f}, {attachment.longitude:.5f}"
        if asked in PHONE_SLOTS and attachment.kind == "contact":
            return attachment.phone
    return ""


def reply_to(attachments: tuple[Attachment, ...]) -> dict[str, Any]:
    """What is said to a message without words."""
    kinds = {attachment.kind for attachment in attachments}
    if kinds & SPOKEN:
        return {"response": "utter_voice_kept"}
    if kinds == {"location"}:
        return {"response": "utter_location_seen"}
    if any(attachment.is_file for attachment in attachments) and "sticker" not in kinds:
        return {"response": "utter_file_kept"}
    return {"response": "utter_text_only"}


def wanted_media(
    inbound: Inbound, attachments: tuple[Attachment, ...], now: datetime
) -> list[Media]:
    """Rows of the files to download for staff; stickers say nothing."""
    return [
        Media(
            inbound_id=inbound.id,
            channel=inbound.channel,
            kind=attachment.kind,
            reference=attachment.reference,
            media_type=attachment.media_type[:80],
            name=attachment.name[:300],
            size=attachment.size,
            status="wanted",
            created_at=now,
        )
        for attachment in attachments
        if attachment.is_file and attachment.kind != "sticker"
    ]
