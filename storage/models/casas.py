"""Administration zones, Casas Somos and what they offer (Modelo de gestión de Casa Somos, 2023)."""

from datetime import date, time
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Items, Key, Line, Short, Slug


class Zone(Base):
    """One of Quito's nine zonal administrations, with its yearly target of beneficiaries."""

    __tablename__ = "zone"
    id: Mapped[Key]
    slug: Mapped[Slug]
    name: Mapped[Line]
    short_name: Mapped[Short]
    code: Mapped[Short]
    beneficiary_target: Mapped[int]
    target_year: Mapped[int]

    def __str__(self) -> str:
        """As lists of staff name it."""
        return self.name


class Casa(Base):
    """A community house. An unknown address stays empty: it is never guessed."""

    __tablename__ = "casa"
    id: Mapped[Key]
    slug: Mapped[Slug]
    name: Mapped[Line]
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id"), index=True)
    address: Mapped[Line | None]
    address_source: Mapped[Line | None]
    zone: Mapped[Zone] = relationship(lazy="raise")

    def __str__(self) -> str:
        """As lists of staff name it."""
        return self.name


class Category(Base):
    """One of the thirteen workshop categories."""

    __tablename__ = "category"
    id: Mapped[Key]
    slug: Mapped[Slug]
    name: Mapped[Line]

    def __str__(self) -> str:
        """As lists of staff name it."""
        return self.name


class Programme(Base):
    """A programme or service of Casa Somos."""

    __tablename__ = "programme"
    id: Mapped[Key]
    slug: Mapped[Slug]
    name: Mapped[Line]
    description: Mapped[str] = mapped_column(Text)


class Modality(Base):
    """Community (paid to the tallerista, USD a class) or municipal (free)."""

    __tablename__ = "modality"
    id: Mapped[Key]
    slug: Mapped[Slug]
    name: Mapped[Line]
    description: Mapped[str] = mapped_column(Text)
    cost_per_class: Mapped[Decimal] = mapped_column(Numeric(8, 2))

    def __str__(self) -> str:
        """As lists of staff name it."""
        return self.name


class Cycle(Base):
    """A quarter of the workshop year; the model names no months."""

    __tablename__ = "cycle"
    id: Mapped[Key]
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[Line]

    def __str__(self) -> str:
        """As lists of staff name it."""
        return self.name


class Workshop(Base):
    """A course of one quarter at one Casa: weekly, on `weekday` (Monday is 0)."""

    __tablename__ = "workshop"
    __table_args__ = (
        Index("ix_workshop_search", "category_id", "casa_id", "weekday"),
        # Every search reads all titles: from the index alone.
        Index("ix_workshop_titles", "title_search", "title"),
    )
    id: Mapped[Key]
    slug: Mapped[Slug]
    title: Mapped[Line]
    # Lower case without accents, so that both databases compare alike.
    title_search: Mapped[Line]
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    casa_id: Mapped[int] = mapped_column(ForeignKey("casa.id"))
    modality_id: Mapped[int] = mapped_column(ForeignKey("modality.id"))
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    weekday: Mapped[int]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    first_day: Mapped[date]
    last_day: Mapped[date]
    capacity: Mapped[int]
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    audiences: Mapped[Items] = mapped_column(default=list)
    demo: Mapped[bool] = mapped_column(default=False)
    category: Mapped[Category] = relationship(lazy="raise")
    casa: Mapped[Casa] = relationship(lazy="raise")
    modality: Mapped[Modality] = relationship(lazy="raise")
    cycle: Mapped[Cycle] = relationship(lazy="raise")
