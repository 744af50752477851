"""Messages that were not understood, and the examples that staff made of them."""

from datetime import date
from typing import Any

from sqlalchemy import and_, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Example, Inbound


async def count_message(
    session: AsyncSession, plain: str, text: str, guess: str | None, confidence: float, on: date
) -> None:
    """Keep a message, or count it once more; what staff decided about it stays."""
    dialect = session.get_bind().dialect.name
    maker: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = maker(Example).values(
        plain=plain, text=text, guess=guess, confidence=confidence, chosen={}, count=1, last_on=on,
        status="new",
    )  # fmt: skip
    # Newer guesses count while nobody decided: the model may have changed since.
    undecided = Example.status == "new"
    again = {
        "count": Example.count + 1,
        "last_on": on,
        "guess": case((undecided, guess), else_=Example.guess),
        "confidence": case((undecided, confidence), else_=Example.confidence),
    }
    await session.execute(new.on_conflict_do_update(index_elements=[Example.plain], set_=again))


async def example_of(session: AsyncSession, plain: str) -> Example | None:
    """The kept message with this spelling, locked until the commit."""
    query = select(Example).where(Example.plain == plain).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def get_example(session: AsyncSession, example_id: int) -> Example | None:
    """One kept message, locked until the commit."""
    return await session.get(Example, example_id, with_for_update=True)


async def list_examples(session: AsyncSession, status: str | None) -> list[Example]:
    """Kept messages, the most frequent first."""
    query = select(Example).order_by(Example.count.desc(), Example.id)
    if status:
        query = query.where(Example.status == status)
    return list((await session.execute(query)).scalars())


async def frequent_examples(
    session: AsyncSession, status: str, after: tuple[int, int] | None, limit: int
) -> list[Example]:
    """A page of messages, the most frequent first, after a count and id."""
    query = (
        select(Example)
        .where(Example.status == status)
        .order_by(Example.count.desc(), Example.id.desc())
        .limit(limit)
    )
    if after:
        count, last_id = after
        below = and_(Example.count == count, Example.id < last_id)
        query = query.where(or_(Example.count < count, below))
    return list((await session.execute(query)).scalars())


async def approved_examples(session: AsyncSession) -> list[tuple[str, str]]:
    """Text and intent of what staff approved, in a stable order."""
    query = (
        select(Example.text, Example.intent)
        .where(Example.status == "approved", Example.intent.is_not(None))
        .order_by(Example.plain)
    )
    return [(text, intent) for text, intent in await session.execute(query) if intent]


async def delete_examples_before(session: AsyncSession, day: date) -> None:
    """Forget what nobody wrote since and staff did not approve."""
    await session.execute(
        delete(Example).where(Example.last_on < day, Example.status != "approved")
    )


async def last_heard(session: AsyncSession, inbound: Inbound, limit: int) -> list[Inbound]:
    """The messages of a conversation before this one, newest first."""
    query = (
        select(Inbound)
        .where(Inbound.conversation_id == inbound.conversation_id, Inbound.status == "done")
        .order_by(Inbound.id.desc())
        .limit(limit)
    )
    if inbound.id is not None:
        query = query.where(Inbound.id != inbound.id)
    return list((await session.execute(query)).scalars())
