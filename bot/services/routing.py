"""Which unit sees to a report, and by when: `routing.yml`, in working days of Ecuador."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from bot.clock import LOCAL
from bot.services.office import working_days_after


@dataclass(frozen=True)
class Route:
    """Where a report goes. `unit`: none where nothing decides it."""

    unit: str | None
    days: int


@dataclass(frozen=True)
class Routes:
    """The table: by service, else by theme, else for all."""

    services: dict[str, Route]
    themes: dict[str, Route]
    other: Route

    def of(self, service: str | None, theme: str | None) -> Route:
        """The most exact route."""
        by_theme = self.themes.get(theme or "", self.other)
        found = self.services.get(service or "")
        return found if found is not None else by_theme

    @property
    def units(self) -> list[str]:
        """All units, for staff to choose among."""
        routes = [*self.services.values(), *self.themes.values(), self.other]
        return sorted({r.unit for r in routes if r.unit})


def due_on(service: str | None, theme: str | None, since: datetime) -> date:
    """The day by which a report of that instant is to be answered."""
    return working_days_after(since.astimezone(LOCAL).date(), routes().of(service, theme).days)


@cache
def routes() -> Routes:
    """The table of `routing.yml`."""
    data = YAML(typ="safe").load(Path(__file__).with_name("routing.yml").read_text("utf-8"))
    services, themes = (
        {name: Route(row.get("unit"), row["days"]) for name, row in data[group].items()}
        for group in ("services", "themes")
    )
    return Routes(services, themes, Route(data["unit"], data["days"]))
