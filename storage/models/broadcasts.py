"""What is sent to many: the broadcast, its pinned texts, and a row for each person it is for.

A person stands in a broadcast once, whatever they have in accounts; no row is ever lost.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Document, Instant, Key, Line, Short, UtcDateTime

_IS_WAITING = column("status") == "waiting"


class Broadcast(Base):
    """One sending to a segment.

    `status`: draft, awaiting_approval, scheduled, sending, paused, done, cancelled. `note` says why
    it stands where nobody put it: too_late (cancelled), grew (it needs a second person after all).
    `segment` and `content` are those of `bot.services.broadcasts`; after the draft neither changes.
    """

    __tablename__ = "broadcast"
    id: Mapped[Key]
    title: Mapped[Line]
    kind: Mapped[Short]
    status: Mapped[Short] = mapped_column(index=True)
    note: Mapped[Short | None]
    # What makes a recurring one unique: agenda:2026-12-07.
    slot: Mapped[str | None] = mapped_column(String(80), unique=True)
    segment: Mapped[Document]
    content: Mapped[Document]
    # How many people it was planned for.
    intended: Mapped[int | None]
    created_by: Mapped[Line]
    submitted_by: Mapped[Line | None]
    approved_by: Mapped[Line | None]
    created_at: Mapped[Instant]
    scheduled_for: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # After this nothing more of it is sent.
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    planned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BroadcastText(Base):
    """What is said to those who have the same reason and language, as it was when planned."""

    __tablename__ = "broadcast_text"
    __table_args__ = (UniqueConstraint("broadcast_id", "reason", "language"),)
    id: Mapped[Key]
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(5))
    body: Mapped[Document]


class TextEvent(Base):
    """Which event a pinned text tells of: whom to tell when it changes."""

    __tablename__ = "text_event"
    text_id: Mapped[int] = mapped_column(
        ForeignKey("broadcast_text.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Recipient(Base):
    """A person whom a broadcast is for, and the account that was chosen to reach them.

    `reason`: the wishes by which they are included, `zone:quitumbe,zone:eloy-alfaro`. `status`:
    waiting, queued (its fate is its outbound row's), and the ends, as of Outbound: skipped and
    failed where it came to no row, any where the row was deleted since. Of who had their data
    deleted only channel, reason and fate are left.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        # The smallest account id of the person's; empty once they are forgotten.
        UniqueConstraint("broadcast_id", "person_id"),
        Index(
            "ix_recipient_waiting",
            "broadcast_id",
            "channel",
            "id",
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
    )
    id: Mapped[Key]
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id", ondelete="CASCADE"))
    person_id: Mapped[int | None]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    channel: Mapped[Short]
    language: Mapped[str] = mapped_column(String(5))
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[Short]
    error: Mapped[Line | None]
