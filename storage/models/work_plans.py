"""The municipal work plan, by unit and mesa de trabajo."""

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Key, Line, Slug
from storage.models.casas import Zone


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
