"""What a turn keeps of messages: rows for those that came and those to send.

Answers that are personal data and words of danger never enter the log of messages.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Incoming, Outgoing
from intents.interpreter import DANGER
from storage.models import Conversation, Inbound, Outbound
from storage.queries.conversations import is_known_inbound

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


async def as_one(session: AsyncSession, incoming: Incoming) -> Incoming:
    """The message with the words of those before it, but for any that an earlier turn had."""
    earlier = [
        e
        for e in incoming.earlier
        if not await is_known_inbound(session, incoming.channel, e.external_id)
    ]
    text = "\n".join(m.text for m in (*earlier, incoming) if m.text)
    return replace(incoming, text=text, earlier=tuple(earlier))


def clean(incoming: Incoming) -> Incoming:
    """Without what a database refuses: control characters and broken surrogates."""
    text = incoming.text.encode("utf-8", "replace").decode("utf-8")[:MAX_TEXT]
    kept = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))
    return replace(incoming, text=kept.strip(), earlier=tuple(map(clean, incoming.earlier)))


def joined_rows(conversation: Conversation, incoming: Incoming, now: datetime) -> Iterator[Inbound]:
    """Rows by which the earlier messages of a thought are known; the last one has the words."""
    for earlier in incoming.earlier:
        yield Inbound(
            channel=incoming.channel,
            external_id=earlier.external_id,
            conversation_id=conversation.id,
            status="joined",
            received_at=now,
        )


def tells_of_person(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether the message gave personal data that a form keeps, also before it was asked for."""
    return any(now.get(slot) not in (None, before.get(slot)) for slot in PERSONAL_SLOTS)


def inbound_row(
    conversation: Conversation,
    incoming: Incoming,
    message: dict[str, Any] | None,
    asked: str | None,
    now: datetime,
) -> Inbound:
    """The row of a message and how it was understood, without words that must not be kept."""
    intent = message["intent"] if message else {"name": None, "confidence": None}
    found = {e["entity"] for e in message["entities"]} if message else set()
    private = asked in PERSONAL_SLOTS or intent["name"] in DANGER or found & PERSONAL_ENTITIES
    return Inbound(
        channel=incoming.channel,
        external_id=incoming.external_id,
        conversation_id=conversation.id,
        text=None if private else incoming.text,
        status="done",
        intent=intent["name"],
        confidence=intent["confidence"],
        unclear=intent["name"] == "nlu_fallback" and asked is None,
        received_at=now,
    )


def outbound_rows(
    conversation: Conversation,
    said: list[Outgoing],
    now: datetime,
    inbound_id: int | None = None,
) -> list[Outbound]:
    """Rows of what was said: to be sent, unless the channel's answer carries it."""
    account = conversation.account
    immediate = account.channel in IMMEDIATE
    return [
        Outbound(
            channel=account.channel,
            conversation_id=conversation.id,
            inbound_id=inbound_id,
            address=account.address,
            body=message.as_body(),
            status="sent" if immediate else "queued",
            created_at=now,
            sent_at=now if immediate else None,
        )
        for message in said
    ]
