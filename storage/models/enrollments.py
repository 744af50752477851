"""People who gave their data, and their places or turns in workshops."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Instant, Key, Line, Short, Slug, UtcDateTime
from storage.models.casas import Workshop

_ACTIVE = text("status <> 'cancelled'")


class Citizen(Base):
    """A person, with the least that an enrolment needs. Under 15 there is a representative."""

    __tablename__ = "citizen"
    # Each account keeps its own: whoever knows a number must not read or change another's data.
    __table_args__ = (
        UniqueConstraint("account_id", "document_kind", "document_number"),
        # Which accounts are one person's.
        Index("ix_citizen_document", "document_kind", "document_number"),
    )
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    # The person who writes from the account, as against those whom they enrol.
    is_holder: Mapped[bool] = mapped_column(default=False)
    full_name: Mapped[Line]
    document_kind: Mapped[Short]
    document_number: Mapped[Short]
    # A representative is asked for name and document only.
    birth_date: Mapped[date | None]
    phone: Mapped[Short]
    representative_id: Mapped[int | None] = mapped_column(
        ForeignKey("citizen.id", ondelete="SET NULL")
    )
    created_at: Mapped[Instant]


class Enrollment(Base):
    """A request with its folio: a place, or a numbered turn on the waiting list."""

    __tablename__ = "enrollment"
    __table_args__ = (
        Index(
            "uq_enrollment_active",
            "workshop_id",
            "citizen_id",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
        UniqueConstraint("workshop_id", "turn"),
    )
    id: Mapped[Key]
    folio: Mapped[Slug]
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshop.id"))
    citizen_id: Mapped[int | None] = mapped_column(
        ForeignKey("citizen.id", ondelete="SET NULL"), index=True
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[Short]
    turn: Mapped[int | None]
    created_at: Mapped[Instant]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The Casa said that whoever has this place is expected.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why the Casa turned it down; empty where the person gave it up.
    reason: Mapped[Line | None]
    workshop: Mapped[Workshop] = relationship(lazy="raise")
    citizen: Mapped[Citizen | None] = relationship(lazy="raise")
