"""What a sheet must look like: kinds and their columns, as grids.yml describes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

WORDS: dict[str, Any] = YAML(typ="safe").load(Path(__file__).parent / "grids.yml")
PROBLEMS: dict[str, str] = WORDS["problems"]


@dataclass(frozen=True)
class Column:
    """One column: the name of the value, its heading and other names, and what its cells hold."""

    name: str
    heading: str
    kind: str
    required: bool = True
    also: tuple[str, ...] = ()
    hint: str = ""
    example: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong where, in words for whoever made the sheet. Row 1 holds the headings."""

    row: int
    column: str
    text: str


@dataclass(frozen=True)
class Grid:
    """A kind of sheet."""

    kind: str
    title: str
    columns: tuple[Column, ...]

    def problem(self, row: int, column: str, key: str, /, **values: Any) -> Problem:
        """A problem with the column of this name; an unknown name is its own heading."""
        heading = next((c.heading for c in self.columns if c.name == column), column)
        return Problem(row, heading, PROBLEMS[key].format(**values))


def _grid(kind: str) -> Grid:
    told = WORDS["kinds"][kind]
    columns = (Column(**{**c, "also": tuple(c.get("also", ()))}) for c in told["columns"])
    return Grid(kind, told["title"], tuple(columns))


GRIDS: dict[str, Grid] = {kind: _grid(kind) for kind in WORDS["kinds"]}
