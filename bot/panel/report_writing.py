"""Writing to the citizen of a report, and to those of the reports joined to it."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.report_words import tell
from bot.errors import SomosError
from bot.panel.core import Panel
from bot.panel.report_page import locked
from bot.panel.report_queue import PATH
from bot.services import review
from bot.services.answering import Purpose, obstacle
from bot.services.staff import StaffMember
from storage.models import Report
from storage.queries import reports as queries
from storage.queries.conversations import conversation_of

Text = Annotated[str, Form()]


def make_router(panel: Panel) -> APIRouter:
    """`/panel/reportes/{folio}/escribir`."""
    router = APIRouter(prefix=PATH)

    @router.post("/{folio}/escribir")
    async def write(
        folio: str, words: Text, purpose: Annotated[Purpose, Form()], joined: Text = "",
        me: StaffMember = panel.writer("reports"),
    ) -> Response:  # fmt: skip
        if not words.strip():
            raise SomosError("staff_report_words", folio=folio)
        now, told = panel.clock(), set[int | None]()
        async with panel.database.write() as session:
            report = await locked(session, me, folio)
            others = await queries.joined_to(session, [report.id]) if joined else []
            if others and not await _can_be_told(session, report):
                _go_along(session, report, purpose, me, panel)
            else:
                await tell(session, panel.renderer, report, words, purpose, me.email, now)
            for other in others:
                # Whoever said it twice is told once.
                is_new = other.account_id not in told | {report.account_id}
                if is_new and await _can_be_told(session, other):
                    said = words.replace(report.folio, other.folio)
                    await tell(session, panel.renderer, other, said, purpose, me.email, now)
                    told.add(other.account_id)
        key = "report_sent_joined" if told else "report_sent"
        return panel.back(f"{PATH}/{folio}", key, folio=folio, joined=len(told))

    return router


def _go_along(
    session: AsyncSession, report: Report, purpose: Purpose, me: StaffMember, panel: Panel
) -> None:
    """Nobody is behind the report itself, but behind those joined to it: its state follows."""
    if purpose == "state":
        review.answer(session, report, me.email, panel.clock())
    elif purpose == "resolution":
        review.resolve(session, report, me.email, panel.clock())


async def _can_be_told(session: AsyncSession, report: Report) -> bool:
    if report.account_id is None:
        return False
    found = await conversation_of(session, report.account_id)
    return found is not None and not obstacle(report, found.account.channel, found.account.blocked)
