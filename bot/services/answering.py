"""The exchange with a citizen about their report: who can be written to, what they answered."""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services import review
from bot.services.report_states import can_become
from storage.models import Conversation, Report, ReportMessage
from storage.queries.conversations import conversation_of, lock_conversation_by_id
from storage.queries.records import report_by_folio

# What a message of staff is: news, a question back, or "it is solved: is it?".
Purpose = Literal["state", "question", "resolution"]
AWAITS = {"question": "answer", "resolution": "solved"}
ACTOR = "citizen"


def obstacle(report: Report, channel: str | None, blocked: bool = False) -> str | None:
    """Why its citizen can't be written to, as the key of an error; None if they can."""
    if report.account_id is None:
        return "staff_unreachable_anonymous"
    if channel in ("rest", "console"):
        return "staff_unreachable_page"
    return "staff_unreachable_blocked" if blocked else None


async def conversation_about(session: AsyncSession, report: Report) -> Conversation:
    """The locked conversation where it was said. Raises SomosError if nobody can be written to."""
    found = None
    if report.account_id is not None:
        found = await conversation_of(session, report.account_id)
    reason = obstacle(
        report, found.account.channel if found else None, found.account.blocked if found else False
    )
    if found is None or reason is not None:
        raise SomosError(reason or "staff_unreachable_anonymous", folio=report.folio)
    locked = await lock_conversation_by_id(session, found.id, wait=True)
    if locked is None:
        raise SomosError("staff_unreachable_anonymous", folio=report.folio)
    return locked


def note_sent(
    session: AsyncSession, report: Report, words: str, purpose: Purpose, actor: str, now: datetime,
    outbound_id: int,
) -> None:  # fmt: skip
    """Keep what staff said, bring the report's state along, and what is waited for."""
    session.add(
        ReportMessage(report_id=report.id, direction="out", words=words, actor=actor,
                      outbound_id=outbound_id, created_at=now)
    )  # fmt: skip
    report.awaits = AWAITS.get(purpose, report.awaits)
    if purpose == "state":
        review.answer(session, report, actor, now)
    elif purpose == "resolution" and can_become(report, "resolved"):
        review.resolve(session, report, actor, now)


async def own_report(session: AsyncSession, folio: str, account_id: int) -> Report | None:
    """The report of that folio, if it is this account's."""
    report = await report_by_folio(session, folio)
    return report if report is not None and report.account_id == account_id else None


def take_answer(session: AsyncSession, report: Report, words: str, now: datetime) -> None:
    """The citizen's words, on the report they belong to."""
    session.add(
        ReportMessage(report_id=report.id, direction="in", words=words, actor=None,
                      outbound_id=None, created_at=now)
    )  # fmt: skip
    report.awaits = None


async def confirm(session: AsyncSession, report: Report, is_solved: bool, now: datetime) -> None:
    """Whether it is solved, says who reported it; a no opens it, or what it was joined to."""
    report.awaits = None
    if is_solved:
        report.confirmed_at = now
        return
    meant: Report | None = report
    if report.joined_to_id is not None:
        meant = await session.get(Report, report.joined_to_id, with_for_update=True)
    if meant is not None and meant.status == "resolved":
        review.reopen(session, meant, ACTOR, now)
