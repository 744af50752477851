"""What is on, and who wants to be told about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Instant, Key, Line, Short, Slug, UtcDateTime
from storage.models.casas import Casa, Zone
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
    """A wish to receive the weekly agenda, of one zone or of all, with the words of consent."""

    __tablename__ = "subscription"
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    consent_words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(lazy="raise")
    zone: Mapped[Zone | None] = relationship(lazy="raise")
