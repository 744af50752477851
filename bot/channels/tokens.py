"""Short tokens for payloads that are too long for a gateway's buttons, and the way back.

A token means something only in the conversation that its button was sent to.
"""

import hashlib

from sqlalchemy import select

from bot.messages import Outgoing
from storage.database import Database
from storage.models import Account, Conversation, Outbound

TOKEN = "#"  # noqa: S105 - marks a digest in place of a longer payload
RECENT = 50  # rows in which a pressed button is looked for


def token_of(payload: str, longest: int) -> str:
    """What a button carries: its payload, or a digest of one that takes more bytes than that."""
    if len(payload.encode()) <= longest and not payload.startswith(TOKEN):
        return payload
    return TOKEN + hashlib.sha256(payload.encode()).hexdigest()[:20]


async def payload_of(database: Database, channel: str, sender: str, data: str) -> str:
    """The payload of a pressed button, also of an old one.

    One that is not found becomes a payload that a turn takes for a stale button.
    """
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
    return next((p for p in payloads if token_of(p, 0) == data), f"/{data}")
