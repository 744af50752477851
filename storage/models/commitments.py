"""Commitments of a dialogue: their progress, the entries they were born of, and who was told."""

from datetime import date

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Instant, Key, Line, Short
from storage.models.dialogues import Dialogue, MatrixEntry


class Commitment(Base):
    """Who promised what, and by when.

    `status`: proposed, made, in_progress, met, delayed.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("dialogue_id", "position"),
        Index("ix_commitment_due", "status", "due_on"),
    )
    id: Mapped[Key]
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"))
    position: Mapped[int]
    proposal: Mapped[str] = mapped_column(Text)
    citizen_side: Mapped[str] = mapped_column(Text)
    institution_side: Mapped[str] = mapped_column(Text)
    # The official wording, which may be no date: "permanente".
    term: Mapped[Line]
    status: Mapped[Short] = mapped_column(default="proposed")
    due_on: Mapped[date | None]
    owner: Mapped[Line] = mapped_column(default="")
    notes: Mapped[list["ProgressNote"]] = relationship(lazy="raise", order_by="ProgressNote.id")
    origins: Mapped[list[MatrixEntry]] = relationship(
        lazy="raise", secondary="commitment_origin", order_by=MatrixEntry.id
    )
    dialogue: Mapped[Dialogue] = relationship(lazy="raise", viewonly=True)


class CommitmentOrigin(Base):
    """A matrix entry that a commitment was born of: the trace back to citizens' words."""

    __tablename__ = "commitment_origin"
    commitment_id: Mapped[int] = mapped_column(
        ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True
    )
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("matrix_entry.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ProgressNote(Base):
    """What was done about a commitment on a day, and how it stood then."""

    __tablename__ = "progress_note"
    id: Mapped[Key]
    commitment_id: Mapped[int] = mapped_column(
        ForeignKey("commitment.id", ondelete="CASCADE"), index=True
    )
    noted_on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[Short]
    actor: Mapped[Line]
    created_at: Mapped[Instant]


class CommitmentTold(Base):
    """That a person was told of a status of a commitment: nobody is told twice."""

    __tablename__ = "commitment_told"
    commitment_id: Mapped[int] = mapped_column(
        ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    status: Mapped[Short] = mapped_column(primary_key=True)
    told_at: Mapped[Instant]
