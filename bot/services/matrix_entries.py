"""Entries of the alerts matrix, and the reports that support each: the trace to the citizen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services import report_states, rows
from bot.services.reporting import IN_HAND, KINDS
from storage.models import Dialogue, MatrixEntry, MatrixSupport, Report
from storage.queries import audit
from storage.queries.reports import Sight, visible_report

NAMES = ("text", "observations")


def of_kind(dialogue: Dialogue, kind: str) -> list[MatrixEntry]:
    """The entries under one guiding question, in order."""
    return sorted((e for e in dialogue.entries if e.kind == kind), key=lambda e: e.position)


async def add(
    session: AsyncSession, dialogue: Dialogue, kind: str, text: str, observations: str,
    actor: str, now: datetime,
) -> MatrixEntry:  # fmt: skip
    """A new entry at the end of its question. Raises `staff_entry_kind`, `staff_entry_empty`."""
    if kind not in KINDS:
        raise SomosError("staff_entry_kind", kind=kind)
    if not rows.tidy(text):
        raise SomosError("staff_entry_empty")
    last = max((e.position for e in of_kind(dialogue, kind)), default=0)
    entry = MatrixEntry(
        dialogue_id=dialogue.id, kind=kind, position=last + 1, text=rows.tidy(text),
        observations=rows.tidy(observations), supports=[],
    )  # fmt: skip
    dialogue.entries.append(entry)
    await session.flush()
    audit.note(session, now, actor, "add", _target(entry), {}, rows.plain(entry, NAMES))
    return entry


def edit(
    session: AsyncSession, entry: MatrixEntry, text: str, observations: str, actor: str,
    now: datetime, seen: str | None = None,
) -> bool:  # fmt: skip
    """Word an entry; whether anything differed. Raises `staff_entry_empty`."""
    if not rows.tidy(text):
        raise SomosError("staff_entry_empty")
    fields = {"text": rows.tidy(text), "observations": rows.tidy(observations)}
    return rows.change(session, entry, fields, _target(entry), actor, now, seen, NAMES)


async def move(
    session: AsyncSession,
    dialogue: Dialogue,
    entry: MatrixEntry,
    by: int,
    actor: str,
    now: datetime,
) -> None:
    """Up (-1) or down (1) under its question."""
    others = of_kind(dialogue, entry.kind)
    await rows.move(session, others, entry, by, _target(entry), actor, now)


async def remove(
    session: AsyncSession, dialogue: Dialogue, entry: MatrixEntry, actor: str, now: datetime
) -> None:
    """Remove an entry that nothing supports. Raises `staff_entry_supported`."""
    if entry.supports:
        raise SomosError("staff_entry_supported", position=entry.position)
    others = of_kind(dialogue, entry.kind)
    dialogue.entries.remove(entry)
    await rows.remove(session, others, entry, NAMES, _target(entry), actor, now)


async def link(
    session: AsyncSession, entry: MatrixEntry, folios: Sequence[str], sight: Sight, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """These reports support the entry, and no other any more; they are accepted by that.

    Raises `staff_report_unknown` for a folio that there is not, or that `sight` doesn't show.
    """
    for folio in folios:
        report = await visible_report(session, sight, folio, lock=True)
        if report is None:
            raise SomosError("staff_report_unknown", folio=folio)
        await support(session, entry, report, actor, now)


async def support(
    session: AsyncSession, entry: MatrixEntry, report: Report, actor: str, now: datetime
) -> None:
    """One report supports the entry, and is accepted where it was not in hand yet.

    Raises `staff_report_sensitive`, and SomosError for one that was joined or set aside.
    """
    if report.is_sensitive:
        raise SomosError("staff_report_sensitive", folio=report.folio)
    query = select(MatrixSupport).where(MatrixSupport.report_id == report.id)
    had = await session.scalar(query)
    if had is not None and had.entry_id == entry.id:
        return
    if had is None:
        session.add(MatrixSupport(entry_id=entry.id, report_id=report.id))
    before = {"entry": had.entry_id if had else None, "status": report.status}
    if had is not None:
        had.entry_id = entry.id
    if report.status not in IN_HAND:
        report_states.move(report, "accepted", now)
    after = {"entry": entry.id, "status": report.status}
    audit.note(session, now, actor, "link", f"report:{report.folio}", before, after)
    await session.flush()


async def unlink(
    session: AsyncSession, entry: MatrixEntry, folio: str, actor: str, now: datetime
) -> None:
    """The report supports the entry no more; it goes back to whoever reviews."""
    query = (
        select(MatrixSupport, Report)
        .join(Report, Report.id == MatrixSupport.report_id)
        .where(MatrixSupport.entry_id == entry.id, Report.folio == folio)
    )
    found = (await session.execute(query)).first()
    if found is None:
        raise SomosError("staff_report_unknown", folio=folio)
    await session.delete(found[0])
    audit.note(session, now, actor, "unlink", f"report:{folio}", {"entry": entry.id})
    await session.flush()


def _target(entry: MatrixEntry) -> str:
    return f"matrix_entry:{entry.id}"
