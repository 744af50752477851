"""What a turn keeps of messages: rows for those that came and those to send.

Answers that are personal data and words of danger never enter the log of messages.
"""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from bot.messages import Incoming, Outgoing
from intents.given import birth_date_told
from intents.interpreter import DANGER
from storage.models import Conversation, Inbound, Outbound

# Answers to these questions are personal data: kept where they belong, not in the message log.
PERSONAL_SLOTS = frozenset(
    {
        "participant_name",
        "participant_document",
        "birth_date",
        "representative_name",
        "representative_document",
        "phone",
    }
)
PERSONAL_ENTITIES = frozenset({"national_id", "phone"})
MAX_TEXT = 10_000
# Channels whose answer goes back in the same request need no sending afterwards.
IMMEDIATE = frozenset({"rest", "console"})


def clean(incoming: Incoming) -> Incoming:
    """Without what a database refuses: control characters and broken surrogates."""
    text = incoming.text.encode("utf-8", "replace").decode("utf-8")[:MAX_TEXT]
    kept = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))
    return replace(incoming, text=kept.strip())


def tells_of_person(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether the message gave personal data that a form keeps, also before it was asked for."""
    return any(now.get(slot) not in (None, before.get(slot)) for slot in PERSONAL_SLOTS)


def new_row(conversation: Conversation, incoming: Incoming, now: datetime) -> Inbound:
    """The row of a message that arrived, with all its words until its turn."""
    return Inbound(
        channel=incoming.channel,
        external_id=incoming.external_id,
        conversation_id=conversation.id,
        text=incoming.text,
        attachments=[asdict(a) for a in incoming.attachments] or None,
        sent_order=incoming.order,
        album=incoming.album or None,
        is_public=incoming.is_public,
        status="waiting",
        received_at=now,
    )


def note_understanding(
    row: Inbound, incoming: Incoming, message: dict[str, Any] | None, asked: str | None
) -> None:
    """Note how a message was understood, and let go of words that must not be kept."""
    intent = message["intent"] if message else {"name": None, "confidence": None}
    found = {e["entity"] for e in message["entities"]} if message else set()
    # A birthday that comes before consent is kept nowhere.
    has_birthday = birth_date_told(incoming.text, row.received_at.date()) is not None
    private = asked in PERSONAL_SLOTS or intent["name"] in DANGER or found & PERSONAL_ENTITIES
    row.text = None if private or has_birthday else incoming.text
    # A file is known by its media row from now on; where somebody was, by nothing.
    row.attachments = None
    row.status = "done"
    row.intent, row.confidence = intent["name"], intent["confidence"]
    row.unclear = intent["name"] == "nlu_fallback" and asked is None


def outbound_rows(
    conversation: Conversation,
    said: list[Outgoing],
    now: datetime,
    inbound_id: int | None = None,
    kind: str = "reply",
) -> list[Outbound]:
    """Rows of what was said: to be sent, unless the channel's answer carries it."""
    account = conversation.account
    immediate = account.channel in IMMEDIATE
    return [
        Outbound(
            channel=account.channel,
            conversation_id=conversation.id,
            inbound_id=inbound_id,
            kind=kind,
            address=account.address,
            body=message.as_body(),
            status="sent" if immediate else "queued",
            created_at=now,
            sent_at=now if immediate else None,
        )
        for message in said
    ]
