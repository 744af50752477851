"""What the first page shows: each figure a table with a heading, which a chart may draw.

The same rows feed chart, table and download.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from bot.matrices.plain import to_csv
from bot.matrices.tables import Cell, Table
from bot.panel.core import Words
from storage.queries import overview
from storage.queries.figures import Counted


@dataclass(frozen=True)
class Figure:
    """`name` is a key of words.yml (`figure_…`), `columns` are too (`column_…`). The chart draws
    the second column; where `of` is true, as a part of the third.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    columns: tuple[str, ...]
    of: bool = False

    @property
    def longest(self) -> float:
        """What the widest bar stands for."""
        values = (float(value) for row in self.rows for value in row[1 : 2 + self.of])
        return max(1.0, *values) if self.rows else 1.0

    def table(self, words: Words) -> Table:
        """For the downloads."""
        headings = tuple(words(f"column_{c}") for c in self.columns)
        return Table(
            words(f"figure_{self.name}"), "", "", headings, self.rows, (1,) * len(headings)
        )

    def csv(self, words: Words) -> bytes:
        """As a spreadsheet reads it, safe against formulas."""
        return to_csv([self.table(words)])


class Reader:
    """Makes figures of counted numbers; `words` names what has a code name in the database."""

    def __init__(self, counted: Sequence[Counted], words: Words) -> None:
        self._words = words
        self._by_day: dict[str, Counter[date]] = defaultdict(Counter)
        self._by_name: dict[str, Counter[str]] = defaultdict(Counter)
        for one in counted:
            self._by_day[one.figure][one.day] += one.value
            self._by_name[one.figure][one.name] += one.value

    def total(self, figure: str, name: str | None = None) -> int:
        """A figure's number over all days, of one name or of all."""
        names = self._by_name[figure]
        return names.total() if name is None else names[name]

    def _named(self, prefix: str, value: str) -> str:
        key = f"{prefix}_{value}"
        if not value:
            return self._words("not_told")
        return self._words(key) if key in self._words else value.replace("_", " ")

    def messages(self) -> Figure:
        """Messages and people, a row a day."""
        days = sorted(self._by_day["channels"].items())
        people = self._by_day["people"]
        rows = tuple((f"{day:%d/%m/%Y}", count, people[day]) for day, count in days)
        return Figure("messages", rows, ("day", "messages", "people"))

    def channels(self) -> Figure:
        """Where people write."""
        return self._most("channels", "channel", "messages", "channel")

    def understanding(self) -> Figure:
        """How messages were understood."""
        names = ("understood", "asked_back", "out_of_scope")
        rows = tuple(
            (self._words(f"understood_{n}"), self.total("understanding", n)) for n in names
        )
        return Figure("understanding", rows, ("outcome", "messages"))

    def themes(self) -> Figure:
        """What reports are about."""
        return self._most("themes", "theme", "reports", "theme")

    def answers(self) -> Figure:
        """How many days until a report was first answered, on average, by theme."""
        hours = self._by_name["answer_hours"]
        found = ((theme, n, hours[theme]) for theme, n in self._by_name["answered"].items() if n)
        rows = [
            (self._named("theme", theme), round(spent / n / 24), n) for theme, n, spent in found
        ]
        rows.sort(key=lambda row: -row[1])
        return Figure("answers", tuple(rows), ("theme", "days_to_answer", "answered"))

    def zones(self) -> Figure:
        """Where reports come from."""
        return self._most("zones", "zone", "reports", "zone")

    def ratings(self) -> Figure:
        """How people rate the attention: those who gave stars."""
        stars = sorted(
            ((int(n), c) for n, c in self._by_name["ratings"].items() if n), reverse=True
        )
        rows = tuple((self._words("stars", count=n), count) for n, count in stars)
        return Figure("ratings", rows, ("stars", "people"))

    def deliveries(self) -> Figure:
        """What became of what we sent."""
        found = sorted(self._by_name["deliveries"].items())
        parts = ((name.split("/", 1), count) for name, count in found)
        rows = tuple((f"{self._named('channel', c)}, {self._named('sent', state)}", count)
                     for (c, state), count in parts)  # fmt: skip
        return Figure("deliveries", rows, ("channel_state", "messages"))

    def _most(self, figure: str, column: str, number: str, prefix: str) -> Figure:
        found = self._by_name[figure].most_common()
        rows = tuple((self._named(prefix, name), count) for name, count in found)
        return Figure(figure, rows, (column, number))


async def casas(session: AsyncSession) -> Figure:
    """Places taken, by Casa."""
    return _places("casas", "casa", await overview.enrollments_by_casa(session))


async def categories(session: AsyncSession) -> Figure:
    """Places taken, by category."""
    return _places("categories", "category", await overview.enrollments_by_category(session))


def _places(name: str, column: str, found: overview.Rows) -> Figure:
    rows = tuple((str(n), int(taken), int(places), int(waiting))
                 for n, places, taken, waiting in found)  # fmt: skip
    return Figure(name, rows, (column, "taken", "places", "waiting"), of=True)


COUNTED: dict[str, Callable[[Reader], Figure]] = {
    "messages": Reader.messages,
    "channels": Reader.channels,
    "understanding": Reader.understanding,
    "themes": Reader.themes,
    "answers": Reader.answers,
    "zones": Reader.zones,
    "ratings": Reader.ratings,
    "deliveries": Reader.deliveries,
}
PLACES: dict[str, Callable[[AsyncSession], Awaitable[Figure]]] = {
    "casas": casas,
    "categories": categories,
}
