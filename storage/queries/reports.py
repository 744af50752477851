"""The queue of reports: a page of it by keyset, those that seem the same, and what was said since.

What a person may see (`Sight`) is a condition of every query here: nobody filters it afterwards.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import (
    Audit,
    Dialogue,
    LikelyDuplicate,
    MatrixEntry,
    MatrixSupport,
    Outbound,
    Report,
    ReportMessage,
)

OPEN = ("received", "under_review", "accepted", "assigned", "answered")
LATE = ("received", "under_review", "accepted", "assigned")


@dataclass(frozen=True)
class Sight:
    """What a staff member may see. `institution`, `unit`: theirs alone; none: all."""

    institution: str | None = None
    unit: str | None = None
    sensitive: bool = False


@dataclass(frozen=True)
class Filters:
    """What a page of the queue is narrowed to. `text`: normalised words, all of them found.

    `sensitive`: only those, instead of all others.
    """

    states: Sequence[str] = ()
    kind: str = ""
    institution: str = ""
    service: str = ""
    theme: str = ""
    zone_id: int | None = None
    neighbourhood: str = ""
    channel: str = ""
    unit: str = ""
    text: str = ""
    overdue_on: date | None = None
    sensitive: bool = False


def visible(sight: Sight) -> ColumnElement[bool]:
    """The reports that may be seen at all."""
    mine: ColumnElement[bool] = true()
    if sight.institution is not None:
        mine = mine & (Report.institution == sight.institution)
    if sight.unit is not None:
        mine = mine & (Report.unit == sight.unit)
    return mine if sight.sensitive else mine & Report.is_sensitive.is_(False)


def _listed(sight: Sight, filters: Filters) -> ColumnElement[bool]:
    where = visible(sight) & Report.is_sensitive.is_(filters.sensitive)
    if filters.states:
        where &= Report.status.in_(filters.states)
    for name in ("kind", "institution", "service", "theme", "neighbourhood", "channel", "unit"):
        wanted = getattr(filters, name)
        if wanted:
            where &= getattr(Report, name) == wanted
    if filters.zone_id is not None:
        where &= Report.zone_id == filters.zone_id
    for word in filters.text.split():
        where &= Report.search.contains(word, autoescape=True)
    if filters.overdue_on is not None:
        where &= Report.status.in_(LATE) & (Report.due_on < filters.overdue_on)
    return where


async def page_of_reports(
    session: AsyncSession,
    sight: Sight,
    filters: Filters,
    *,
    after: int | None = None,
    oldest_first: bool = False,
    limit: int = 30,
) -> list[Report]:
    """The next reports after an id in the wished order; one more than `limit` if there are."""
    query = select(Report).where(_listed(sight, filters))
    if after is not None:
        query = query.where(Report.id > after if oldest_first else Report.id < after)
    order = Report.id if oldest_first else Report.id.desc()
    return list((await session.execute(query.order_by(order).limit(limit + 1))).scalars())


async def counts_by_state(session: AsyncSession, sight: Sight) -> dict[str, int]:
    """How many ordinary reports are in each state."""
    query = (
        select(Report.status, func.count())
        .where(visible(sight), Report.is_sensitive.is_(False))
        .group_by(Report.status)
    )
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def visible_report(
    session: AsyncSession, sight: Sight, folio: str, lock: bool = False
) -> Report | None:
    """A report by its folio, if it may be seen; locked until the commit if that is asked."""
    query = select(Report).where(visible(sight), Report.folio == folio)
    if lock:
        query = query.with_for_update(of=Report)
    return (await session.execute(query)).scalar_one_or_none()


async def joined_to(session: AsyncSession, report_ids: Collection[int]) -> list[Report]:
    """The reports that were joined to these."""
    query = select(Report).where(Report.joined_to_id.in_(report_ids)).order_by(Report.id)
    return list((await session.execute(query)).scalars())


async def by_ids(session: AsyncSession, ids: Collection[int]) -> list[Report]:
    """Reports by their ids."""
    return list((await session.execute(select(Report).where(Report.id.in_(ids)))).scalars())


def _place(report: Report) -> ColumnElement[bool]:
    """The same neighbourhood; or the same zone, or no known place, where one doesn't tell."""
    unknown = Report.neighbourhood.is_(None)
    if report.neighbourhood is None:
        if report.zone_id is None:
            return unknown & Report.zone_id.is_(None)
        return Report.zone_id == report.zone_id
    same = Report.neighbourhood == report.neighbourhood
    if report.zone_id is None:
        return same
    return or_(same, unknown & (Report.zone_id == report.zone_id))


async def duplicate_candidates(
    session: AsyncSession, report: Report, since: datetime, limit: int
) -> list[Report]:
    """Earlier reports of the same theme (or none), around the same place, the latest first."""
    theme: ColumnElement[bool] = true()
    if report.theme is not None:
        theme = or_(Report.theme.is_(None), Report.theme == report.theme)
    query: Select[Report] = (
        select(Report)
        .where(
            _place(report), theme,
            Report.id < report.id, Report.created_at >= since,
            Report.status.not_in(("joined", "set_aside")),
        )
        .order_by(Report.id.desc())
        .limit(limit)
    )  # fmt: skip
    return list((await session.execute(query)).scalars())


async def forget_duplicates(session: AsyncSession, report_id: int) -> None:
    """Drop what an old reading of a report was like."""
    await session.execute(delete(LikelyDuplicate).where(LikelyDuplicate.report_id == report_id))


async def likely_duplicates(
    session: AsyncSession, sight: Sight, report_ids: Collection[int]
) -> dict[int, list[tuple[Report, float]]]:
    """For each of the reports those that seem to say the same, the likest first."""
    found: dict[int, list[tuple[Report, float]]] = {number: [] for number in report_ids}
    pair = aliased(LikelyDuplicate)
    sides = ((pair.report_id, pair.earlier_id), (pair.earlier_id, pair.report_id))
    for mine, other in sides:
        query = (
            select(mine, Report, pair.likeness)
            .join(Report, Report.id == other)
            .where(mine.in_(report_ids), visible(sight), Report.status != "set_aside")
            .where(Report.status != "joined")
        )
        for number, report, likeness in (await session.execute(query)).all():
            found[number].append((report, likeness))
    for pairs in found.values():
        pairs.sort(key=lambda p: (-p[1], p[0].id))
    return found


async def exchange(
    session: AsyncSession, report_id: int
) -> list[tuple[ReportMessage, str | None, str | None]]:
    """What was said about a report, oldest first, with what became of ours: status and error."""
    query = (
        select(ReportMessage, Outbound.status, Outbound.error)
        .outerjoin(Outbound, Outbound.id == ReportMessage.outbound_id)
        .where(ReportMessage.report_id == report_id)
        .order_by(ReportMessage.id)
    )
    return [(m, status, error) for m, status, error in (await session.execute(query)).all()]


async def history_of(session: AsyncSession, folio: str) -> list[Audit]:
    """What staff did with a report, oldest first."""
    query = select(Audit).where(Audit.target == f"report:{folio}").order_by(Audit.id)
    return list((await session.execute(query)).scalars())


async def entry_of(session: AsyncSession, report_id: int) -> tuple[MatrixEntry, Dialogue] | None:
    """The official row that a report supports, and its dialogue."""
    query = (
        select(MatrixEntry, Dialogue)
        .join(MatrixSupport, MatrixSupport.entry_id == MatrixEntry.id)
        .join(Dialogue, Dialogue.id == MatrixEntry.dialogue_id)
        .where(MatrixSupport.report_id == report_id)
    )
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row is not None else None


async def values_of(session: AsyncSession, sight: Sight, name: str) -> list[str]:
    """The values that a column of visible reports has, for choosing among."""
    column = getattr(Report, name)
    query = select(column).where(visible(sight), column.is_not(None)).distinct().order_by(column)
    return list((await session.execute(query)).scalars())
