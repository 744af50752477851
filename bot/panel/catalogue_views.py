"""Casas, workshops, events and articles, as sqladmin lists and edits them.

A Casa's manager changes the workshops of their own Casa only.
"""

from typing import Any, ClassVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import SelectField

from bot.clock import LOCAL
from bot.panel.access import casa_of
from bot.panel.catalogue_table import MOST_PLACES, WORDS, CatalogueView
from bot.panel.fields import DateField, LinesField, LocalTimeField, SpanishForm, TimeField
from bot.services.catalogue import free_slug, search_form, workshop_slug
from bot.services.staff import StaffMember
from storage.models import Article, Casa, Event, Workshop


class CasaView(CatalogueView, model=Casa):
    """Community houses."""

    name, name_plural = WORDS["casa"]["name"], WORDS["casa"]["plural"]
    column_labels, hints = WORDS["casa"]["columns"], WORDS["casa"]["hints"]
    column_list: ClassVar[list[str]] = ["name", "zone", "address"]
    column_searchable_list: ClassVar[list[str]] = ["name", "address"]
    column_default_sort = "name"
    form_columns: ClassVar[list[str]] = list(column_labels)

    async def prepare(self, session: AsyncSession, row: Casa) -> None:
        """Its short name, once."""
        row.slug = row.slug or await free_slug(session, Casa, row.name)


class WorkshopForm(SpanishForm):
    """Times, days, ages and places that fit each other."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Field by field, then together."""
        if not super().validate(extra_validators):
            return False
        given = self.data
        wrong = {
            "ends_at": given["ends_at"] <= given["starts_at"],
            "last_day": given["last_day"] < given["first_day"],
            "first_day": given["first_day"].weekday() != given["weekday"],
            "capacity": not 1 <= given["capacity"] <= MOST_PLACES,
            "max_age": None not in (given["min_age"], given["max_age"])
            and given["max_age"] < given["min_age"],
        }
        for name in (n for n, is_wrong in wrong.items() if is_wrong):
            self[name].errors = [WORDS["problems"][name]]
        return not any(wrong.values())


class WorkshopView(CatalogueView, model=Workshop):
    """Courses of a quarter."""

    name, name_plural = WORDS["workshop"]["name"], WORDS["workshop"]["plural"]
    column_labels, hints = WORDS["workshop"]["columns"], WORDS["workshop"]["hints"]
    column_list: ClassVar[list[str]] = [
        "title", "casa", "weekday", "starts_at", "ends_at", "first_day", "last_day", "capacity",
    ]  # fmt: skip
    column_searchable_list: ClassVar[list[str]] = ["title"]
    column_default_sort = "title_search"
    column_formatters: ClassVar[dict[Any, Any]] = {
        "weekday": lambda row, _: WORDS["weekdays"][row.weekday]
    }
    form_base_class = WorkshopForm
    form_columns: ClassVar[list[str]] = list(column_labels)
    form_overrides: ClassVar[dict[Any, Any]] = {
        "weekday": SelectField, "starts_at": TimeField, "ends_at": TimeField,
        "first_day": DateField, "last_day": DateField,
    }  # fmt: skip
    form_args: ClassVar[dict[str, dict[str, Any]]] = {
        "weekday": {"choices": list(enumerate(WORDS["weekdays"])), "coerce": int}
    }

    def own_casa(self, _member: StaffMember) -> int | None:
        """A manager's."""
        return casa_of(_member.role, _member.casa_id) or None

    def search_query(self, stmt: Select[Any], term: str) -> Select[Any]:
        """By a part of the title, whatever its accents."""
        return stmt.where(Workshop.title_search.contains(search_form(term), autoescape=True))

    async def prepare(self, session: AsyncSession, row: Workshop) -> None:
        """How it is searched, and its short name, once."""
        row.title_search = search_form(row.title)
        if not row.slug:
            casa = await session.get_one(Casa, row.casa_id)
            row.slug = await free_slug(session, Workshop, workshop_slug(casa.slug, row))


class EventForm(SpanishForm):
    """An end after the beginning."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Field by field, then together."""
        if not super().validate(extra_validators):
            return False
        if self.data["ends_at"] <= self.data["starts_at"]:
            self["ends_at"].errors = [WORDS["problems"]["ends_at"]]
            return False
        return True


class EventView(CatalogueView, model=Event):
    """What is on."""

    name, name_plural = WORDS["event"]["name"], WORDS["event"]["plural"]
    column_labels, hints = WORDS["event"]["columns"], WORDS["event"]["hints"]
    column_list: ClassVar[list[str]] = ["title", "kind", "starts_at", "zone", "place"]
    column_searchable_list: ClassVar[list[str]] = ["title", "place"]
    column_default_sort: ClassVar[Any] = ("starts_at", True)
    column_formatters: ClassVar[dict[Any, Any]] = {
        "kind": lambda row, _: WORDS["kinds"].get(row.kind, row.kind)
    }
    form_base_class = EventForm
    form_columns: ClassVar[list[str]] = list(column_labels)
    form_overrides: ClassVar[dict[Any, Any]] = {
        "kind": SelectField, "starts_at": LocalTimeField, "ends_at": LocalTimeField,
    }  # fmt: skip
    form_args: ClassVar[dict[str, dict[str, Any]]] = {
        "kind": {"choices": list(WORDS["kinds"].items())}
    }

    async def prepare(self, session: AsyncSession, row: Event) -> None:
        """Its short name, once."""
        day = f"{row.starts_at.astimezone(LOCAL):%Y-%m-%d}"
        row.slug = row.slug or await free_slug(session, Event, f"{row.title} {day}")


class ArticleView(CatalogueView, model=Article):
    """Answers with their source."""

    name, name_plural = WORDS["article"]["name"], WORDS["article"]["plural"]
    column_labels, hints = WORDS["article"]["columns"], WORDS["article"]["hints"]
    column_list: ClassVar[list[str]] = ["title", "topic", "source", "checked", "confidence"]
    column_searchable_list: ClassVar[list[str]] = ["title", "body", "topic"]
    column_default_sort = "title"
    column_formatters: ClassVar[dict[Any, Any]] = {
        "confidence": lambda row, _: WORDS["confidence"].get(row.confidence, row.confidence),
        "topic": lambda row, _: WORDS["topics"].get(row.topic, row.topic),
    }
    form_columns: ClassVar[list[str]] = list(column_labels)
    form_overrides: ClassVar[dict[Any, Any]] = {
        "questions": LinesField,
        "topic": SelectField, "confidence": SelectField, "checked": DateField,
    }  # fmt: skip
    form_args: ClassVar[dict[str, dict[str, Any]]] = {
        "confidence": {"choices": list(WORDS["confidence"].items())},
        "topic": {"choices": list(WORDS["topics"].items())},
    }

    async def prepare(self, session: AsyncSession, row: Article) -> None:
        """Its short name, once; no translation is better than an outdated one."""
        row.slug = row.slug or await free_slug(session, Article, row.title)
        row.questions = row.questions or []
        row.next_intents = row.next_intents or []
        row.translations = row.translations or {}
