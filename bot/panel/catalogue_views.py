"""Casas, workshops, events and articles, as sqladmin lists and edits them.

Each write is in the audit log, in one transaction with it. A Casa's manager changes the workshops
of their own Casa only.
"""

from datetime import date, datetime, time
from typing import Any, ClassVar

from fastapi import Request
from fastapi.responses import RedirectResponse, StreamingResponse
from ruamel.yaml import YAML
from sqladmin import ModelView
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from wtforms import SelectField

from bot.clock import LOCAL
from bot.matrices.plain import to_csv
from bot.matrices.tables import Cell, Table
from bot.panel.access import casa_of, may
from bot.panel.core import FOLDER
from bot.panel.fields import DateField, LinesField, LocalTimeField, SpanishForm, TimeField
from bot.services.catalogue import free_slug, search_form, workshop_slug
from bot.services.staff import StaffMember
from storage.models import Article, Casa, Event, Workshop
from storage.queries import audit

WORDS: dict[str, Any] = YAML(typ="safe").load(FOLDER / "tables.yml")
LONGEST_TOLD = 500
MOST_PLACES = 500


def told(value: object) -> str:
    """A value as lists, downloads and the audit log show it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(LOCAL):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


class CatalogueView(ModelView):
    """What the four tables share. Rows are never deleted: enrolments and reports point to them."""

    can_delete = False
    can_view_details = False
    export_types: ClassVar[list[str]] = ["csv"]
    page_size = 25
    form_base_class = SpanishForm
    column_type_formatters: ClassVar[dict[type, Any]] = {
        type(None): told, date: told, time: told, datetime: told,
    }  # fmt: skip
    hints: ClassVar[dict[str, str]] = {}

    def own_casa(self, _member: StaffMember) -> int | None:
        """The Casa whose rows a member may change who may not change all."""
        return None

    def _writes(self, request: Request) -> bool:
        return may(request.state.member.role, "catalogue", write=True)

    async def check_can_create(self, request: Request) -> bool:
        """Whoever changes the catalogue, or rows of their own."""
        return self._writes(request) or self.own_casa(request.state.member) is not None

    async def check_can_edit(self, request: Request, model: Any) -> bool:
        """As for creating, but only those rows."""
        own = self.own_casa(request.state.member)
        return self._writes(request) or (own is not None and model.casa_id == own)

    async def insert_model(self, request: Request, data: dict[str, Any]) -> Any:
        """Make a row."""
        async with self.session_maker() as session, session.begin():
            row = self.model()
            self._fill(row, data, request.state.member)
            await self.prepare(session, row)
            session.add(row)
            await session.flush()
            self._note(session, request, "create", row, {}, row.__dict__)
        self._saved(request)
        return row

    async def update_model(self, request: Request, pk: str, data: dict[str, Any]) -> Any:
        """Change a row; what stays the same is not in the log."""
        async with self.session_maker() as session, session.begin():
            row = await session.get_one(self.model, int(pk), with_for_update=True)
            before = dict(row.__dict__)
            self._fill(row, data, request.state.member)
            await self.prepare(session, row)
            await session.flush()
            self._note(session, request, "update", row, before, row.__dict__)
        self._saved(request)
        return row

    async def prepare(self, session: AsyncSession, row: Any) -> None:
        """What a row holds besides what the form asks for."""

    def _fill(self, row: Any, data: dict[str, Any], member: StaffMember) -> None:
        for name, value in data.items():
            if name in self._form_relation_names:
                relation = self._mapper.relationships[name]
                column = relation.local_remote_pairs[0][0].name
                setattr(row, column, int(value) if value else None)
            else:
                text = value.strip() if isinstance(value, str) else value
                is_empty = text == "" and self._mapper.columns[name].nullable
                setattr(row, name, None if is_empty else text)
        own = self.own_casa(member)
        if own is not None and not may(member.role, "catalogue", write=True):
            row.casa_id = own

    def _note(
        self, session: AsyncSession, request: Request, action: str, row: Any,
        before: dict[str, Any], after: dict[str, Any],
    ) -> None:  # fmt: skip
        columns = [c.key for c in self._mapper.column_attrs if c.key != "id"]
        changed = [c for c in columns if before.get(c) != after.get(c)]
        sides = [{c: told(side.get(c))[:LONGEST_TOLD] for c in changed} for side in (before, after)]
        audit.note(session, request.state.now, request.state.member.email, action,
                   f"{self.identity}:{row.id}", *sides)  # fmt: skip

    def _saved(self, request: Request) -> None:
        # sqladmin's own answer says nothing of what was done.
        url = f"{request.url_for('admin:list', identity=self.identity).path}?guardado=1"
        request.state._sqladmin_after_change_response = RedirectResponse(url, 303)

    async def export_data(
        self, data: list[Any], export_type: str = "csv", request: Request | None = None
    ) -> StreamingResponse:
        """As the list shows it, with Spanish headings, safe against formulas."""
        names = self._list_prop_names
        rows: list[tuple[Cell, ...]] = []
        for one in data:
            rows.append(
                tuple([str((await self.get_list_value(one, n, request))[1]) for n in names])
            )
        headings = tuple(self._column_labels.get(n, n) for n in names)
        table = Table(self.name_plural, "", "", headings, tuple(rows), (1,) * len(names))
        named = {"Content-Disposition": f'attachment; filename="{self.identity}.{export_type}"'}
        content = iter([to_csv([table])])
        return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=named)


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
