"""Accounts, their conversations, and the messages in and out."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from storage.models import Account, Base, Conversation, Inbound, Outbound


def _insert_or_ignore(session: AsyncSession, table: type[Base], values: dict[str, Any]) -> Any:
    dialect = session.get_bind().dialect.name
    maker = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return maker(table).values(**values).on_conflict_do_nothing()


async def lock_conversation(
    session: AsyncSession, channel: str, address: str, now: datetime
) -> Conversation:
    """The account's conversation, made if it's new, with its row locked until the commit."""
    query = (
        select(Conversation)
        .join(Conversation.account)
        .where(Account.channel == channel, Account.address == address)
        .options(contains_eager(Conversation.account))
        .with_for_update(of=Conversation)
    )
    found = (await session.execute(query)).scalar_one_or_none()
    if found is not None:
        return found
    await session.execute(
        _insert_or_ignore(
            session,
            Account,
            {"channel": channel, "address": address, "created_at": now, "opted_out": False,
             "blocked": False},
        )
    )  # fmt: skip
    account_id = (
        await session.execute(
            select(Account.id).where(Account.channel == channel, Account.address == address)
        )
    ).scalar_one()
    await session.execute(
        _insert_or_ignore(
            session,
            Conversation,
            {"account_id": account_id, "state": {}, "language": "es", "updated_at": now},
        )
    )
    return (await session.execute(query)).scalar_one()


async def conversation_of(session: AsyncSession, account_id: int) -> Conversation | None:
    """An account's conversation, without a lock."""
    query = (
        select(Conversation)
        .join(Conversation.account)
        .where(Account.id == account_id)
        .options(contains_eager(Conversation.account))
    )
    return (await session.execute(query)).scalar_one_or_none()


async def is_known_inbound(session: AsyncSession, channel: str, external_id: str) -> bool:
    """Whether this very message was already taken."""
    query = select(Inbound.id).where(Inbound.channel == channel, Inbound.external_id == external_id)
    return (await session.execute(query)).first() is not None


async def blank_messages(session: AsyncSession, conversation_id: int) -> None:
    """Forget the words of a conversation; what still has to be sent stays."""
    await session.execute(
        update(Inbound).where(Inbound.conversation_id == conversation_id).values(text=None)
    )
    await session.execute(
        update(Outbound)
        .where(Outbound.conversation_id == conversation_id, Outbound.status == "sent")
        .values(body={"text": ""})
    )


async def answers_to(session: AsyncSession, channel: str, external_id: str) -> list[Outbound]:
    """What a message was answered, in order."""
    query = (
        select(Outbound)
        .join(Inbound, Inbound.id == Outbound.inbound_id)
        .where(Inbound.channel == channel, Inbound.external_id == external_id)
        .order_by(Outbound.id)
    )
    return list((await session.execute(query)).scalars())


async def queued_by_channel(session: AsyncSession) -> dict[str, int]:
    """How many messages wait to be sent."""
    query = (
        select(Outbound.channel, func.count())
        .where(Outbound.status == "queued")
        .group_by(Outbound.channel)
    )
    return dict((await session.execute(query)).all())
