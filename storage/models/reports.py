"""What citizens said: alerts, needs, suggestions, channels; and how they rated the attention."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Instant, Key, Line, Short, Slug


class Report(Base):
    """Words as said, with what could be told about them. Anonymous: no account."""

    __tablename__ = "report"
    id: Mapped[Key]
    folio: Mapped[Slug]
    kind: Mapped[Short]
    words: Mapped[str] = mapped_column(Text)
    place: Mapped[Line | None]
    neighbourhood: Mapped[Short | None]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    institution: Mapped[Short | None]
    service: Mapped[Short | None]
    theme: Mapped[Short | None]
    status: Mapped[Short]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[Instant]


class Rating(Base):
    """How a citizen rated the attention: stars from 1 to 5, or words alone."""

    __tablename__ = "rating"
    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    stars: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
