"""What the first page shows: each figure a table with a heading, which a chart may draw.

The same rows feed chart, table and download.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.matrices.plain import to_csv
from bot.matrices.tables import Cell, Table
from bot.panel.core import Words
from storage.models import Report
from storage.queries import overview

Found = tuple[Sequence[Sequence[object]], tuple[str, ...]]


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
    """Makes figures over a span of time; `words` names what has a code name in the database."""

    def __init__(self, session: AsyncSession, since: datetime, words: Words) -> None:
        self._session, self._since, self._words = session, since, words

    async def read(self, name: str) -> Figure:
        """A figure by its name; raises KeyError for an unknown one."""
        return await FIGURES[name](self)

    def _named(self, prefix: str, value: object) -> str:
        key = f"{prefix}_{value}"
        if value is None:
            return self._words("not_told")
        return self._words(key) if key in self._words else str(value).replace("_", " ")

    async def by_day(self) -> Figure:
        """Messages and people, a row a day."""
        found = await overview.messages_by_day(self._session, self._since)
        rows = tuple((str(day), count, people) for day, count, people in found)
        return Figure("messages", rows, ("day", "messages", "people"))

    async def channels(self) -> Figure:
        """Where people write."""
        found = await overview.messages_by_channel(self._session, self._since)
        rows = tuple((self._named("channel", c), count, people) for c, count, people in found)
        return Figure("channels", rows, ("channel", "messages", "people"))

    async def understood(self) -> Figure:
        """How messages were understood."""
        found = await overview.understanding(self._session, self._since)
        rows = tuple((self._words(f"understood_{name}"), count) for name, count in found.items())
        return Figure("understanding", rows, ("outcome", "messages"))

    async def themes(self) -> Figure:
        """What reports are about."""
        found = await overview.reports_by(self._session, Report.theme, self._since)
        rows = tuple((self._named("theme", theme), count) for theme, count in found)
        return Figure("themes", rows, ("theme", "reports"))

    async def zones(self) -> Figure:
        """Where reports come from."""
        found = await overview.reports_by_zone(self._session, self._since)
        rows = tuple((zone or self._words("not_told"), count) for zone, count in found)
        return Figure("zones", rows, ("zone", "reports"))

    async def casas(self) -> Figure:
        """Places taken, by Casa."""
        return await self._places("casas", "casa", overview.enrollments_by_casa)

    async def categories(self) -> Figure:
        """Places taken, by category."""
        return await self._places("categories", "category", overview.enrollments_by_category)

    async def _places(
        self, name: str, column: str, read: Callable[[AsyncSession], Awaitable[overview.Rows]]
    ) -> Figure:
        rows = tuple((str(n), int(taken), int(places), int(waiting))
                     for n, places, taken, waiting in await read(self._session))  # fmt: skip
        return Figure(name, rows, (column, "taken", "places", "waiting"), of=True)

    async def stars(self) -> Figure:
        """How people rate the attention."""
        found = await overview.ratings(self._session, self._since)
        rows = tuple((self._words("stars", count=stars), count) for stars, count in found)
        return Figure("ratings", rows, ("stars", "people"))

    async def sent(self) -> Figure:
        """What became of what we sent."""
        found = await overview.deliveries(self._session, self._since)
        rows = tuple((f"{self._named('channel', c)}, {self._named('sent', status)}", count)
                     for c, status, count in found)  # fmt: skip
        return Figure("deliveries", rows, ("channel_state", "messages"))


FIGURES: dict[str, Callable[[Reader], Awaitable[Figure]]] = {
    "messages": Reader.by_day,
    "channels": Reader.channels,
    "understanding": Reader.understood,
    "themes": Reader.themes,
    "zones": Reader.zones,
    "casas": Reader.casas,
    "categories": Reader.categories,
    "ratings": Reader.stars,
    "deliveries": Reader.sent,
}
