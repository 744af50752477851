"""Enrolments by workshop: places, the waiting list, and what a Casa decides about each."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.clock import LOCAL
from bot.dialogue.staff_words import queue_notices
from bot.matrices.attendance_list import build
from bot.matrices.tables import Table
from bot.matrices.writers import render
from bot.panel.access import casa_of
from bot.panel.core import HOME, NotFoundError, Panel
from bot.services.enrollment import age_on
from bot.services.enrollment_desk import Desk
from bot.services.handoff import Word
from bot.services.staff import StaffMember
from intents.normalise import normalise
from storage.models import Citizen
from storage.queries import enrollment_desk as queries
from storage.queries.enrollment_desk import WorkshopCounts

PATH = f"{HOME}/inscripciones"
SHOWN, SHOWN_WAITING, SHOWN_DOWN = 40, 100, 20
FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Text = Annotated[str, Form()]
Texts = Annotated[list[str], Form()]
Decide = Callable[[Desk], Awaitable[list[Word]]]


def scope(me: StaffMember) -> int | None:
    """The Casa that a member is kept to."""
    return casa_of(me.role, me.casa_id)


def make_router(panel: Panel) -> APIRouter:
    """`/panel/inscripciones`."""
    router = APIRouter(prefix=PATH)
    _add_pages(router, panel)
    _add_lists(router, panel)
    _add_decisions(router, panel)
    return router


def _today(panel: Panel) -> date:
    return panel.clock().astimezone(LOCAL).date()


def _age(panel: Panel) -> Callable[[Citizen | None], int | str]:
    """For templates: completed years today."""
    today = _today(panel)
    return lambda c: age_on(c.birth_date, today) if c is not None and c.birth_date else ""


def _add_pages(router: APIRouter, panel: Panel) -> None:
    @router.get("")
    async def workshops(
        request: Request, q: str = "", casa: str = "", after: str = "", after_id: int = 0,
        me: StaffMember = panel.reader("enrollments"),
    ) -> Response:  # fmt: skip
        own, wanted = scope(me), int(casa) if casa.isdigit() else None
        async with panel.database.read() as session:
            found = await queries.enrollment(session, own, q.strip().upper()) if q else None
            if found is not None:
                return RedirectResponse(f"{PATH}/{found.workshop_id}/{found.folio}", 303)
            rows = await queries.workshops(
                session, wanted if own is None else own, normalise(q), _today(panel),
                (after, after_id) if after_id else None, SHOWN + 1,
            )  # fmt: skip
            casas = await queries.casas(session, own)
        last = rows[SHOWN - 1].workshop if len(rows) > SHOWN else None
        return panel.page(request, "enrollments/workshops.html", me, rows=rows[:SHOWN], q=q,
                          casa=wanted, casas=casas, last=last)  # fmt: skip

    @router.get("/{workshop_id}")
    async def workshop(
        request: Request, workshop_id: int, turn: int = 0,
        me: StaffMember = panel.reader("enrollments"),
    ) -> Response:  # fmt: skip
        async with panel.database.read() as session:
            counts = _known(await queries.workshop(session, scope(me), workshop_id))
            placed = await queries.placed(session, workshop_id)
            waiting = await queries.waiting(session, workshop_id, turn, SHOWN_WAITING + 1)
            down = await queries.turned_down(session, workshop_id, SHOWN_DOWN)
        return panel.page(
            request, "enrollments/workshop.html", me, counts=counts, workshop=counts.workshop,
            placed=placed, waiting=waiting[:SHOWN_WAITING], down=down, age=_age(panel),
            next_turn=waiting[SHOWN_WAITING - 1].turn if len(waiting) > SHOWN_WAITING else None,
        )  # fmt: skip


def _add_lists(router: APIRouter, panel: Panel) -> None:
    async def table(me: StaffMember, workshop_id: int) -> Table:
        async with panel.database.read() as session:
            counts = _known(await queries.workshop(session, scope(me), workshop_id))
            return build(counts.workshop, await queries.placed(session, workshop_id))

    @router.get("/{workshop_id}/asistencia")
    async def attendance(
        request: Request, workshop_id: int, me: StaffMember = panel.reader("enrollments")
    ) -> Response:
        return panel.page(request, "enrollments/attendance.html", me, workshop_id=workshop_id,
                          table=await table(me, workshop_id))  # fmt: skip

    @router.get("/{workshop_id}/asistencia.{kind}")
    async def attendance_file(
        workshop_id: int, kind: str, me: StaffMember = panel.reader("enrollments")
    ) -> Response:
        if kind not in FILES:
            raise NotFoundError
        content = render([await table(me, workshop_id)], kind)
        name = f'attachment; filename="asistencia-{workshop_id}.{kind}"'
        return Response(content, media_type=FILES[kind], headers={"Content-Disposition": name})

    @router.get("/{workshop_id}/{folio}")
    async def one(
        request: Request, workshop_id: int, folio: str, casa: str = "",
        me: StaffMember = panel.reader("enrollments"),
    ) -> Response:  # fmt: skip
        own = scope(me)
        async with panel.database.read() as session:
            found = await queries.enrollment(session, own, folio)
            if found is None or found.workshop_id != workshop_id:
                raise NotFoundError
            person = found.citizen
            adult = await queries.citizen(session, person.representative_id) if person else None
            there = int(casa) if own is None and casa.isdigit() else found.workshop.casa_id
            targets = await queries.workshops(session, there, "", _today(panel), None, 200)
            casas = await queries.casas(session, own)
        return panel.page(
            request, "enrollments/one.html", me, one=found, person=person, adult=adult,
            workshop=found.workshop, casas=casas, there=there, age=_age(panel),
            targets=[t for t in targets if t.workshop.id != workshop_id],
        )  # fmt: skip


def _known(counts: WorkshopCounts | None) -> WorkshopCounts:
    if counts is None:
        raise NotFoundError
    return counts


def _add_decisions(router: APIRouter, panel: Panel) -> None:
    async def decide(
        me: StaffMember, workshop_id: int, decision: Decide, key: str, folio: str | None = None
    ) -> Response:
        async with panel.database.write() as session:
            _known(await queries.workshop(session, scope(me), workshop_id))
            if folio and not await queries.enrollment(session, scope(me), folio):
                raise NotFoundError
            desk = Desk(session, panel.clock(), me.email, scope(me))
            words = await decision(desk)
            untold = queue_notices(session, panel.renderer, words, panel.clock)
        if untold:
            done = panel.words(key, count=len(words))
            return panel.back(f"{PATH}/{workshop_id}", "enrollments_untold", done=done,
                              count=untold)  # fmt: skip
        return panel.back(f"{PATH}/{workshop_id}", key, count=len(words))

    @router.post("/{workshop_id}/confirmar")
    async def confirm(
        workshop_id: int, folio: Texts = [],  # noqa: B006 - FastAPI copies it
        me: StaffMember = panel.writer("enrollments"),
    ) -> Response:  # fmt: skip
        return await decide(me, workshop_id, lambda d: d.confirm(workshop_id, folio or None),
                            "enrollments_confirmed")  # fmt: skip

    @router.post("/{workshop_id}/cupos")
    async def give_places(
        workshop_id: int, me: StaffMember = panel.writer("enrollments")
    ) -> Response:
        return await decide(me, workshop_id, lambda d: d.give_places(workshop_id), "places_given")

    @router.post("/{workshop_id}/{folio}/rechazar")
    async def turn_down(
        workshop_id: int, folio: str, reason: Text = "",
        me: StaffMember = panel.writer("enrollments"),
    ) -> Response:  # fmt: skip
        return await decide(me, workshop_id, lambda d: d.turn_down(folio, reason),
                            "enrollment_turned_down", folio)  # fmt: skip

    @router.post("/{workshop_id}/{folio}/mover")
    async def move(
        workshop_id: int, folio: str, target: Annotated[int, Form()],
        me: StaffMember = panel.writer("enrollments"),
    ) -> Response:  # fmt: skip
        return await decide(me, workshop_id, lambda d: d.move(folio, target),
                            "enrollment_moved", folio)  # fmt: skip
