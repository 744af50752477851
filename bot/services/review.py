"""What staff decide about reports: accept, correct, join, set aside, assign, resolve, reopen.

Each decision goes through the table of states and leaves a line in the audit, without a citizen's
words. Callers have locked the reports that they give.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.duplicates import note_duplicates
from bot.services.learning import keep_correction
from bot.services.report_states import can_become, move
from bot.services.reporting import KINDS
from bot.services.routing import due_on
from bot.services.suggesting import INTENT_OF
from intents.interpreter import Interpreter
from storage.models import Report
from storage.queries import audit
from storage.queries import reports as queries

CORRECTABLE = ("kind", "institution", "service", "theme", "unit")
# Taken over from the suggestion on acceptance, where nothing stands yet and it is this sure.
SURE = 0.5
AUDITED = ("status", "kind", "institution", "service", "theme", "unit", "due_on", "is_sensitive",
           "reason", "joined_to_id")  # fmt: skip
Fields = dict[str, Any]


class Change:
    """Notes in the audit what an action changed, when it ends well."""

    def __init__(
        self, session: AsyncSession, report: Report, action: str, actor: str, now: datetime
    ) -> None:
        self._session, self._report, self._action = session, report, action
        self._actor, self._now = actor, now
        self._before = _fields(report)

    def __enter__(self) -> None:
        """The fields as they were are noted already."""

    def __exit__(self, problem: type[BaseException] | None, *_: object) -> None:
        if problem is not None:
            return
        after = _fields(self._report)
        changed = [name for name in AUDITED if after[name] != self._before[name]]
        audit.note(
            self._session, self._now, self._actor, f"report_{self._action}",
            f"report:{self._report.folio}",
            {name: self._before[name] for name in changed},
            {name: after[name] for name in changed},
        )  # fmt: skip


def _fields(report: Report) -> Fields:
    due = report.due_on
    plain = {name: getattr(report, name) for name in AUDITED}
    return {**plain, "due_on": due.isoformat() if due else None}


def suggested(report: Report, name: str) -> str | None:
    """What a field seems to be, if that is sure enough."""
    found = report.suggestion.get(name) or {}
    return found["value"] if found.get("sure", 0.0) >= SURE else None


def begin_review(session: AsyncSession, report: Report, actor: str, now: datetime) -> None:
    """Somebody looks at it: others see that."""
    with Change(session, report, "review", actor, now):
        move(report, "under_review", now)


def accept(session: AsyncSession, report: Report, actor: str, now: datetime) -> None:
    """It is a report, for a matrix; what it lacks is taken from the suggestion."""
    with Change(session, report, "accept", actor, now):
        move(report, "accepted", now)
        for name in ("institution", "service", "theme", "unit"):
            if getattr(report, name) is None:
                setattr(report, name, suggested(report, name))


async def correct(
    session: AsyncSession, interpreter: Interpreter | None, report: Report, fields: Fields,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Put right what it was taken for; never the words. A corrected kind becomes an example.

    Raises `staff_report_kind` for an unknown kind.
    """
    wanted = {name: fields[name] or None for name in CORRECTABLE if name in fields}
    if wanted.get("kind", report.kind) not in KINDS:
        raise SomosError("staff_report_kind", kind=wanted.get("kind") or "")
    was = report.kind
    with Change(session, report, "correct", actor, now):
        for name, value in wanted.items():
            setattr(report, name, value)
        report.due_on = due_on(report.service, report.theme, report.created_at)
    await note_duplicates(session, report)
    if report.kind != was and not report.is_sensitive and interpreter is not None:
        intent = INTENT_OF[report.kind]
        await keep_correction(session, interpreter, report.words, intent, now)


async def join(
    session: AsyncSession, report: Report, to: Report, actor: str, now: datetime
) -> None:
    """It says what another report says, and shares its fate from now on.

    Raises SomosError for itself, or for one that is itself joined or set aside.
    """
    if to.id == report.id or to.status in ("joined", "set_aside"):
        raise SomosError("staff_report_no_join", folio=report.folio, other=to.folio)
    with Change(session, report, "join", actor, now):
        move(report, "joined", now)
        report.joined_to_id = to.id
    for other in await queries.joined_to(session, [report.id]):
        # Those that were joined to it follow it.
        other.joined_to_id = to.id
    if report.is_sensitive and not to.is_sensitive:
        mark_sensitive(session, to, True, actor, now)


def set_aside(
    session: AsyncSession, report: Report, reason: str, actor: str, now: datetime
) -> None:
    """It is no report. Raises `staff_report_reason` without a reason."""
    if not reason.strip():
        raise SomosError("staff_report_reason", folio=report.folio)
    with Change(session, report, "set_aside", actor, now):
        move(report, "set_aside", now)
        report.reason = " ".join(reason.split())[:300]


def mark_sensitive(
    session: AsyncSession, report: Report, is_sensitive: bool, actor: str, now: datetime
) -> None:
    """Keep it back from ordinary lists, or give it back to them."""
    with Change(session, report, "sensitive", actor, now):
        report.is_sensitive = is_sensitive


def assign(session: AsyncSession, report: Report, unit: str, actor: str, now: datetime) -> None:
    """A unit sees to it. Raises `staff_report_unit` without one."""
    if not unit.strip():
        raise SomosError("staff_report_unit", folio=report.folio)
    with Change(session, report, "assign", actor, now):
        move(report, "assigned", now)
        report.unit = " ".join(unit.split())[:300]


def answer(session: AsyncSession, report: Report, actor: str, now: datetime) -> None:
    """Its citizen was answered; a state without it becomes that one."""
    with Change(session, report, "answer", actor, now):
        if can_become(report, "answered"):
            move(report, "answered", now)


def resolve(session: AsyncSession, report: Report, actor: str, now: datetime) -> None:
    """It is solved, staff say; whoever reported it is asked."""
    with Change(session, report, "resolve", actor, now):
        move(report, "resolved", now)


def reopen(session: AsyncSession, report: Report, actor: str, now: datetime) -> None:
    """It is not solved, or was wrongly put away: back to who had it."""
    with Change(session, report, "reopen", actor, now):
        if report.status == "resolved":
            move(report, "assigned" if report.unit else "accepted", now)
            report.reopened += 1
            report.confirmed_at = None
            report.due_on = due_on(report.service, report.theme, now)
        else:
            move(report, "under_review", now)
            report.joined_to_id = report.reason = None
