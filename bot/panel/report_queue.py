"""The queue of reports: what came in, narrowed and searched, and decisions on many at once."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.errors import SomosError
from bot.panel.core import HOME, Panel, safe_path
from bot.services import review
from bot.services.report_states import STATES
from bot.services.reporting import KINDS
from bot.services.routing import routes
from bot.services.staff import StaffMember
from intents.normalise import normalise
from storage.models import Report
from storage.queries import reports as queries
from storage.queries.catalogue import all_zones
from storage.queries.reports import Filters, Sight

PATH = f"{HOME}/reportes"
SHOWN = 30
TO_REVIEW = ("received", "under_review")
CHANNELS = ("telegram", "whatsapp", "rest")
# What the list "all" of states stands for.
ALL_STATES = "all"
MOST_AT_ONCE = 100
Text = Annotated[str, Form()]


class Asked(BaseModel):
    """What the queue's form asks for, as it stands in the address."""

    state: str = ""
    kind: str = ""
    institution: str = ""
    service: str = ""
    theme: str = ""
    zone: str = ""
    neighbourhood: str = ""
    channel: str = ""
    text: str = ""
    oldest: str = ""
    overdue: str = ""
    sensitive: str = ""
    after: int | None = None

    def address(self, **changes: Any) -> str:
        """The queue's address with these filters; `changes` replace some."""
        kept = {**self.model_dump(), "after": None, **changes}
        return f"{PATH}?{urlencode({k: v for k, v in kept.items() if v})}"


def sight_of(me: StaffMember) -> Sight:
    """What a member may see of the reports."""
    return Sight(institution=me.institution, unit=me.unit, sensitive=me.sees_sensitive)


def _filters(asked: Asked, panel: Panel) -> Filters:
    states: Sequence[str] = TO_REVIEW
    if asked.state in STATES:
        states = (asked.state,)
    elif asked.state == ALL_STATES or asked.overdue:
        states = ()
    return Filters(
        states=states, kind=asked.kind, institution=asked.institution, service=asked.service,
        theme=asked.theme, neighbourhood=asked.neighbourhood, channel=asked.channel,
        zone_id=int(asked.zone) if asked.zone.isdecimal() and len(asked.zone) < 9 else None,
        text=normalise(asked.text)[:100], sensitive=bool(asked.sensitive),
        overdue_on=panel.clock().astimezone(LOCAL).date() if asked.overdue else None,
    )  # fmt: skip


def make_router(panel: Panel) -> APIRouter:
    """`/panel/reportes`, and `/panel/reportes/varios` for decisions."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def queue(
        request: Request,
        asked: Annotated[Asked, Query()],
        me: StaffMember = panel.reader("reports"),
    ) -> Response:
        sight = sight_of(me)
        async with panel.database.read() as session:
            rows = await queries.page_of_reports(
                session, sight, _filters(asked, panel), after=asked.after,
                oldest_first=bool(asked.oldest), limit=SHOWN,
            )  # fmt: skip
            shown = rows[:SHOWN]
            likely = await queries.likely_duplicates(session, sight, [r.id for r in shown])
            counts = await queries.counts_by_state(session, sight)
            zones = await all_zones(session)
        more = asked.address(after=shown[-1].id) if len(rows) > SHOWN else None
        return panel.page(
            request, "reports/queue.html", me, rows=shown, likely=likely, counts=counts,
            asked=asked, more=more, here=asked.address(after=asked.after), zones=zones,
            choices=choices(), today=panel.clock().astimezone(LOCAL).date(), states=STATES,
            to_review=sum(counts.get(s, 0) for s in TO_REVIEW), channels=CHANNELS,
        )  # fmt: skip

    @router.post("/varios")
    async def decide(
        action: Text, folio: Annotated[list[str] | None, Form()] = None, reason: Text = "",
        back: Text = PATH, me: StaffMember = panel.writer("reports"),
    ) -> Response:  # fmt: skip
        chosen = (folio or [])[:MOST_AT_ONCE]
        if not chosen:
            return panel.back(safe_path(back), "reports_none_chosen", "danger")
        done, why = 0, ""
        async with panel.database.write() as session:
            found = [
                report
                for name in sorted(set(chosen))
                if (report := await queries.visible_report(session, sight_of(me), name, lock=True))
            ]
            target = found[0] if len(found) > 1 else None
            for report in found:
                try:
                    if action == "join":
                        done += await _join(session, panel, report, target, me)
                    else:
                        _decide(session, panel, action, report, reason, me)
                        done += 1
                except SomosError as error:
                    why = panel.words(error.key, **error.values)
        if why:
            return panel.back(
                safe_path(back), "reports_some_refused", "danger", count=done, why=why
            )
        return panel.back(safe_path(back), "reports_done", count=done)

    return router


def _decide(
    session: AsyncSession, panel: Panel, action: str, report: Report, reason: str, me: StaffMember
) -> None:
    now = panel.clock()
    if action == "accept":
        review.accept(session, report, me.email, now)
    elif action == "review":
        review.begin_review(session, report, me.email, now)
    elif action == "set_aside":
        review.set_aside(session, report, reason, me.email, now)
    elif action == "sensitive":
        review.mark_sensitive(session, report, True, me.email, now)
    else:
        raise SomosError("not_found")


async def _join(
    session: AsyncSession, panel: Panel, report: Report, target: Report | None, me: StaffMember
) -> int:
    """Many: to the oldest of them; one: to the report that it is most like."""
    if target is report:
        return 1
    if target is None:
        likely = await queries.likely_duplicates(session, sight_of(me), [report.id])
        if not likely[report.id]:
            raise SomosError("reports_no_duplicate", folio=report.folio)
        folio = likely[report.id][0][0].folio
        target = await queries.visible_report(session, sight_of(me), folio, lock=True)
        if target is None:
            raise SomosError("reports_no_duplicate", folio=report.folio)
    await review.join(session, report, target, me.email, panel.clock())
    return 1


def choices() -> dict[str, Sequence[str]]:
    """The values that can be chosen, by field."""
    table = routes()
    return {
        "kind": KINDS,
        "institution": ("mies", "municipio", "eeq", "emaseo", "epmaps", "epmmop", "amc", "policia",
                        "msp", "mineduc", "banecuador", "mag", "otra"),
        "service": tuple(table.services),
        "theme": tuple(table.themes),
        "unit": table.units,
    }  # fmt: skip
