"""A row of a quarter's grid as a workshop: what must fit, its slug, its columns in the table."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.services.catalogue import search_form, workshop_slug
from bot.services.grids.shapes import WORDS
from storage.models import Workshop

MOST_PLACES, OLDEST = 500, 120
Found = tuple[str, str, dict[str, Any]]


def problems(values: Mapping[str, Any]) -> Iterator[Found]:
    """Column, key and values of each thing that does not fit."""
    if values["ends_at"] <= values["starts_at"]:
        yield "ends_at", "ends_at", {}
    if values["last_day"] < values["first_day"]:
        yield "last_day", "last_day", {}
    if values["first_day"].weekday() != values["weekday"]:
        days = WORDS["weekdays"]
        told = {"day": days[values["first_day"].weekday()], "weekday": days[values["weekday"]]}
        yield "first_day", "first_day", told
    if not 1 <= values["capacity"] <= MOST_PLACES:
        yield "capacity", "capacity", {}
    ages = {name: values[name] for name in ("min_age", "max_age") if values[name] is not None}
    yield from ((name, "age", {}) for name, age in ages.items() if age > OLDEST)
    if len(ages) == 2 and ages["max_age"] < ages["min_age"]:
        yield "max_age", "max_age", {}


def slug(values: Mapping[str, Any], casas: Mapping[int, str]) -> str:
    """The same for the same course of the same quarter."""
    names = ("title", "first_day", "weekday", "starts_at")
    return workshop_slug(casas[values["casa"]], Workshop(**{n: values[n] for n in names}))


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the table holds."""
    ids = {f"{name}_id": values[name] for name in ("casa", "category", "modality", "cycle")}
    names = ("title", "weekday", "starts_at", "ends_at", "first_day", "last_day", "capacity",
             "min_age", "max_age")  # fmt: skip
    plain = {name: values[name] for name in names}
    return ids | plain | {"title_search": search_form(values["title"])}
