"""The catalogue's first page: what there is, and the way to each table."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import func, select

from bot.panel.core import HOME, Panel
from bot.panel.tables import TABLES
from bot.services.staff import StaffMember

PATH = f"{HOME}/catalogo"


def make_router(panel: Panel) -> APIRouter:
    """`/panel/catalogo`."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def catalogue(request: Request, me: StaffMember = panel.reader("catalogue")) -> Response:
        async with panel.database.read() as session:
            counts = [
                (table, await session.scalar(select(func.count()).select_from(table.model)))
                for table in TABLES
            ]
        return panel.page(request, "catalogue/index.html", me, counts=counts)

    return router
