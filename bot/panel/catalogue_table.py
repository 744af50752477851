"""What the catalogue's tables share: who may write which rows, and the log of each write.

A row and its line in the audit log are one transaction.
"""

from datetime import date, datetime, time
from typing import Any, ClassVar

from fastapi import Request
from fastapi.responses import RedirectResponse, StreamingResponse
from ruamel.yaml import YAML
from sqladmin import ModelView
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.matrices.plain import to_csv
from bot.matrices.tables import Cell, Table
from bot.panel.access import may
from bot.panel.core import FOLDER
from bot.panel.fields import SpanishForm
from bot.services.staff import StaffMember
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
