"""Payloads too long for a button: a short token travels, and only its own conversation knows it."""

import hashlib

from sqlalchemy import select

from bot.messages import Outgoing
from storage.database import Database
from storage.models import Account, Conversation, Outbound

MAX_PAYLOAD = 64  # bytes, Telegram's limit
TOKEN = "#"  # noqa: S105 - marks a digest in place of a longer payload
RECENT = 50  # rows in which a pressed button is looked for


def callback_data(payload: str, limit: int = MAX_PAYLOAD) -> str:
    """What a button carries: its payload, or a digest of one longer than `limit` bytes."""
    if len(payload.encode()) <= limit and not payload.startswith(TOKEN):
        return payload
    return TOKEN + hashlib.sha256(payload.encode()).hexdigest()[:20]


async def payload_of(
    database: Database, channel: str, sender: str, data: str, limit: int = MAX_PAYLOAD
) -> str:
    """The payload of a pressed button, also of an old one; `limit` as for `callback_data`."""
    if not data.startswith(TOKEN):
        return data
    query = (
        select(Outbound.body)
        .join(Conversation, Conversation.id == Outbound.conversation_id)
        .join(Account, Account.id == Conversation.account_id)
        .where(Account.channel == channel, Account.address == sender)
        .order_by(Outbound.id.desc())
        .limit(RECENT)
    )
    async with database.read() as session:
        bodies = (await session.execute(query)).scalars().all()
    payloads = (b.payload for body in bodies for b in Outgoing.from_body(body).buttons)
    # The slash makes a turn take it for a button that means nothing any more.
    return next((p for p in payloads if callback_data(p, limit) == data), f"/{data}")
