"""The first page: today at a glance."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.panel.core import HOME, Panel
from bot.services.staff import StaffMember


def make_router(panel: Panel) -> APIRouter:
    """`/panel`."""
    router = APIRouter()

    @router.get(HOME)
    async def overview(request: Request, me: StaffMember = panel.reader("overview")) -> Response:
        return panel.page(request, "overview.html", me)

    return router
