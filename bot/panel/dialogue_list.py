"""All Diálogos Ciudadanos, and a new one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.panel.core import HOME, Panel
from bot.services import dialogues as services
from bot.services.rows import tidy
from bot.services.staff import StaffMember
from storage.queries.dialogues import all_dialogues

PATH = f"{HOME}/dialogos"
Text = Annotated[str, Form(max_length=300)]
Name = Annotated[str, Form(max_length=80)]


def make_router(panel: Panel) -> APIRouter:
    """`/panel/dialogos`."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def dialogues(request: Request, me: StaffMember = panel.reader("dialogues")) -> Response:
        async with panel.database.read() as session:
            found = await all_dialogues(session)
        return panel.page(request, "dialogues/list.html", me, dialogues=found)

    @router.post("")
    async def create(
        title: Text, held_on: Text, institution: Text, directorate: Text, province: Name,
        canton: Name, parish: Name, me: StaffMember = panel.writer("dialogues"),
    ) -> Response:  # fmt: skip
        head = {
            "title": tidy(title), "held_on": services.read_date(held_on),
            "institution": tidy(institution), "directorate": tidy(directorate),
            "province": tidy(province), "canton": tidy(canton), "parish": tidy(parish),
            "source": tidy(directorate),
        }  # fmt: skip
        async with panel.database.write() as session:
            made = await services.create(session, head, me.email, panel.clock())
        return panel.back(f"{PATH}/{made.slug}", "dialogue_created")

    return router
