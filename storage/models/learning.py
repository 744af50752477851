"""What Somos did not understand, for staff to teach it. Nothing here leads to who wrote it."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key, Short

LONGEST = 500


class Example(Base):
    """A message without personal data, counted once however often it came.

    A day and no instant: the moment would lead to the message log, and from there to a person.
    """

    __tablename__ = "example"
    __table_args__ = (
        Index("ix_example_status", "status", "last_on"),
        Index("ix_example_frequent", "status", "count", "id"),
    )
    id: Mapped[Key]
    # What makes two messages the same one: lower case, without accents.
    plain: Mapped[str] = mapped_column(String(LONGEST), unique=True)
    text: Mapped[str] = mapped_column(String(LONGEST))
    guess: Mapped[Short | None]
    confidence: Mapped[float]
    # Intents that citizens chose next, and how many of them did.
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    count: Mapped[int]
    last_on: Mapped[date]
    status: Mapped[Short]
    # What staff say that it means.
    intent: Mapped[Short | None]
