"""Counts of days that are over, so that nobody waits while a million messages are counted again."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Key, Line, Short, UtcDateTime


class DailyFigure(Base):
    """How often something was so on one day of Ecuador: numbers only, of no person.

    Each day that was counted has a row of the figure `counted`.
    """

    __tablename__ = "daily_figure"
    __table_args__ = (UniqueConstraint("day", "figure", "name"),)
    id: Mapped[Key]
    day: Mapped[date]
    figure: Mapped[Short]
    name: Mapped[Line]
    value: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
