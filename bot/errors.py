"""Errors of the business: each carries the reply key that a citizen or staff member reads."""

from typing import Any


class SomosError(Exception):
    """Something that we refuse, with the response that explains it."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(f"{key} {sorted(values)}")
        self.key = key
        self.values = values


class ProjectError(Exception):
    """The Rasa project asks for what we don't support, or is malformed: says where."""

    def __init__(self, path: str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
