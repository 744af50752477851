"""Diálogos Ciudadanos: who came, the alerts matrix, the photographs. See commitments.py too."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Document, Instant, Items, Key, Line, Short, Slug
from storage.models.reports import Report

if TYPE_CHECKING:
    from storage.models.commitments import Commitment


class Dialogue(Base):
    """A citizen dialogue: when and where, who came, background and conclusions."""

    __tablename__ = "dialogue"
    id: Mapped[Key]
    slug: Mapped[Slug]
    title: Mapped[Line]
    held_on: Mapped[date]
    institution: Mapped[Line]
    directorate: Mapped[Line]
    province: Mapped[Short]
    canton: Mapped[Short]
    parish: Mapped[Short]
    attendance_total: Mapped[int]
    attendance_description: Mapped[str] = mapped_column(Text)
    # How many of each group: {"group", "people"} in the order of the form.
    attendance_groups: Mapped[Items] = mapped_column(default=list)
    # The prose sections of the report, as paragraphs: background, objectives, results.
    sections: Mapped[Document]
    conclusions: Mapped[Items]
    signatures: Mapped[Document]
    source: Mapped[Line]
    attentions: Mapped[list["Attention"]] = relationship(
        lazy="raise", order_by="Attention.position"
    )
    entries: Mapped[list["MatrixEntry"]] = relationship(
        lazy="raise", order_by="MatrixEntry.position"
    )
    commitments: Mapped[list["Commitment"]] = relationship(
        lazy="raise", order_by="Commitment.position"
    )
    photographs: Mapped[list["Photograph"]] = relationship(
        lazy="raise", order_by="Photograph.position"
    )


class Attention(Base):
    """How many people an institution attended at a dialogue, and with what."""

    __tablename__ = "attention"
    __table_args__ = (UniqueConstraint("dialogue_id", "position"),)
    id: Mapped[Key]
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"))
    position: Mapped[int]
    institution: Mapped[Line]
    people: Mapped[int]
    description: Mapped[str] = mapped_column(Text)


class MatrixEntry(Base):
    """An edited row of the alerts matrix that reports may support."""

    __tablename__ = "matrix_entry"
    __table_args__ = (UniqueConstraint("dialogue_id", "kind", "position"),)
    id: Mapped[Key]
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"))
    kind: Mapped[Short]
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    observations: Mapped[str] = mapped_column(Text, default="")
    supports: Mapped[list["MatrixSupport"]] = relationship(
        lazy="raise", order_by="MatrixSupport.id", back_populates="entry"
    )


class MatrixSupport(Base):
    """A report behind a matrix entry: the trace from the official row to the citizen's words."""

    __tablename__ = "matrix_support"
    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("matrix_entry.id", ondelete="CASCADE"), index=True
    )
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), unique=True)
    entry: Mapped[MatrixEntry] = relationship(lazy="raise", back_populates="supports")
    report: Mapped[Report] = relationship(lazy="raise")


class Photograph(Base):
    """A photograph of a dialogue; `digest` (SHA-256) names its JPEG file in the data folder."""

    __tablename__ = "photograph"
    __table_args__ = (UniqueConstraint("dialogue_id", "digest"),)
    id: Mapped[Key]
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"))
    position: Mapped[int]
    caption: Mapped[Line]
    digest: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    added_by: Mapped[Line]
    added_at: Mapped[Instant]
