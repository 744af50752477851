"""Commitments of all dialogues by date, and one with its progress and the words behind it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.dialogue.staff_words import queue_words
from bot.errors import SomosError
from bot.matrices.alerts import open_reports
from bot.panel.core import HOME, Panel
from bot.panel.dialogue_files import Format, tables_file
from bot.services import commitments as services
from bot.services import rows
from bot.services.dialogues import read_date
from bot.services.staff import StaffMember
from storage.models import Commitment
from storage.queries.dialogues import commitments_by_due, whole_commitment

PATH = f"{HOME}/compromisos"
Text = Annotated[str, Form(max_length=4000)]
Line = Annotated[str, Form(max_length=300)]


def make_router(panel: Panel) -> APIRouter:
    """`/panel/compromisos`."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def all_commitments(
        request: Request, estado: str = "", me: StaffMember = panel.reader("dialogues")
    ) -> Response:
        async with panel.database.read() as session:
            found = await commitments_by_due(session, estado)
        return panel.page(request, "dialogues/commitments.html", me, commitments=found,
                          chosen=estado, statuses=services.STATUSES,
                          today=_today(panel))  # fmt: skip

    @router.get("/descargar.{format}", dependencies=[panel.reader("dialogues")])
    async def download(format: Format) -> Response:
        return await tables_file(panel, "commitments", None, format)

    @router.get("/{number}")
    async def one(
        request: Request, number: int, me: StaffMember = panel.reader("dialogues")
    ) -> Response:
        async with panel.database.read() as session:
            found = await _find(session, number)
        return panel.page(
            request, "dialogues/commitment.html", me, commitment=found, today=_today(panel),
            statuses=services.STATUSES, open_reports=open_reports,
            seen=rows.mark(found, services.FOLLOWED),
        )  # fmt: skip

    @router.post("/{number}/avance")
    async def go_on(
        number: int, status: Line, noted_on: Line, note: Text = "",
        me: StaffMember = panel.writer("dialogues"),
    ) -> Response:  # fmt: skip
        async with panel.database.write() as session:
            found = await _find(session, number, lock=True)
            day, now = read_date(noted_on), panel.clock()
            words = await services.go_on(session, found, status, note, day, me.email, now)
            queue_words(session, panel.renderer, words, panel.clock)
        return panel.back(f"{PATH}/{number}", "commitment_noted", told=len(words))

    @router.post("/{number}/responsable")
    async def follow(
        number: int, owner: Line = "", due_on: Line = "", seen: Line = "",
        me: StaffMember = panel.writer("dialogues"),
    ) -> Response:  # fmt: skip
        due = read_date(due_on) if due_on.strip() else None
        async with panel.database.write() as session:
            found = await _find(session, number, lock=True)
            fields = {"owner": owner, "due_on": due}
            services.edit(session, found, fields, me.email, panel.clock(), seen or None)
        return panel.back(f"{PATH}/{number}", "commitment_saved")

    return router


async def _find(session: AsyncSession, number: int, lock: bool = False) -> Commitment:
    found = await whole_commitment(session, number, lock)
    if found is None:
        raise SomosError("staff_commitment_unknown")
    return found


def _today(panel: Panel) -> object:
    return panel.clock().astimezone(LOCAL).date()
