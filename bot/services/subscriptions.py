"""Who wants to be told of what: begun with a clear yes, changed by asking again, ended at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Casa, Category, Subscription, Zone
from storage.queries.records import active_subscriptions

_TABLES: Mapping[str, Any] = {"zone": Zone, "casa": Casa, "category": Category}


def kind_of(wishes: Sequence[str]) -> str:
    """What wishes are of: all, zone, casa, category or kind; they are of one kind."""
    return wishes[0].partition(":")[0]


async def known_wishes(session: AsyncSession, wishes: Sequence[str]) -> list[str]:
    """Those whose zone, Casa or category there is."""
    return [w for w in dict.fromkeys(wishes) if await _scope(session, w) is not None]


async def subscribe(
    session: AsyncSession, account: Account, wishes: Sequence[str], consent: str, now: datetime
) -> None:
    """Tell an account of this from now on, instead of what it asked for before.

    Wishes are reasons as broadcasts name them; `consent`: what was asked and answered.
    """
    await _end(session, account, now)
    for wish in dict.fromkeys(wishes):
        scope = await _scope(session, wish)
        if scope is None:
            raise ValueError(f"no such wish: {wish}")
        session.add(
            Subscription(account_id=account.id, consent_words=consent, created_at=now, **scope)
        )
    account.opted_out = False


async def unsubscribe(session: AsyncSession, account: Account, now: datetime) -> None:
    """Nothing more of our own accord."""
    await _end(session, account, now)
    account.opted_out = True


async def _end(session: AsyncSession, account: Account, now: datetime) -> None:
    for subscription in await active_subscriptions(session, account.id):
        subscription.ended_at = now


async def _scope(session: AsyncSession, wish: str) -> dict[str, Any] | None:
    """The column of a wish, if any; None for what there isn't."""
    kind, _, name = wish.partition(":")
    if kind not in _TABLES:
        return {"event_kind": name} if kind == "kind" else {}
    table = _TABLES[kind]
    found = await session.execute(select(table.id).where(table.slug == name))
    number = found.scalar_one_or_none()
    return {f"{kind}_id": number} if number is not None else None
