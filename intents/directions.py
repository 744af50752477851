"""The zones of the gazetteer, and which of them "el sur" or "los valles" stand for."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

ZONES_FILE = Path(__file__).parent / "gazetteers" / "zone.yml"


@cache
def directions() -> dict[str, tuple[str, ...]]:
    """`sur` and the like, with the slugs of their zones."""
    rows = YAML(typ="safe").load(ZONES_FILE.read_text(encoding="utf-8"))["values"]
    return {row["value"]: tuple(row["zones"]) for row in rows if "zones" in row}


@cache
def zone_slugs() -> frozenset[str]:
    """The zones themselves."""
    rows = YAML(typ="safe").load(ZONES_FILE.read_text(encoding="utf-8"))["values"]
    return frozenset(row["value"] for row in rows if row["value"] and "zones" not in row)


def zones_of(values: Iterable[str]) -> tuple[str, ...]:
    """Administrations for zone entities: a slug, or a direction such as `sur`."""
    return tuple(z for v in values for z in directions().get(v, (v,)) if z in zone_slugs())


def direction_of(zones: tuple[str, ...]) -> str | None:
    """`sur` for exactly the zones of the south, and so on."""
    return next((d for d, members in directions().items() if set(members) == set(zones)), None)
