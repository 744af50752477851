"""How a sending goes on: the newest with their counts, how fast, and how much longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.broadcasts.sheet import Counts
from storage.models import Broadcast
from storage.queries import sheets

# Receipts come for some days; older ones are counted when somebody opens them.
FRESH = timedelta(days=7)
SPAN = timedelta(minutes=1)


@dataclass(frozen=True)
class Pace:
    """Messages a minute, and the time that those who wait take at that; None: not known yet."""

    a_minute: int
    left: timedelta | None


async def counts_of(
    session: AsyncSession, broadcasts: Sequence[Broadcast], now: datetime
) -> dict[int, Counts]:
    """The counts of those that go on, or ended lately, by broadcast."""
    ids = [
        b.id
        for b in broadcasts
        if b.planned_at is not None and (b.ended_at is None or b.ended_at > now - FRESH)
    ]
    found: dict[int, Counts] = {broadcast_id: Counts() for broadcast_id in ids}
    for broadcast_id, fate, number in await sheets.totals(session, ids) if ids else ():
        found[broadcast_id].add(fate, number)
    return found


async def pace_of(session: AsyncSession, broadcast_id: int, waiting: int) -> Pace:
    """How fast it goes: by the last minute in which anything was sent."""
    number, seconds = await sheets.pace(session, broadcast_id, SPAN)
    if number < 2 or seconds <= 0:
        return Pace(number, None)
    # Between so many messages lies one pause fewer.
    each = seconds / (number - 1)
    return Pace(round(60 / each), timedelta(seconds=round(each * waiting)))
