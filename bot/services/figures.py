"""Figures over a span of days. A day that is over is counted once and kept; today is counted anew.

What still changes for a while (receipts, corrections) is counted again: the last days each hour.
"""

from datetime import date, datetime, time, timedelta

from bot.clock import LOCAL
from storage.database import Database
from storage.queries import figures as queries
from storage.queries.figures import Counted

UNSETTLED = 14  # days
FRESH = timedelta(hours=1)
LOCK = 736876


def midnight(day: date) -> datetime:
    """The instant at which a day begins in Ecuador."""
    return datetime.combine(day, time(), LOCAL)


async def figures_of(database: Database, now: datetime, days: int) -> list[Counted]:
    """Every number of so many days, today among them; oldest first."""
    today = now.astimezone(LOCAL).date()
    first = today - timedelta(days=days - 1)
    async with database.read() as session:
        kept = await queries.kept_days(session, first)
    wanted = [
        day
        for day in (first + timedelta(days=n) for n in range(days - 1))
        if day not in kept or ((today - day).days <= UNSETTLED and now - kept[day] >= FRESH)
    ]
    if wanted:
        async with database.write() as session:
            # Who comes at the same time counts after us, and finds the same.
            await database.lock(session, LOCK)
            until = midnight(wanted[-1] + timedelta(days=1))
            counted = await queries.count_days(session, midnight(wanted[0]), until)
            await queries.keep(session, wanted, counted, now)
    async with database.read() as session:
        past = await queries.kept_figures(session, first)
        live = await queries.count_days(session, midnight(today), midnight(today) + timedelta(1))
    return [one for one in past if one.day < today] + live
