"""Accounts, their conversations, and the messages in and out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from storage.models import Account, Base, Conversation, Inbound, Outbound


def _insert_or_ignore(session: AsyncSession, table: type[Base], values: dict[str, Any]) -> Any:
    dialect = session.get_bind().dialect.name
    maker = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return maker(table).values(**values).on_conflict_do_nothing()


_WITH_ACCOUNT = (
    select(Conversation)
    .join(Conversation.account)
    .outerjoin(Conversation.held_case)
    .options(contains_eager(Conversation.account), contains_eager(Conversation.held_case))
)


def _locked(query: Select[Conversation], skip: bool = False) -> Select[Conversation]:
    # Not FOR UPDATE: messages that arrive meanwhile may refer to the row.
    return query.with_for_update(of=Conversation, key_share=True, skip_locked=skip)


async def lock_conversation(
    session: AsyncSession, channel: str, address: str, now: datetime
) -> Conversation:
    """The account's conversation, made if it's new, with its row locked until the commit."""
    return await _find_or_make(session, channel, address, now, _locked)


async def find_conversation(
    session: AsyncSession, channel: str, address: str, now: datetime
) -> Conversation:
    """The account's conversation, made if it's new, without a lock."""
    return await _find_or_make(session, channel, address, now, lambda query: query)


async def lock_conversation_by_id(
    session: AsyncSession, conversation_id: int, wait: bool = False
) -> Conversation | None:
    """The conversation, locked until the commit; None if another process has it now."""
    query = _locked(_WITH_ACCOUNT.where(Conversation.id == conversation_id), skip=not wait)
    return (await session.execute(query)).scalar_one_or_none()


async def _find_or_make(
    session: AsyncSession,
    channel: str,
    address: str,
    now: datetime,
    locking: Callable[[Select[Conversation]], Select[Conversation]],
) -> Conversation:
    mine = (Account.channel == channel, Account.address == address)
    query = locking(_WITH_ACCOUNT.where(*mine))
    found = (await session.execute(query)).scalar_one_or_none()
    if found is not None:
        return found
    new: dict[str, Any] = {"channel": channel, "address": address, "created_at": now,
                           "opted_out": False, "blocked": False}  # fmt: skip
    await session.execute(_insert_or_ignore(session, Account, new))
    account_id = (await session.execute(select(Account.id).where(*mine))).scalar_one()
    new = {"account_id": account_id, "state": {}, "language": "es", "updated_at": now}
    await session.execute(_insert_or_ignore(session, Conversation, new))
    return (await session.execute(query)).scalar_one()


async def conversation_of(session: AsyncSession, account_id: int) -> Conversation | None:
    """An account's conversation, without a lock."""
    query = _WITH_ACCOUNT.where(Account.id == account_id)
    return (await session.execute(query)).scalar_one_or_none()


async def who_said(
    session: AsyncSession, text: str, channels: Sequence[str], since: datetime
) -> Conversation | None:
    """The conversation in which just these words were said last, however they were written."""
    query = (
        _WITH_ACCOUNT.join(Inbound, Inbound.conversation_id == Conversation.id)
        .where(Inbound.channel.in_(channels), Inbound.received_at >= since)
        .where(func.lower(Inbound.text) == text.lower())
        .order_by(Inbound.id.desc())
        .limit(1)
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
        .where(
            Outbound.conversation_id == conversation_id,
            Outbound.status.not_in(("queued", "held", "sending")),
        )
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


async def set_blocked(session: AsyncSession, channel: str, address: str, blocked: bool) -> None:
    """Note that an address blocked us, or lets us in again."""
    mine = (Account.channel == channel, Account.address == address)
    await session.execute(update(Account).where(*mine).values(blocked=blocked))


async def move_address(session: AsyncSession, channel: str, old: str, new: str) -> None:
    """An address changed: its account and what waits to be sent follow it.

    Where the new one has an account already, that one goes on.
    """
    is_taken = select(Account.id).where(Account.channel == channel, Account.address == new)
    if (await session.execute(is_taken)).first() is None:
        mine = (Account.channel == channel, Account.address == old)
        await session.execute(update(Account).where(*mine).values(address=new))
    unsent = (
        Outbound.channel == channel,
        Outbound.address == old,
        Outbound.status.in_(("queued", "held", "sending")),
    )
    await session.execute(update(Outbound).where(*unsent).values(address=new))


async def answered_message(session: AsyncSession, outbound_id: int) -> str | None:
    """The external id of the message that a row answers."""
    query = (
        select(Inbound.external_id)
        .join(Outbound, Outbound.inbound_id == Inbound.id)
        .where(Outbound.id == outbound_id)
    )
    return (await session.execute(query)).scalar_one_or_none()
