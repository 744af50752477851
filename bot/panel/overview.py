"""The first page: today at a glance, and trends, each with its table and its download."""

from datetime import datetime, time, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.clock import LOCAL
from bot.panel.core import HOME, Panel
from bot.panel.figures import FIGURES, Reader
from bot.services.staff import StaffMember

SPANS = (7, 30, 90)


def make_router(panel: Panel) -> APIRouter:
    """`/panel` and `/panel/resumen/{figure}.csv`."""
    router = APIRouter()

    def since(days: int) -> datetime:
        """The local midnight that so many days, today among them, begin with."""
        today = panel.clock().astimezone(LOCAL).date()
        return datetime.combine(today - timedelta(days=days - 1), time(), LOCAL)

    @router.get(HOME)
    async def overview(
        request: Request, days: int = 7, me: StaffMember = panel.reader("overview")
    ) -> Response:
        days = days if days in SPANS else SPANS[0]
        async with panel.database.read() as session:
            reader = Reader(session, since(days), panel.words)
            figures = [await reader.read(name) for name in FIGURES]
            day = Reader(session, since(1), panel.words)
            today = {name: await day.read(name) for name in ("channels", "themes", "understanding")}
        counts = {
            "today_messages": sum(int(row[1]) for row in today["channels"].rows),
            "today_people": sum(int(row[2]) for row in today["channels"].rows),
            "today_reports": sum(int(row[1]) for row in today["themes"].rows),
            "today_asked_back": int(today["understanding"].rows[1][1]),
        }
        return panel.page(request, "overview.html", me, figures=figures, days=days, spans=SPANS,
                          counts=counts)  # fmt: skip

    @router.get(HOME + "/resumen/{name}.csv")
    async def download(
        name: str, days: int = 7, _me: StaffMember = panel.reader("overview")
    ) -> Response:
        if name not in FIGURES:
            return Response(status_code=404)
        async with panel.database.read() as session:
            reader = Reader(session, since(days if days in SPANS else SPANS[0]), panel.words)
            figure = await reader.read(name)
        named = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(figure.csv(panel.words), media_type="text/csv", headers=named)

    return router
