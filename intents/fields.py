"""What every finder returns: a value that someone named, and where in the message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """An entity's value in its canonical form; start and end are offsets in the text as written."""

    entity: str
    value: str
    start: int
    end: int
    confidence: float = 1.0
    role: str | None = None
