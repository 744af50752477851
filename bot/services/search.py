"""Workshop search: from what a message named to offers, loosening what can't be met.

It always says what it loosened, so that nobody is sent to a workshop that they didn't ask for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intents.directions import directions, zone_slugs
from intents.subjects import subjects_of
from storage.queries.catalogue import Offer, WorkshopFilter, find_workshops, title_words

PAGE = 5
# Age bands only decide which workshops to show first; nobody is refused by them.
AGES = {
    "children": (4, 11),
    "adolescents": (12, 17),
    "young": (18, 29),
    "adults": (30, 64),
    "older": (65, 100),
}


@dataclass(frozen=True)
class Search:
    """What somebody looks for. `place` is how they called it; `audience` a slug or age."""

    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    casas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    ages: tuple[int, int] | None = None
    audience: str | None = None
    place: str | None = None
    free: bool = False
    any_word: bool = False

    def as_filter(self) -> WorkshopFilter:
        """The database's part of it."""
        return WorkshopFilter(
            self.categories if not self.words else (),
            self.words,
            self.any_word,
            self.casas,
            self.zones,
            self.weekdays,
            self.ages,
            self.free,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was named at all."""
        return self == Search()

    def dump(self) -> dict[str, Any]:
        """As kept in a slot."""
        return asdict(self)

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> "Search":
        """From a slot; JSON made lists of the tuples."""
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in saved.items()
        }
        return cls(**values)


@dataclass(frozen=True)
class Results:
    """A page of offers. `relaxed` names what was given up: words, weekdays, place, audience."""

    offers: list[Offer]
    total: int
    search: Search
    relaxed: tuple[str, ...] = ()


def zones_of(values: Iterable[str]) -> tuple[str, ...]:
    """Administrations for zone entities: a slug, or a direction such as `sur`."""
    return tuple(z for v in values for z in directions().get(v, (v,)) if z in zone_slugs())


def direction_of(zones: tuple[str, ...]) -> str | None:
    """`sur` for exactly the zones of the south, and so on."""
    return next((d for d, members in directions().items() if set(members) == set(zones)), None)


def weekdays_of(value: str) -> tuple[int, ...]:
    """Weekdays of a date entity's value; a whole week or more constrains nothing."""
    begin, _, end = value.partition("/")
    first, last = date.fromisoformat(begin), date.fromisoformat(end or begin)
    days = (last - first).days + 1
    if days >= 7:
        return ()
    return tuple(sorted((first + timedelta(days=d)).weekday() for d in range(days)))


def ages_of(audience: str) -> tuple[int, int] | None:
    """The ages of an audience entity: `older`, or `age:8`."""
    if audience.startswith("age:"):
        age = int(audience.removeprefix("age:"))
        return age, age
    return AGES.get(audience)


async def subject_words(session: AsyncSession, text: str) -> tuple[str, ...]:
    """The words of a message that current titles use."""
    return subjects_of(text, await title_words(session))


async def search_workshops(
    session: AsyncSession, search: Search, today: date, page: int = 1
) -> Results:
    """A page of what fits best; constraints fall one by one until something is found."""
    for attempt, relaxed in _attempts(search):
        offers, total = await find_workshops(
            session, attempt.as_filter(), today, (page - 1) * PAGE, PAGE
        )
        if total:
            return Results(offers, total, attempt, relaxed)
    return Results([], 0, search)


def _attempts(search: Search) -> Iterable[tuple[Search, tuple[str, ...]]]:
    """The search itself, then with single constraints dropped, then with several."""
    yield search, ()
    if len(search.words) > 1:
        search = replace(search, any_word=True)
        yield search, ()
    single = [(name, change) for name, change, present in _droppable(search) if present]
    for name, change in single:
        yield replace(search, **change), (name,)
    loose = search
    names: list[str] = []
    for name, change in single:
        loose, names = replace(loose, **change), [*names, name]
        if len(names) > 1:
            yield loose, tuple(names)


def _droppable(search: Search) -> Sequence[tuple[str, dict[str, Any], bool]]:
    return (
        ("free", {"free": False}, search.free),
        ("weekday", {"weekdays": ()}, bool(search.weekdays)),
        ("subject", {"words": ()}, bool(search.words and search.categories)),
        ("place", {"casas": (), "zones": (), "place": None}, bool(search.casas or search.zones)),
        ("audience", {"ages": None, "audience": None}, search.ages is not None),
    )
