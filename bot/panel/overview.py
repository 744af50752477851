"""The first page: today at a glance, and trends, each with its table and its download."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.clock import LOCAL
from bot.panel.core import HOME, Panel
from bot.panel.figures import COUNTED, PLACES, Figure, Reader
from bot.services.figures import figures_of
from bot.services.staff import StaffMember

SPANS = (7, 30, 90)


def make_router(panel: Panel) -> APIRouter:
    """`/panel` and `/panel/resumen/{figure}.csv`."""
    router = APIRouter()

    async def read(days: int) -> tuple[dict[str, Figure], Reader]:
        now = panel.clock()
        counted = await figures_of(panel.database, now, days if days in SPANS else SPANS[0])
        reader = Reader(counted, panel.words)
        figures = {name: make(reader) for name, make in COUNTED.items()}
        async with panel.database.read() as session:
            figures |= {name: await make(session) for name, make in PLACES.items()}
        today = now.astimezone(LOCAL).date()
        return figures, Reader([one for one in counted if one.day == today], panel.words)

    @router.get(HOME)
    async def overview(
        request: Request, days: int = 7, me: StaffMember = panel.reader("overview")
    ) -> Response:
        figures, today = await read(days)
        counts = {
            "today_messages": today.total("channels"),
            "today_people": today.total("people"),
            "today_reports": today.total("themes"),
            "today_asked_back": today.total("understanding", "asked_back"),
        }
        return panel.page(request, "overview.html", me, figures=figures.values(), counts=counts,
                          days=days if days in SPANS else SPANS[0], spans=SPANS)  # fmt: skip

    @router.get(HOME + "/resumen/{name}.csv")
    async def download(
        name: str, days: int = 7, _me: StaffMember = panel.reader("overview")
    ) -> Response:
        figures, _ = await read(days)
        if name not in figures:
            return Response(status_code=404)
        named = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(figures[name].csv(panel.words), media_type="text/csv", headers=named)

    return router
