"""Who writes, the state of each conversation, and every message in and out."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Document, Instant, Key, Line, Short, UtcDateTime


class Account(Base):
    """An address of a person on one channel."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id: Mapped[Key]
    channel: Mapped[Short]
    address: Mapped[Line]
    opted_out: Mapped[bool] = mapped_column(default=False)
    blocked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Instant]
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    consent_words: Mapped[str | None] = mapped_column(Text)


class Conversation(Base):
    """The dialogue state of an account: slots, active form, offered choices, language."""

    __tablename__ = "conversation"
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), unique=True
    )
    state: Mapped[Document] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(String(5), default="es")
    handoff_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[Instant]
    account: Mapped[Account] = relationship(lazy="raise")


class Inbound(Base):
    """A message that arrived. Words said in danger or as personal data are not kept."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbound_unclear", "unclear", "received_at"),
    )
    id: Mapped[Key]
    channel: Mapped[Short]
    external_id: Mapped[str] = mapped_column(String(120))
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str | None] = mapped_column(Text)
    status: Mapped[Short]
    intent: Mapped[Short | None]
    confidence: Mapped[float | None]
    unclear: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[Instant]


class Outbound(Base):
    """A message to send; committed with the turn that said it, sent afterwards."""

    __tablename__ = "outbound"
    __table_args__ = (Index("ix_outbound_queue", "channel", "status", "id"),)
    id: Mapped[Key]
    channel: Mapped[Short]
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    # What it answers; empty for what we say of our own accord.
    inbound_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbound.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[Line]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[Short]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    external_id: Mapped[Line | None]
    error: Mapped[Line | None]
    created_at: Mapped[Instant]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
