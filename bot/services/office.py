"""When staff answer: Monday to Friday between two hours, but for Ecuador's holidays."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

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
        return _is_working_day(local) and self.opens <= local.time() < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """The instant of the next opening, aware, in local time."""
        local = now.astimezone(LOCAL)
        opening = local.replace(
            hour=self.opens.hour, minute=self.opens.minute, second=0, microsecond=0
        )
        while opening <= local or not _is_working_day(opening):
            opening += timedelta(days=1)
        return opening


def _is_working_day(day: datetime) -> bool:
    return day.weekday() < 5 and day.date() not in holidays.country_holidays("EC", years=day.year)
