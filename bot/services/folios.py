"""Folios: IN-2026-000123 for an enrolment, AS-2026-00045 for what a citizen reported."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from storage.queries.enrollments import next_number

_DIGITS = {"IN": 6, "AS": 5}


async def next_folio(session: AsyncSession, prefix: str, now: datetime) -> str:
    """The next number of the year in Ecuador; without gaps, since the row stays locked."""
    year = now.astimezone(LOCAL).year
    number = await next_number(session, prefix, year)
    return f"{prefix}-{year}-{number:0{_DIGITS[prefix]}d}"
