"""What was and is sent to many: the list, the books of one as they change, and what stops it."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.matrices.plain import begins_formula
from bot.panel.broadcast_looks import get, look_of, part
from bot.panel.core import HOME, Panel
from bot.panel.wishes import cause_in_words, wishes_of
from bot.services.broadcasts import lifecycle
from bot.services.broadcasts.agenda import WEEK, monday_of
from bot.services.broadcasts.content import SPANISH, Content, said
from bot.services.broadcasts.lifecycle import By
from bot.services.broadcasts.progress import counts_of, pace_of
from bot.services.broadcasts.sheet import Counts, balance
from bot.services.staff import StaffMember
from storage.models import Broadcast
from storage.queries import audit, sheets
from storage.queries import broadcasts as queries

PATH = f"{HOME}/difusiones"
SHOWN = 20
WEEKS = 4
# Of thousands of combinations of wishes so many stand alone.
REASONS = 20
BLOCK = 500  # lines
FATES = ("delivered", "failed", "skipped", "uncertain", "waiting")
ACTS: dict[str, tuple[Callable[[AsyncSession, int, By], Awaitable[Any]], str]] = {
    "pausar": (lifecycle.pause, "broadcast_paused"),
    "seguir": (lifecycle.resume, "broadcast_resumed"),
    "cancelar": (lifecycle.cancel, "broadcast_cancelled"),
    "repetir": (lifecycle.send_again, "broadcast_again"),
}


def make_router(panel: Panel) -> APIRouter:
    """`/panel/difusiones`."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def newest(
        request: Request, before: int | None = None, me: StaffMember = panel.reader("broadcasts")
    ) -> Response:
        async with panel.database.read() as session:
            found = await queries.newest(session, before, SHOWN + 1)
            counts = await counts_of(session, found[:SHOWN], panel.clock())
        more = found[SHOWN - 1].id if len(found) > SHOWN else None
        first = monday_of(panel.clock().astimezone(LOCAL).date())
        return panel.page(request, "broadcasts/list.html", me, broadcasts=found[:SHOWN],
                          counts=counts, next=more, fates=FATES,
                          mondays=[first + WEEK * n for n in range(WEEKS)])  # fmt: skip

    @router.get("/{broadcast_id}")
    async def one(
        request: Request, broadcast_id: int, me: StaffMember = panel.reader("broadcasts")
    ) -> Response:
        async with panel.database.read() as session:
            seen = await _books(panel, session, broadcast_id)
            seen["texts"] = await queries.texts(session, broadcast_id, SHOWN)
            seen["history"] = await audit.lines(session, None, f"broadcast:{broadcast_id}", SHOWN)
            seen["announced"] = _announced(seen["found"])
            if seen["found"].planned_at is None:
                seen |= await look_of(panel, session, seen["found"])
        return panel.page(request, "broadcasts/one.html", me, settings=panel.settings, **seen)

    @router.get("/{broadcast_id}/avance")
    async def progress(broadcast_id: int, me: StaffMember = panel.reader("broadcasts")) -> Response:
        async with panel.database.read() as session:
            books = await _books(panel, session, broadcast_id)
        return part(panel, "broadcasts/progress.html", me, **books)

    @router.get("/{broadcast_id}/lineas.csv")
    async def lines(
        broadcast_id: int, _me: StaffMember = panel.reader("broadcasts")
    ) -> StreamingResponse:
        named = {"Content-Disposition": f'attachment; filename="envio-{broadcast_id}.csv"'}
        return StreamingResponse(_csv(panel, broadcast_id), media_type="text/csv", headers=named)

    @router.post("/{broadcast_id}/{act}")
    async def change(
        broadcast_id: int, act: str, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        if act not in ACTS:
            return Response(status_code=404)
        do, said = ACTS[act]
        async with panel.database.write() as session:
            done = await do(session, broadcast_id, By(me.email, panel.clock()))
        count = done if isinstance(done, int) else 0
        return back_to(panel, broadcast_id, said, count=count)

    return router


def back_to(panel: Panel, broadcast_id: int, said: str, **values: Any) -> RedirectResponse:
    """To a broadcast's page, with what was done."""
    return panel.back(f"{PATH}/{broadcast_id}", said, **values)


async def _books(panel: Panel, session: AsyncSession, broadcast_id: int) -> dict[str, Any]:
    found = await get(session, broadcast_id)
    sheet = await balance(session, broadcast_id)
    wishes = await wishes_of(session, panel.words)
    return {
        "found": found,
        "sheet": sheet,
        "fates": FATES,
        "pace": await pace_of(session, broadcast_id, sheet.total.waiting),
        "reasons": _shortened(panel, {wishes.name(r): c for r, c in sheet.reasons.items()}),
        "causes": _in_words(panel, sheet.causes),
        "wishes": wishes,
    }


def _announced(found: Broadcast) -> list[tuple[int, str]]:
    """Its events, as it announced them."""
    items = Content.restore(found.content).items
    return [(i.event_id, said(i.line, SPANISH)) for i in items if i.event_id is not None]


def _shortened(panel: Panel, reasons: dict[str, Counts]) -> dict[str, Counts]:
    """The largest groups, and all others as one, so that they still add up."""
    ordered = sorted(reasons.items(), key=lambda item: -item[1].intended)
    shown = dict(ordered[:REASONS])
    if ordered[REASONS:]:
        rest = Counts()
        for _, counts in ordered[REASONS:]:
            for name in vars(rest):
                setattr(rest, name, getattr(rest, name) + getattr(counts, name))
        shown[panel.words("wishes_others")] = rest
    return shown


def _in_words(panel: Panel, causes: dict[str, dict[str, int]]) -> list[tuple[str, str, int]]:
    found: dict[tuple[str, str], int] = {}
    for fate, numbers in causes.items():
        for cause, number in numbers.items():
            key = (fate, cause_in_words(panel.words, cause))
            found[key] = found.get(key, 0) + number
    return sorted(((*key, n) for key, n in found.items()), key=lambda row: -row[2])


async def _csv(panel: Panel, broadcast_id: int) -> AsyncIterator[bytes]:
    """A line for each person, in blocks: a quarter of a million are never in memory at once."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    stream.write("\ufeff")
    writer.writerow(sheets.LINE)
    async with panel.database.read() as session:
        number = 0
        async for line in sheets.lines(session, broadcast_id):
            writer.writerow([f"'{c}" if begins_formula(c) else c for c in line])
            number += 1
            if number % BLOCK == 0:
                yield _taken(stream)
    yield _taken(stream)


def _taken(stream: io.StringIO) -> bytes:
    block = stream.getvalue().encode()
    stream.seek(0)
    stream.truncate()
    return block
