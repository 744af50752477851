"""The audit log: every write of staff, newest first, with before and after."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.panel.core import HOME, Panel
from bot.services.staff import StaffMember
from storage.queries import audit

SHOWN = 50


def make_router(panel: Panel) -> APIRouter:
    """`/panel/auditoria`."""
    router = APIRouter(prefix=f"{HOME}/auditoria")

    @router.get("")
    async def log(
        request: Request, before: int | None = None, target: str = "",
        me: StaffMember = panel.reader("audit"),
    ) -> Response:  # fmt: skip
        async with panel.database.read() as session:
            lines = await audit.lines(session, before, target.strip(), SHOWN + 1)
        return panel.page(request, "audit.html", me, lines=lines[:SHOWN], target=target,
                          next=lines[SHOWN - 1].id if len(lines) > SHOWN else None)  # fmt: skip

    return router
