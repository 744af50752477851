"""The zones of the gazetteer, and which of them "el sur" or "los valles" stand for."""

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
