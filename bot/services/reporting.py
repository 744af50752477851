"""What citizens report, and how it becomes a row of an official matrix."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.duplicates import note_duplicates
from bot.services.folios import next_folio
from bot.services.report_states import move
from bot.services.routing import due_on
from bot.services.suggesting import Reading
from intents.normalise import normalise
from storage.models import Audit, MatrixEntry, MatrixSupport, Report, Zone
from storage.queries import records
from storage.queries.catalogue import all_zones

KINDS = ("alert", "need", "suggestion", "channel")
# Accepted already: a matrix takes them as they are.
IN_HAND = ("accepted", "assigned", "answered", "resolved")


@dataclass(frozen=True)
class Said:
    """A report as taken down in the conversation. Slugs are the gazetteers' values."""

    kind: str
    words: str
    place: str | None
    neighbourhood: str | None = None
    zone: str | None = None
    institution: str | None = None
    service: str | None = None
    theme: str | None = None


async def record(
    session: AsyncSession,
    said: Said,
    account_id: int | None,
    now: datetime,
    channel: str | None = None,
    reading: Reading | None = None,
) -> Report:
    """Keep a report; without an account it is anonymous and only its folio finds it.

    `reading`: what it was taken for, for staff to see.
    """
    reading = reading or Reading()
    zones: dict[str, Zone] = {z.slug: z for z in await all_zones(session)}
    zone = zones.get(said.zone or "")
    folio = await next_folio(session, "AS", now)
    report = Report(
        folio=folio,
        kind=said.kind,
        words=said.words,
        place=said.place,
        neighbourhood=said.neighbourhood,
        zone_id=zone.id if zone else None,
        institution=said.institution,
        service=said.service,
        theme=said.theme,
        status="received",
        is_sensitive=reading.sensitive is not None,
        channel=channel,
        account_id=account_id,
        due_on=due_on(said.service, said.theme, now),
        suggestion=reading.fields,
        search=normalise(f"{said.words} {said.place or ''} {folio}"),
        created_at=now,
    )
    session.add(report)
    await session.flush()
    await note_duplicates(session, report)
    return report


async def accept(
    session: AsyncSession, folio: str, dialogue_slug: str, actor: str, now: datetime
) -> MatrixEntry:
    """Put a report into its dialogue's matrix as an entry of its own, in the citizen's words.

    Raises SomosError for an unknown folio or dialogue, or a report that is in a matrix already.
    """
    report = await records.report_by_folio(session, folio)
    if report is None:
        raise SomosError("staff_report_unknown", folio=folio)
    dialogue = await records.dialogue_by_slug(session, dialogue_slug)
    if dialogue is None:
        known = ", ".join(await records.dialogue_slugs(session))
        raise SomosError("unknown_dialogue", slug=dialogue_slug, known=known)
    if await records.support_of(session, report.id) is not None:
        raise SomosError("staff_report_accepted", folio=folio)
    if report.is_sensitive:
        # Its words may not stand in a document; staff word a row of their own.
        raise SomosError("staff_report_sensitive", folio=folio)
    position = await records.next_position(session, dialogue.id, report.kind)
    entry = MatrixEntry(
        dialogue_id=dialogue.id, kind=report.kind, position=position, text=report.words,
        observations="",
    )  # fmt: skip
    session.add(entry)
    await session.flush()
    session.add(MatrixSupport(entry_id=entry.id, report_id=report.id))
    before = report.status
    if before not in IN_HAND:
        move(report, "accepted", now)
    session.add(
        Audit(
            actor=actor,
            action="accept",
            target=f"report:{folio}",
            detail={"before": before, "after": report.status, "dialogue": dialogue_slug},
            created_at=now,
        )
    )
    await session.flush()
    return entry
