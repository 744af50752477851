"""Invented events of the weeks around today; each day's are drawn with its date as the seed."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Event
from storage.seed.demo_shapes import Demo
from storage.seed.demo_timetable import House

_ECUADOR = ZoneInfo("America/Guayaquil")
_DAYS_BEFORE, _DAYS_AFTER = 7, 30


async def refresh_events(
    session: AsyncSession, demo: Demo, houses: list[House], today: date
) -> int:
    """Delete invented events that are over, and fill the days that have none."""
    first = today - timedelta(days=_DAYS_BEFORE)
    over = delete(Event).where(Event.demo, Event.starts_at < _instant(first, 0))
    await session.execute(over, execution_options={"synchronize_session": False})
    starts = await session.scalars(select(Event.starts_at).where(Event.demo))
    filled = {start.astimezone(_ECUADOR).date() for start in starts}
    window = (first + timedelta(days=n) for n in range(_DAYS_BEFORE + _DAYS_AFTER + 1))
    rows = [row for day in window if day not in filled for row in _day(demo, houses, day)]
    if rows:
        await session.execute(insert(Event), rows)
    return len(rows)


def _instant(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), _ECUADOR)


def _day(demo: Demo, houses: list[House], day: date) -> list[dict[str, Any]]:
    """The events of a day. Zones take turns, so that each has one every weekend."""
    chance = Random(f"somos demo {day}")  # noqa: S311
    zones = sorted({house.zone for house in houses})
    kinds = demo.events_by_weekday[day.weekday()]
    turns = ((kind, zones[(day.toordinal() * 5 + n) % len(zones)]) for n, kind in enumerate(kinds))
    return [
        _event(demo, chance, day, kind, chance.choice([h for h in houses if h.zone == zone]))
        for kind, zone in turns
    ]


def _event(demo: Demo, chance: Random, day: date, name: str, house: House) -> dict[str, Any]:
    kind = demo.events[name]
    text = chance.choice(kind.texts)
    place = chance.choice(kind.places)
    return {
        "slug": f"demo-{day}-{name}-{house.slug}",
        "title": text.title,
        "description": text.description,
        "kind": name,
        "starts_at": _instant(day, kind.hour),
        "ends_at": _instant(day, kind.hour + kind.hours),
        "zone_id": house.zone_id,
        "casa_id": house.id if place == "casa" else None,
        "place": demo.places[place].format(casa=house.name),
        "demo": True,
    }
