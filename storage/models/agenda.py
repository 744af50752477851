"""What is on, and who wants to be told about it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Instant, Key, Line, Short, Slug, UtcDateTime
from storage.models.casas import Casa, Category, Zone
from storage.models.conversations import Account


class Event(Base):
    """Something with a time and a place."""

    __tablename__ = "event"
    id: Mapped[Key]
    slug: Mapped[Slug]
    title: Mapped[Line]
    description: Mapped[str] = mapped_column(Text)
    kind: Mapped[Short]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[Instant]
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"), index=True)
    casa_id: Mapped[int | None] = mapped_column(ForeignKey("casa.id"))
    place: Mapped[Line]
    demo: Mapped[bool] = mapped_column(default=False)
    zone: Mapped[Zone] = relationship(lazy="raise")
    casa: Mapped[Casa | None] = relationship(lazy="raise")


class Subscription(Base):
    """A wish to be told: of all that is on, or of one zone, Casa, category of workshops or kind of
    event; with the moment and words of the consent.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint(
            "(zone_id IS NULL OR casa_id IS NULL AND category_id IS NULL AND event_kind IS NULL)"
            " AND (casa_id IS NULL OR category_id IS NULL AND event_kind IS NULL)"
            " AND (category_id IS NULL OR event_kind IS NULL)",
            name="one_scope",
        ),
    )
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    casa_id: Mapped[int | None] = mapped_column(ForeignKey("casa.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    event_kind: Mapped[Short | None]
    consent_words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(lazy="raise")
    zone: Mapped[Zone | None] = relationship(lazy="raise")
    casa: Mapped[Casa | None] = relationship(lazy="raise")
    category: Mapped[Category | None] = relationship(lazy="raise")
