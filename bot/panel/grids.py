"""Bringing in a sheet of workshops or events: first what is wrong is shown, nothing written."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from bot.errors import SomosError
from bot.panel.access import casa_of, may
from bot.panel.core import HOME, NotAllowedError, NotFoundError, Panel
from bot.services.grids.checking import check
from bot.services.grids.filling import rows_of, to_csv, to_xlsx
from bot.services.grids.reading import LARGEST, read_sheet
from bot.services.grids.shapes import GRIDS
from bot.services.grids.writing import write
from bot.services.staff import StaffMember

PATH = f"{HOME}/catalogo"
FORMATS = {
    "csv": (to_csv, "text/csv; charset=utf-8"),
    "xlsx": (to_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
SHOWN = 200
Text = Annotated[str, Form()]


def _scope(me: StaffMember) -> int | None:
    return casa_of(me.role, me.casa_id)


def _kinds(me: StaffMember) -> list[str]:
    """What a member may bring in: all of it, or workshops of their Casa."""
    return list(GRIDS) if may(me.role, "catalogue", write=True) else ["workshops"]


def _allow(me: StaffMember, kind: str) -> None:
    if kind in GRIDS and kind not in _kinds(me):
        raise NotAllowedError("catalogue")


def make_router(panel: Panel) -> APIRouter:
    """`/panel/catalogo/importar`, with the sheets to fill in."""
    router = APIRouter(prefix=PATH)
    _add_sheets(router, panel)
    _add_import(router, panel)
    return router


def _add_sheets(router: APIRouter, panel: Panel) -> None:
    @router.get("/plantilla/{kind}.{format}")
    async def template(
        kind: str, format: str, _me: StaffMember = panel.reader("catalogue")
    ) -> Response:
        return _sheet(kind, format, [], "plantilla")

    @router.get("/hoja/{kind}.{format}")
    async def filled(
        kind: str, format: str, me: StaffMember = panel.reader("catalogue")
    ) -> Response:
        async with panel.database.read() as session:
            rows = await rows_of(session, kind, _scope(me)) if kind in GRIDS else []
        return _sheet(kind, format, rows, "hoja")

    def _sheet(kind: str, format: str, rows: list[list[str]], name: str) -> Response:
        if kind not in GRIDS or format not in FORMATS:
            raise NotFoundError
        make, media_type = FORMATS[format]
        named = f'attachment; filename="{name}-{GRIDS[kind].title.lower()}.{format}"'
        return Response(make(GRIDS[kind], rows), media_type=media_type,
                        headers={"Content-Disposition": named})  # fmt: skip


def _add_import(router: APIRouter, panel: Panel) -> None:
    @router.get("/importar")
    async def form(request: Request, me: StaffMember = panel.writer("workshops")) -> Response:
        return panel.page(request, "catalogue/import.html", me, kinds=_kinds(me), grids=GRIDS)

    @router.post("/importar")
    async def look(
        request: Request, kind: Text, file: Annotated[UploadFile, File()],
        me: StaffMember = panel.writer("workshops"),
    ) -> Response:  # fmt: skip
        _allow(me, kind)
        content = await file.read(LARGEST + 1)
        sheet = read_sheet(content)
        async with panel.database.read() as session:
            plan = await check(session, kind, sheet, _scope(me))
        return panel.page(
            request, "catalogue/plan.html", me, plan=plan, name=file.filename or "", kind=kind,
            problems=plan.problems[:SHOWN], more=max(0, len(plan.problems) - SHOWN),
            content=base64.b64encode(content).decode(),
        )  # fmt: skip

    @router.post("/importar/guardar")
    async def keep(
        kind: Text, content: Text, me: StaffMember = panel.writer("workshops")
    ) -> Response:
        _allow(me, kind)
        try:
            sheet = read_sheet(base64.b64decode(content, validate=True))
        except binascii.Error as error:
            raise SomosError("staff_sheet_unreadable") from error
        async with panel.database.write() as session:
            # Once more: others may have changed things since it was looked at.
            plan = await check(session, kind, sheet, _scope(me))
            new, changed = plan.new, plan.changed
            await write(session, plan, me.email, panel.clock())
        return panel.back(PATH, "sheet_written", new=new, changed=changed)
