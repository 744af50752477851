"""What may become of a report: one table of states, which every change goes through."""

from datetime import datetime

from bot.errors import SomosError
from responses.render import Phrase
from storage.models import Report

# From each state, the states that may follow.
FOLLOWS: dict[str, frozenset[str]] = {
    "received": frozenset({"under_review", "accepted", "joined", "set_aside"}),
    "under_review": frozenset({"accepted", "joined", "set_aside"}),
    "accepted": frozenset({"assigned", "answered", "resolved", "joined", "set_aside"}),
    "assigned": frozenset({"assigned", "answered", "resolved", "joined", "set_aside"}),
    "answered": frozenset({"assigned", "answered", "resolved"}),
    # By the citizen's no, or by staff.
    "resolved": frozenset({"accepted", "assigned"}),
    "joined": frozenset({"under_review"}),
    "set_aside": frozenset({"under_review"}),
}
STATES = tuple(FOLLOWS)


def can_become(report: Report, state: str) -> bool:
    """Whether the report may go to that state now."""
    return state in FOLLOWS[report.status]


def move(report: Report, state: str, now: datetime) -> None:
    """Bring the report to a state. Raises SomosError where the table doesn't allow it."""
    if not can_become(report, state):
        raise SomosError(
            "staff_report_state", folio=report.folio, state=Phrase(f"report_state_{report.status}"),
            wanted=Phrase(f"report_state_{state}"),
        )  # fmt: skip
    report.status = state
    if state in ("accepted", "assigned") and report.accepted_at is None:
        report.accepted_at = now
    if state == "answered" and report.answered_at is None:
        report.answered_at = now
    report.resolved_at = now if state == "resolved" else None
