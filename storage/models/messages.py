"""Every message in and out, the files that came along, and conversations a person took over."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    column,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Instant, Key, Line, Short, UtcDateTime

_IS_WAITING = column("status") == "waiting"
_IS_UNSENT = column("status").in_(("queued", "sending"))
_IS_PROMPT = and_(column("status") == "queued", column("kind") != "broadcast")
_IS_OPEN = column("status") != "closed"
_IS_BROADCAST = column("recipient_id").is_not(None)


class Inbound(Base):
    """A message that arrived, once and for ever: a person's deletion leaves its id alone behind.

    `status`: waiting (stored, not answered yet), done, joined (answered with the one after it),
    held (for the staff who have the conversation), failed. Words said in danger or as personal
    data are kept only while they wait.
    """

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbound_unclear", "unclear", "received_at"),
        Index("ix_inbound_received_at", "received_at"),
        Index(
            "ix_inbound_waiting",
            "conversation_id",
            "due_at",
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
    )
    id: Mapped[Key]
    channel: Mapped[Short]
    external_id: Mapped[str] = mapped_column(String(120))
    conversation_id: Mapped[int | None] = mapped_column(
        ForeignKey("conversation.id", ondelete="SET NULL"), index=True
    )
    text: Mapped[str | None] = mapped_column(Text)
    attachments: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    status: Mapped[Short]
    # Among the waiting messages of a conversation, the gateway's order.
    sent_order: Mapped[int] = mapped_column(BigInteger, default=0)
    album: Mapped[str | None] = mapped_column(String(80))
    is_public: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Counted only for a message that still waits long after it came: it may kill who takes it.
    attempts: Mapped[int] = mapped_column(default=0)
    intent: Mapped[Short | None]
    confidence: Mapped[float | None]
    unclear: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[Instant]


class Outbound(Base):
    """A message to send; committed with the turn that said it, sent afterwards.

    `kind`: reply, notice (of our own accord, to one person), broadcast. `status`: queued, sending
    (handed to the gateway, its answer not recorded), held (of a broadcast that staff paused), sent,
    delivered, read, and the ends: failed, uncertain (a broadcast that a crash cut short: never sent
    again), skipped (opted out, blocked, cancelled).
    """

    __tablename__ = "outbound"
    __table_args__ = (
        Index("ix_outbound_queue", "channel", "status", "id"),
        Index("ix_outbound_external_id", "channel", "external_id"),
        Index("ix_outbound_created_at", "created_at"),
        # Replies and notices, found at once behind any number of broadcasts.
        Index(
            "ix_outbound_prompt",
            "channel",
            "status",
            "id",
            sqlite_where=_IS_PROMPT,
            postgresql_where=_IS_PROMPT,
        ),
        Index(
            "ix_outbound_unsent",
            "channel",
            "conversation_id",
            "id",
            sqlite_where=_IS_UNSENT,
            postgresql_where=_IS_UNSENT,
        ),
        # Whoever queues a broadcast how often: each person of it gets one row.
        Index(
            "uq_outbound_recipient_id",
            "recipient_id",
            unique=True,
            sqlite_where=_IS_BROADCAST,
            postgresql_where=_IS_BROADCAST,
        ),
    )
    id: Mapped[Key]
    channel: Mapped[Short]
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    # What it answers; empty for what we say of our own accord.
    inbound_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbound.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[Short] = mapped_column(default="reply")
    # Whom of a broadcast it is for.
    recipient_id: Mapped[int | None] = mapped_column(
        ForeignKey("recipient.id", ondelete="SET NULL")
    )
    address: Mapped[Line]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[Short]
    attempts: Mapped[int] = mapped_column(default=0)
    # How often it was sent again without knowing whether the gateway had it already.
    doubtful: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    external_id: Mapped[Line | None]
    error: Mapped[Line | None]
    created_at: Mapped[Instant]
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Media(Base):
    """A file that a citizen sent, downloaded for staff.

    `status`: wanted, stored, refused (too large, or of a kind that we don't take), failed.
    `digest` is the SHA-256 of the content, which names the file in the media folder.
    """

    __tablename__ = "media"
    id: Mapped[Key]
    inbound_id: Mapped[int] = mapped_column(
        ForeignKey("inbound.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[Short]
    kind: Mapped[Short]
    reference: Mapped[str] = mapped_column(Text)
    media_type: Mapped[Short]
    name: Mapped[Line]
    size: Mapped[int | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[Short] = mapped_column(index=True)
    error: Mapped[Line | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[Instant]


class HandoffCase(Base):
    """A citizen asked for a person. `status`: waiting, held (staff answer; the bot is silent),
    closed. A conversation has one open case at most.
    """

    __tablename__ = "handoff_case"
    __table_args__ = (
        Index(
            "ix_handoff_case_open",
            "conversation_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )
    id: Mapped[Key]
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[Short] = mapped_column(index=True)
    taken_by: Mapped[Line | None]
    opened_at: Mapped[Instant]
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The last word of staff or citizen while it was held: the timeout counts from it.
    last_word_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Who or what ended it: staff, timeout, citizen.
    closed_by: Mapped[Short | None]
