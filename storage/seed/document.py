"""A seed file as read: its rows are checked against a shape, and a bad one is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Shape = TypeVar("Shape", bound=BaseModel)


class SeedError(ValueError):
    """A seed file can't be loaded: which file, which row, what is wrong."""

    def __init__(self, file: str, row: str, problem: str) -> None:
        super().__init__(f"{file}: {row}: {problem}" if row else f"{file}: {problem}")


def _label(section: str, number: int, row: Any) -> str:
    name = row.get("slug") if isinstance(row, Mapping) else None
    return f"{section}, row {number}" + (f" ({name})" if name else "")


def _problems(error: ValidationError) -> str:
    found = ((".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False))
    return "; ".join(f"{place}: {message}" if place else message for place, message in found)


@dataclass(frozen=True, slots=True)
class SeedDocument:
    """The content of one file, by section."""

    name: str
    data: Mapping[str, Any]

    @classmethod
    def parse(cls, name: str, content: bytes) -> "SeedDocument":
        """What the file says; what YAML refuses is a SeedError with its line."""
        try:
            data = YAML(typ="safe").load(content.decode())
        except (YAMLError, UnicodeDecodeError) as error:
            raise SeedError(name, "", " ".join(str(error).split())) from error
        if not isinstance(data, Mapping):
            raise SeedError(name, "", "the file must hold sections, not a list or a text")
        return cls(name, data)

    def section(self, section: str) -> Any:
        """What stands under a top-level key."""
        if section not in self.data:
            raise SeedError(self.name, section, "this section is missing")
        return self.data[section]

    def one(self, section: str, shape: type[Shape]) -> Shape:
        """A section that is a single row."""
        return self._checked(section, self.section(section), shape)

    def rows(self, section: str, shape: type[Shape], key: str = "slug") -> list[tuple[str, Shape]]:
        """The rows of a list, each with the words that name it in an error; no `key` twice."""
        listed = self.section(section)
        if not isinstance(listed, list):
            raise SeedError(self.name, section, "this section must be a list")
        rows = [(_label(section, n, row), row) for n, row in enumerate(listed, 1)]
        checked = [(label, self._checked(label, row, shape)) for label, row in rows]
        seen: set[Any] = set()
        for label, row in checked:
            value = getattr(row, key)
            if value in seen:
                raise self.error(label, f"{key} {value!r} is there twice")
            seen.add(value)
        return checked

    def error(self, row: str, problem: str) -> SeedError:
        """An error about a row of this file."""
        return SeedError(self.name, row, problem)

    def _checked(self, label: str, row: Any, shape: type[Shape]) -> Shape:
        try:
            return shape.model_validate(row)
        except ValidationError as error:
            raise SeedError(self.name, label, _problems(error)) from error
