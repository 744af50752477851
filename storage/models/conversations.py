"""Who writes, and the state of each conversation."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Document, Instant, Key, Line, Short, UtcDateTime
from storage.models.messages import HandoffCase


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
    updated_at: Mapped[Instant]
    account: Mapped[Account] = relationship(lazy="raise")
    # The case of the staff member who has the conversation now.
    held_case: Mapped[HandoffCase | None] = relationship(
        primaryjoin=lambda: (
            (HandoffCase.conversation_id == Conversation.id) & (HandoffCase.status == "held")
        ),
        viewonly=True,
        uselist=False,
        lazy="raise",
    )
