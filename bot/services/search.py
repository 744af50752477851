"""Workshop search: from what was asked to offers, loosening what can't be met.

It always says what it loosened, so that nobody is sent to a workshop that they didn't ask for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intents.directions import directions
from storage.queries.catalogue import (
    Offer,
    WorkshopFilter,
    count_workshops,
    find_workshops,
    zone_slugs_of,
)

PAGE = 5


@dataclass(frozen=True)
class Search:
    """What somebody looks for, in slugs. `subjects` and `place` are how they called it, `titles`
    what that means in the catalogue; `unknown` a subject that the catalogue doesn't have;
    `audience` a slug or ages; `after` and `before` are HH:MM; `without_*` is what they refuse.
    """

    subjects: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    unknown: str | None = None
    casas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    place: str | None = None
    weekdays: tuple[int, ...] = ()
    after: str | None = None
    before: str | None = None
    part: str | None = None
    ages: tuple[int, int] | None = None
    audience: str | None = None
    free: bool = False
    with_places: bool = False
    without_subjects: tuple[str, ...] = ()
    without_titles: tuple[str, ...] = ()
    without_categories: tuple[str, ...] = ()
    without_casas: tuple[str, ...] = ()
    without_zones: tuple[str, ...] = ()
    without_weekdays: tuple[int, ...] = ()

    def as_filter(self) -> WorkshopFilter:
        """The database's part of it. A known subject says more than its category."""
        return WorkshopFilter(
            titles=self.titles,
            categories=() if self.titles else self.categories,
            casas=self.casas,
            zones=self.zones,
            weekdays=self.weekdays,
            ages=self.ages,
            every_age=bool(self.audience and self.audience.startswith("age:")),
            free=self.free,
            with_places=self.with_places,
            after=time.fromisoformat(self.after) if self.after else None,
            before=time.fromisoformat(self.before) if self.before else None,
            not_titles=self.without_titles,
            not_categories=self.without_categories,
            not_casas=self.without_casas,
            not_zones=self.without_zones,
            not_weekdays=self.without_weekdays,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was named at all."""
        return self == Search()

    @property
    def has_topic(self) -> bool:
        """Whether a subject or category was named."""
        return bool(self.subjects or self.categories or self.unknown)

    def refined_by(self, later: "Search") -> "Search":
        """This search with what was said later: each kind of wish that it names replaces ours."""
        groups = (
            ("subjects", "titles", "categories", "unknown"), ("casas", "zones", "place"),
            ("weekdays",), ("after", "before", "part"), ("ages", "audience"),
        )  # fmt: skip
        empty = Search()
        changed: dict[str, Any] = {}
        for group in groups:
            if any(getattr(later, f) != getattr(empty, f) for f in group):
                changed |= {f: getattr(later, f) for f in group}
        changed |= {f: True for f in ("free", "with_places") if getattr(later, f)}
        merged = replace(self, **changed)
        return merged._without(later)

    def _without(self, later: "Search") -> "Search":
        """What is refused now is no longer wished, and what is wished now no longer refused."""
        values: dict[str, Any] = {}
        for name in ("subjects", "titles", "categories", "casas", "zones", "weekdays"):
            refused = tuple(dict.fromkeys([*getattr(self, f"without_{name}"),
                                           *getattr(later, f"without_{name}")]))  # fmt: skip
            wished, wished_now = getattr(self, name), getattr(later, name)
            values[f"without_{name}"] = tuple(v for v in refused if v not in wished_now)
            values[name] = tuple(v for v in wished if v not in getattr(later, f"without_{name}"))
        if not (values["casas"] or values["zones"]):
            values["place"] = None
        return replace(self, **values)

    def dump(self) -> dict[str, Any]:
        """As kept in a slot: what was wished, nothing else."""
        empty = asdict(Search())
        return {k: v for k, v in asdict(self).items() if v != empty[k]}

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> "Search":
        """From a slot; JSON made lists of the tuples, and an older version may have kept more."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in saved.items() if k in known
        }
        return cls(**values)


@dataclass(frozen=True)
class Results:
    """A page of offers. `search` is what they fit; `relaxed` names what was given up for it:
    zone, direction and place (how far the place was widened), hour, weekday, places, free,
    subject, audience.
    """

    offers: list[Offer]
    total: int
    search: Search
    relaxed: tuple[str, ...] = ()


async def search_workshops(
    session: AsyncSession, search: Search, today: date, page: int = 1
) -> Results:
    """A page of what fits best; constraints fall until something is found."""
    first = (page - 1) * PAGE
    offers, total = await find_workshops(session, search.as_filter(), today, first, PAGE)
    if not offers and first:
        # Past the last page, unless nothing fits at all.
        total = (await count_workshops(session, [search.as_filter()], today))[0]
    found, relaxed = search, tuple[str, ...]()
    if not total:
        zones = await zone_slugs_of(session, search.casas)
        attempts = list(_attempts(search, zones))
        counts = await count_workshops(session, [a.as_filter() for a, _ in attempts], today)
        best = next((n for n, count in enumerate(counts) if count), None)
        if best is None:
            return Results([], 0, search)
        found, relaxed = attempts[best]
        offers, _ = await find_workshops(session, found.as_filter(), today, first, PAGE)
        total = counts[best]
    return Results(offers, total, found, relaxed)


Step = tuple[str, dict[str, Any]]


def _attempts(search: Search, zones: tuple[str, ...]) -> Iterator[tuple[Search, tuple[str, ...]]]:
    """One wish given up, then several, the dearest last. `zones`: those of the Casas."""
    places = list(_wider_places(search, zones))
    near = [step for step in places if step[0] == "zone"]
    small: list[tuple[str, dict[str, Any], object]] = [
        ("hour", {"after": None, "before": None, "part": None}, search.after or search.before),
        ("weekday", {"weekdays": ()}, search.weekdays),
        ("places", {"with_places": False}, search.with_places),
        ("free", {"free": False}, search.free),
    ]
    # An age decides who may come, so that it falls after the subject's category has been tried.
    last: list[tuple[str, dict[str, Any], object]] = [
        ("subject", {"titles": ()}, search.titles and search.categories),
        ("audience", {"ages": None, "audience": None}, search.ages),
    ]
    steps: list[Step] = [
        *near,
        *((n, change) for n, change, present in small if present),
        *places[len(near) :],
        *((n, change) for n, change, present in last if present),
    ]
    for name, change in steps:
        yield replace(search, **change), (name,)
    for first in range(len(steps)):
        loose, names = replace(search, **steps[first][1]), [steps[first][0]]
        for name, change in steps[first + 1 :]:
            loose, names = replace(loose, **change), [*names, name]
            yield loose, _widest(names)


def _wider_places(search: Search, zones: tuple[str, ...]) -> Iterator[Step]:
    """The neighbouring Casas of the zone, the zones of that side of the city, the whole city."""
    around = zones if search.casas else search.zones
    if search.casas:
        yield "zone", {"casas": (), "zones": around, "place": None}
    sides = [members for members in directions().values() if set(around) < set(members)]
    if around and sides:
        yield "direction", {"casas": (), "zones": sides[0], "place": None}
    if around:
        yield "place", {"casas": (), "zones": (), "place": None}


def _widest(names: list[str]) -> tuple[str, ...]:
    """Of several steps in place only the widest is told."""
    places = [n for n in names if n in ("zone", "direction", "place")]
    return tuple(n for n in names if n not in places[:-1])
