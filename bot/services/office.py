"""When staff answer: Monday to Friday between two hours, but for Ecuador's holidays."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays

from bot.clock import LOCAL


@dataclass(frozen=True)
class Office:
    """Office hours in America/Guayaquil."""

    opens: time = time(8)
    closes: time = time(16, 30)

    def is_open(self, now: datetime) -> bool:
        """Whether somebody is there at that instant."""
        local = now.astimezone(LOCAL)
        return _is_working_day(local.date()) and self.opens <= local.time() < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """The instant of the next opening, aware, in local time."""
        local = now.astimezone(LOCAL)
        opening = local.replace(
            hour=self.opens.hour, minute=self.opens.minute, second=0, microsecond=0
        )
        while opening <= local or not _is_working_day(opening.date()):
            opening += timedelta(days=1)
        return opening


def working_days_after(day: date, count: int) -> date:
    """The day on which so many working days have passed; the first one is the next."""
    while count > 0:
        day += timedelta(days=1)
        count -= _is_working_day(day)
    return day


def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("EC", years=year))
