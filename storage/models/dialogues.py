"""Diálogos Ciudadanos with their official matrices, and the municipal work plan."""

from datetime import date

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Document, Items, Key, Line, Short, Slug
from storage.models.casas import Zone
from storage.models.reports import Report


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


class Commitment(Base):
    """Who promised what, and by when."""

    __tablename__ = "commitment"
    __table_args__ = (UniqueConstraint("dialogue_id", "position"),)
    id: Mapped[Key]
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"))
    position: Mapped[int]
    proposal: Mapped[str] = mapped_column(Text)
    citizen_side: Mapped[str] = mapped_column(Text)
    institution_side: Mapped[str] = mapped_column(Text)
    term: Mapped[Line]


class WorkPlan(Base):
    """The yearly plan of a zonal administration."""

    __tablename__ = "work_plan"
    id: Mapped[Key]
    slug: Mapped[Slug]
    name: Mapped[Line]
    year: Mapped[int]
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"))
    source: Mapped[Line]
    zone: Mapped[Zone] = relationship(lazy="raise")
    rows: Mapped[list["WorkPlanRow"]] = relationship(lazy="raise", order_by="WorkPlanRow.position")


class WorkPlanRow(Base):
    """A row of the plan: unit, mesa de trabajo, what works, what to correct, action, months."""

    __tablename__ = "work_plan_row"
    __table_args__ = (UniqueConstraint("plan_id", "position"),)
    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("work_plan.id", ondelete="CASCADE"))
    position: Mapped[int]
    unit: Mapped[Line]
    mesa: Mapped[Line]
    strengths: Mapped[str] = mapped_column(Text)
    corrections: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    months: Mapped[Line]
