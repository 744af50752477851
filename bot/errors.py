"""Errors of the business: each carries the reply key that a citizen or staff member reads."""

from traceback import extract_tb
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


class LineError(Exception):
    """A line of standard input that is not what the command reads: says which."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")


def where(error: BaseException) -> str:
    """What broke and where, for the log, without the error's words: they may quote a citizen's."""
    frames = reversed(extract_tb(error.__traceback__)[-4:])
    return f"{type(error).__name__} in {' < '.join(f'{f.name}:{f.lineno}' for f in frames)}"
