"""Answers with their source: what the bot may state as a fact."""

from datetime import date

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Document, Items, Key, Line, Short, Slug


class Article(Base):
    """One answer. `translations` holds title, body and more by language code."""

    __tablename__ = "article"
    id: Mapped[Key]
    slug: Mapped[Slug]
    topic: Mapped[str] = mapped_column(String(80), index=True)
    service: Mapped[Short | None]
    title: Mapped[Line]
    body: Mapped[str] = mapped_column(Text)
    more: Mapped[str | None] = mapped_column(Text)
    questions: Mapped[Items]
    next_intents: Mapped[Items]
    translations: Mapped[Document]
    source: Mapped[Line]
    source_date: Mapped[Short]
    checked: Mapped[date]
    confidence: Mapped[Short]
