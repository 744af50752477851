"""Bookkeeping: folio numbers, what seed was loaded, and what staff did."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Document, Instant, Key, Line, Short


class FolioCounter(Base):
    """The last number given for a prefix in a year; its row lock makes numbers gapless."""

    __tablename__ = "folio_counter"
    __table_args__ = (UniqueConstraint("prefix", "year"),)
    id: Mapped[Key]
    prefix: Mapped[Short]
    year: Mapped[int]
    last: Mapped[int]


class SeedFile(Base):
    """A seed file as last loaded; an unchanged one is not loaded again."""

    __tablename__ = "seed_file"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))


class Audit(Base):
    """Who did what to which row, with before and after."""

    __tablename__ = "audit"
    id: Mapped[Key]
    actor: Mapped[Line]
    action: Mapped[Short]
    target: Mapped[Line]
    detail: Mapped[Document]
    created_at: Mapped[Instant]
