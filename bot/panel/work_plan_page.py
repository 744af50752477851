"""The municipal work plan by unit and mesa, edited in place."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.matrices import paper, workplan
from bot.panel.access import may
from bot.panel.core import HOME, Panel
from bot.panel.dialogue_files import Format, tables_file
from bot.panel.form_fields import fields_of, row_by_id, text, wish
from bot.services import rows
from bot.services import work_plans as services
from bot.services.staff import StaffMember
from storage.queries.dialogues import work_plans

PATH = f"{HOME}/plan-de-trabajo"
STEPS = {"up": -1, "down": 1}


def make_router(panel: Panel) -> APIRouter:
    """`/panel/plan-de-trabajo`."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def plan(
        request: Request, plan: str = "", vista: str = "",
        me: StaffMember = panel.reader("dialogues"),
    ) -> Response:  # fmt: skip
        async with panel.database.read() as session:
            plans = await work_plans(session)
        chosen = next((p for p in plans if p.slug == plan), plans[0] if plans else None)
        table = workplan.table_of(chosen) if chosen else None
        edits = may(me.role, "dialogues", write=True) and vista != "documento"
        return panel.page(
            request, "dialogues/work_plan.html", me, plans=plans, plan=chosen, table=table,
            edits=edits, grid=paper.cells, names=services.NAMES,
            mark=lambda row: rows.mark(row, services.NAMES),
        )  # fmt: skip

    @router.post("/{slug}")
    async def save(
        request: Request, slug: str, me: StaffMember = panel.writer("dialogues")
    ) -> Response:
        async with request.form() as form, panel.database.write() as session:
            plan = await services.find(session, slug)
            what, number = wish(form)
            by = (me.email, panel.clock())
            for row in list(plan.rows):
                fields = fields_of(form, services.NAMES, row.id)
                if fields is not None and (what, number) != ("remove", str(row.id)):
                    seen = text(form, f"seen-{row.id}") or None
                    services.edit(session, row, fields, *by, seen=seen)
            new = fields_of(form, services.NAMES, "new")
            if new and any(value.strip() for value in new.values()):
                await services.add(session, plan, new, *by)
            meant = row_by_id(plan.rows, number)
            if meant is not None and what in STEPS:
                await services.move(session, plan, meant, STEPS[what], *by)
            elif meant is not None and what == "remove":
                await services.remove(session, plan, meant, *by)
        place = f"fila-{number}" if what in STEPS else "plan"
        return panel.back(f"{PATH}?plan={slug}#{place}", "matrix_saved")

    @router.get("/{slug}/descargar.{format}", dependencies=[panel.reader("dialogues")])
    async def download(slug: str, format: Format) -> Response:
        return await tables_file(panel, "workplan", slug, format)

    return router
