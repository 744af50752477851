"""A row of a sheet of events: what must fit, its slug, its columns in the table."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.clock import LOCAL
from bot.services.catalogue import slug_of

Found = tuple[str, str, dict[str, Any]]


def problems(values: Mapping[str, Any]) -> Iterator[Found]:
    """Column, key and values of each thing that does not fit."""
    if values["ends_at"] <= values["starts_at"]:
        yield "ends_at", "ends_at", {}


def slug(values: Mapping[str, Any], _casas: Mapping[int, str]) -> str:
    """The same for the same event of the same day."""
    day = f"{values['day']:%Y%m%d}-{values['starts_at']:%H%M}"
    return f"{slug_of(values['title'])[:66].strip('-')}-{day}"


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the table holds."""
    at = {n: datetime.combine(values["day"], values[n], LOCAL) for n in ("starts_at", "ends_at")}
    plain = {name: values[name] for name in ("title", "description", "kind", "place")}
    return plain | at | {"zone_id": values["zone"], "casa_id": values["casa"]}
