"""One report: its words, what it was taken for, what was done and said; each decision on it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.dialogue.report_words import draft
from bot.errors import SomosError
from bot.panel.core import HOME, Panel
from bot.panel.report_queue import PATH, choices, sight_of
from bot.services import review
from bot.services.answering import Purpose, obstacle
from bot.services.report_states import FOLLOWS
from bot.services.staff import StaffMember
from storage.models import Report
from storage.queries import reports as queries
from storage.queries.conversations import conversation_of

Text = Annotated[str, Form()]
PURPOSES: tuple[Purpose, ...] = ("state", "question", "resolution")
# Of a joined or set aside report nobody is told but through the one it was joined to.
QUIET = ("joined", "set_aside")


def make_router(panel: Panel) -> APIRouter:
    """`/panel/reportes/{folio}` and its decisions."""
    router = APIRouter(prefix=PATH)

    @router.get("/{folio}")
    async def report_page(
        request: Request, folio: str, me: StaffMember = panel.reader("reports")
    ) -> Response:
        async with panel.database.read() as session:
            report = await queries.visible_report(session, sight_of(me), folio)
            if report is None:
                text = panel.words("not_found")
                return panel.page(request, "error.html", me, status=404, text=text)
            shown = await _shown(session, panel, report, me)
        return panel.page(
            request, "reports/report.html", me, report=report, choices=choices(),
            today=panel.clock().astimezone(LOCAL).date(), follows=FOLLOWS[report.status], **shown,
        )  # fmt: skip

    @router.post("/{folio}/corregir")
    async def correct(
        folio: str, kind: Text, institution: Text = "", service: Text = "", theme: Text = "",
        unit: Text = "", me: StaffMember = panel.writer("reports"),
    ) -> Response:  # fmt: skip
        fields = {"kind": kind, "institution": institution, "service": service, "theme": theme,
                  "unit": unit}  # fmt: skip
        async with panel.database.write() as session:
            report = await locked(session, me, folio)
            known = choices()
            for name in ("institution", "service", "theme"):
                if fields[name] and fields[name] not in known[name]:
                    raise SomosError("not_found")
            fields["unit"] = fields["unit"].strip()[:300]
            await review.correct(
                session, panel.interpreter, report, fields, me.email, panel.clock()
            )  # fmt: skip
        return panel.back(f"{PATH}/{folio}", "report_done", folio=folio)

    @router.post("/{folio}/unir")
    async def join(folio: str, other: Text, me: StaffMember = panel.writer("reports")) -> Response:
        async with panel.database.write() as session:
            first, second = sorted((folio, other.strip().upper()))
            found = {name: await locked(session, me, name) for name in (first, second)}
            to = found[other.strip().upper()]
            await review.join(session, found[folio], to, me.email, panel.clock())
        return panel.back(f"{PATH}/{to.folio}", "report_done", folio=folio)

    @router.post("/{folio}/decidir")
    async def decide(
        folio: str, action: Text, reason: Text = "", unit: Text = "",
        me: StaffMember = panel.writer("reports"),
    ) -> Response:  # fmt: skip
        async with panel.database.write() as session:
            report = await locked(session, me, folio)
            _decide(session, panel, report, action, reason, unit, me)
            seen = me.sees_sensitive or not report.is_sensitive
        return panel.back(f"{PATH}/{folio}" if seen else PATH, "report_done", folio=folio)

    return router


async def locked(session: AsyncSession, me: StaffMember, folio: str) -> Report:
    """The report for changing; raises `staff_report_unknown`, also where it may not be seen."""
    report = await queries.visible_report(session, sight_of(me), folio, lock=True)
    if report is None:
        raise SomosError("staff_report_unknown", folio=folio)
    return report


def _decide(
    session: AsyncSession, panel: Panel, report: Report, action: str, reason: str, unit: str,
    me: StaffMember,
) -> None:  # fmt: skip
    now, actor = panel.clock(), me.email
    match action:
        case "review":
            review.begin_review(session, report, actor, now)
        case "accept":
            review.accept(session, report, actor, now)
        case "set_aside":
            review.set_aside(session, report, reason, actor, now)
        case "sensitive" | "ordinary":
            review.mark_sensitive(session, report, action == "sensitive", actor, now)
        case "assign":
            review.assign(session, report, unit, actor, now)
        case "resolve":
            review.resolve(session, report, actor, now)
        case "reopen":
            review.reopen(session, report, actor, now)
        case _:
            raise SomosError("not_found")


async def _shown(
    session: AsyncSession, panel: Panel, report: Report, me: StaffMember
) -> dict[str, Any]:
    sight = sight_of(me)
    account = None
    if report.account_id is not None:
        found = await conversation_of(session, report.account_id)
        account = found.account if found else None
    problem = obstacle(
        report, account.channel if account else None, account.blocked if account else False
    )
    language = found.language if report.account_id is not None and found else "es"
    joined = [r for r in await queries.joined_to(session, [report.id])
              if sight.sensitive or not r.is_sensitive]  # fmt: skip
    to = await queries.by_ids(session, [report.joined_to_id]) if report.joined_to_id else []
    likely = await queries.likely_duplicates(session, sight, [report.id])
    entry = await queries.entry_of(session, report.id)
    return {
        "problem": problem,
        "drafts": {p: draft(panel.renderer, report, p, language) for p in PURPOSES},
        "joined": joined,
        "joined_to": to[0] if to else None,
        "likely": likely[report.id],
        "exchange": await queries.exchange(session, report.id),
        "history": await queries.history_of(session, report.folio),
        "entry": entry,
        "quiet": report.status in QUIET,
        "home": HOME,
    }
