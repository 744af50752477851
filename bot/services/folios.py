"""Folios: IN-2026-000123 for an enrolment, AS-2026-00045 for what a citizen reported."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from storage.models import FolioCounter
from storage.queries.enrollments import lock_counter

_DIGITS = {"IN": 6, "AS": 5}


async def next_folio(session: AsyncSession, prefix: str, now: datetime) -> str:
    """The next number of the year in Ecuador; without gaps, since the row stays locked."""
    year = now.astimezone(LOCAL).year
    counter = await lock_counter(session, prefix, year)
    if counter is None:
        counter = FolioCounter(prefix=prefix, year=year, last=0)
        session.add(counter)
    counter.last += 1
    await session.flush()
    return f"{prefix}-{year}-{counter.last:0{_DIGITS[prefix]}d}"
