"""What citizens said: alerts, needs, suggestions, channels; what staff made of it, and the exchange
that followed. And how citizens rated the attention.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, ForeignKey, Index, Text, column
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Instant, Key, Line, Short, Slug, UtcDateTime

_IS_SENSITIVE: ColumnElement[bool] = column("is_sensitive", Boolean)
_IS_JOINED = column("joined_to_id").is_not(None)


class Report(Base):
    """Words as said, with what could be told about them. Anonymous: no account.

    `status`: received, under_review, accepted (for a matrix), assigned (to a unit), answered,
    resolved; or joined (says what `joined_to_id` says), set_aside (no report, for a reason).
    Which follows which is decided in `bot/services/report_states.py`.
    """

    __tablename__ = "report"
    __table_args__ = (
        # Pages of the queue go by id; whatever they are narrowed to is read in that order.
        Index("ix_report_status", "status", "id"),
        Index("ix_report_kind", "kind", "id"),
        Index("ix_report_institution", "institution", "status", "id"),
        Index("ix_report_service", "service", "id"),
        Index("ix_report_theme", "theme", "neighbourhood", "id"),
        Index("ix_report_zone", "zone_id", "id"),
        Index("ix_report_neighbourhood", "neighbourhood", "id"),
        Index("ix_report_channel", "channel", "id"),
        # How many are in each state, from the index alone.
        Index("ix_report_counts", "is_sensitive", "status", "institution", "unit"),
        Index("ix_report_due", "status", "due_on"),
        Index("ix_report_created_at", "created_at"),
        Index(
            "ix_report_sensitive", "id", sqlite_where=_IS_SENSITIVE, postgresql_where=_IS_SENSITIVE
        ),
        Index(
            "ix_report_joined", "joined_to_id", sqlite_where=_IS_JOINED, postgresql_where=_IS_JOINED
        ),
    )
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
    # Who is to see to it, within the institution.
    unit: Mapped[Line | None]
    status: Mapped[Short]
    # Violence, minors, health: only for those who may see it.
    is_sensitive: Mapped[bool] = mapped_column(default=False)
    # Where it was said; known also of an anonymous one.
    channel: Mapped[Short | None]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    joined_to_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    reason: Mapped[Line | None]
    due_on: Mapped[date | None]
    # What the machine took it for, by field: {"kind": {"value": "alert", "sure": 0.93}, …}.
    suggestion: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Words, place and folio as text search compares them: lower case, without accents.
    search: Mapped[str] = mapped_column(Text, default="")
    # What staff wait for in the citizen's chat: nothing, an answer, or whether it is solved.
    awaits: Mapped[Short | None]
    created_at: Mapped[Instant]
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The citizen said that it is solved.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened: Mapped[int] = mapped_column(default=0)


class ReportMessage(Base):
    """A word of the exchange about a report. `direction`: out (staff's), in (the citizen's)."""

    __tablename__ = "report_message"
    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    direction: Mapped[Short]
    words: Mapped[str] = mapped_column(Text)
    actor: Mapped[Line | None]
    # Tells whether it arrived.
    outbound_id: Mapped[int | None] = mapped_column(
        ForeignKey("outbound.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[Instant]


class LikelyDuplicate(Base):
    """A report that seems to say what an earlier one says; `likeness` from 0 to 1."""

    __tablename__ = "likely_duplicate"
    report_id: Mapped[int] = mapped_column(
        ForeignKey("report.id", ondelete="CASCADE"), primary_key=True
    )
    earlier_id: Mapped[int] = mapped_column(
        ForeignKey("report.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    likeness: Mapped[float]


class Rating(Base):
    """How a citizen rated the attention: stars from 1 to 5, or words alone."""

    __tablename__ = "rating"
    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    stars: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
