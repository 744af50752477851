"""What is on: from what was asked to events, loosening what can't be met, and saying it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from intents.wishes import says
from storage.models import Event
from storage.queries.records import find_events

WEEK, MONTH = 7, 31
MOST = 500
# What has begun is still on for a while.
UNDER_WAY = timedelta(hours=3)


@dataclass(frozen=True)
class AgendaSearch:
    """What somebody asks of the agenda; `around` are the zones of the Casas, days are ISO."""

    kinds: tuple[str, ...] = ()
    casas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    place: str | None = None
    first: str | None = None
    last: str | None = None
    after: str | None = None
    before: str | None = None
    part: str | None = None
    audience: str | None = None
    free: bool = False

    def refined_by(self, later: "AgendaSearch") -> "AgendaSearch":
        """This search with what was said later: each kind of wish that it names replaces ours."""
        groups = (
            ("kinds",), ("casas", "zones", "around", "place"), ("first", "last"),
            ("after", "before", "part"), ("audience",), ("free",),
        )  # fmt: skip
        empty = AgendaSearch()
        changed = {
            f: getattr(later, f)
            for group in groups
            if any(getattr(later, g) != getattr(empty, g) for g in group)
            for f in group
        }
        return replace(self, **changed)

    def days(self, today: date, default: int = WEEK) -> tuple[date, date]:
        """The days asked about; `default` many from today on when none were."""
        if self.first is None or self.last is None:
            return today, today + timedelta(days=default - 1)
        first, last = date.fromisoformat(self.first), date.fromisoformat(self.last)
        # Of "this week" only what is left of it.
        return (today if first < today <= last else first), last

    def dump(self) -> dict[str, Any]:
        """As kept in a slot."""
        return {k: v for k, v in asdict(self).items() if v}

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> "AgendaSearch":
        """From a slot; JSON made lists of the tuples."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in saved.items() if k in known
        }
        return cls(**values)


@dataclass(frozen=True)
class Found:
    """Events by time; `relaxed` names what was given up: hour, audience, free, zone, period,
    kind, place.
    """

    events: list[Event]
    search: AgendaSearch
    relaxed: tuple[str, ...] = ()


async def find_agenda(
    session: AsyncSession, search: AgendaSearch, now: datetime, default: int
) -> Found:
    """All events that fit best."""
    for attempt, relaxed in _attempts(search, now.astimezone(LOCAL).date(), default):
        events = await _events(session, attempt, now, default)
        if events:
            return Found(events, attempt, relaxed)
    return Found([], search)


async def _events(
    session: AsyncSession, search: AgendaSearch, now: datetime, default: int
) -> list[Event]:
    first, last = search.days(now.astimezone(LOCAL).date(), default)
    begin = max(datetime.combine(first, time(), LOCAL), now - UNDER_WAY)
    end = datetime.combine(last + timedelta(days=1), time(), LOCAL)
    events, _ = await find_events(
        session, begin, end, zones=search.zones, casas=search.casas, kinds=search.kinds, limit=MOST
    )
    return [event for event in events if _fits(event, search)]


def _fits(event: Event, search: AgendaSearch) -> bool:
    """Hour, audience and price, as far as the event's own words tell."""
    begins = event.starts_at.astimezone(LOCAL).strftime("%H:%M")
    if not (search.after or "") <= begins < (search.before or "99"):
        return False
    words = f"{event.title} {event.description}"
    if search.audience and not says(search.audience, words):
        return False
    return not search.free or says("free_event", words)


def _attempts(
    search: AgendaSearch, today: date, default: int
) -> Iterator[tuple[AgendaSearch, tuple[str, ...]]]:
    """The search itself, then with one thing given up, then with several."""
    yield search, ()
    first, last = search.days(today, default)
    later = max(first, today)
    longer = {"first": later.isoformat(), "last": (later + timedelta(days=MONTH)).isoformat()}
    steps: list[tuple[str, dict[str, Any], object]] = [
        ("zone", {"casas": (), "zones": search.around}, search.casas and search.around),
        ("hour", {"after": None, "before": None, "part": None}, search.after or search.before),
        ("free", {"free": False}, search.free),
        ("audience", {"audience": None}, search.audience),
        ("period", longer, last - first < timedelta(days=MONTH - 1)),
        ("place", {"casas": (), "zones": (), "place": None}, search.casas or search.zones),
        ("kind", {"kinds": ()}, search.kinds),
    ]
    present = [(name, change) for name, change, is_there in steps if is_there]
    for name, change in present:
        yield replace(search, **change), (name,)
    loose, names = search, list[str]()
    for name, change in present:
        loose, names = replace(loose, **change), [*names, name]
        yield loose, tuple(n for n in names if n != "zone" or "place" not in names)
