"""Cases: citizens who asked for a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Conversation, HandoffCase, Inbound, Media, Outbound

Message = TypeVar("Message", Inbound, Outbound)


async def open_case_of(session: AsyncSession, conversation_id: int) -> HandoffCase | None:
    """The case of a conversation that is not closed."""
    query = select(HandoffCase).where(
        HandoffCase.conversation_id == conversation_id, HandoffCase.status != "closed"
    )
    return (await session.execute(query)).scalar_one_or_none()


async def get_case(session: AsyncSession, case_id: int) -> HandoffCase | None:
    """One case, locked until the commit."""
    return await session.get(HandoffCase, case_id, with_for_update=True)


async def open_cases(session: AsyncSession) -> list[HandoffCase]:
    """Cases that wait or are held, who waits longest first."""
    query = select(HandoffCase).where(HandoffCase.status != "closed").order_by(HandoffCase.id)
    return list((await session.execute(query)).scalars())


async def open_cases_with_channel(
    session: AsyncSession, after_id: int, limit: int
) -> list[tuple[HandoffCase, str, str]]:
    """A page of open cases, who waits longest first, with the channel and language of each."""
    query = (
        select(HandoffCase, Account.channel, Conversation.language)
        .join(Conversation, Conversation.id == HandoffCase.conversation_id)
        .join(Account, Account.id == Conversation.account_id)
        .where(HandoffCase.status != "closed", HandoffCase.id > after_id)
        .order_by(HandoffCase.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def media_of(session: AsyncSession, inbound_ids: Sequence[int]) -> list[Media]:
    """The files that came with some messages."""
    query = select(Media).where(Media.inbound_id.in_(inbound_ids)).order_by(Media.id)
    return list((await session.execute(query)).scalars())


async def silent_cases(session: AsyncSession, before: datetime) -> list[HandoffCase]:
    """Held cases in which nobody said a word since then, locked; those others have are left."""
    query = (
        select(HandoffCase)
        .where(HandoffCase.status == "held", HandoffCase.last_word_at < before)
        .order_by(HandoffCase.id)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(query)).scalars())


async def history(
    session: AsyncSession, conversation_id: int, limit: int
) -> list[Inbound | Outbound]:
    """The last messages of a conversation in both directions, oldest first."""
    said: list[Inbound | Outbound] = [
        *await _last(session, Inbound, conversation_id, limit),
        *await _last(session, Outbound, conversation_id, limit),
    ]
    return sorted(said, key=_moment)[-limit:]


async def _last(
    session: AsyncSession, table: type[Message], conversation_id: int, limit: int
) -> list[Message]:
    query = (
        select(table)
        .where(table.conversation_id == conversation_id)
        .order_by(table.id.desc())
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


def _moment(message: Inbound | Outbound) -> tuple[datetime, bool, int]:
    # At the same instant, what was heard comes before what was said.
    is_said = isinstance(message, Outbound)
    at = message.created_at if isinstance(message, Outbound) else message.received_at
    return at, is_said, message.id
