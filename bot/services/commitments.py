"""Commitments: what they say, how they go on, and who hears of it.

Whoever's words a commitment was born of is told once when it is made, met or delayed; never
about a sensitive report.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services import rows
from bot.services.answering import obstacle
from bot.services.handoff import Word
from responses.render import Phrase
from storage.models import Commitment, CommitmentTold, Dialogue, MatrixEntry, ProgressNote
from storage.queries import audit
from storage.queries.dialogues import conversations_behind, told_of

STATUSES = ("proposed", "made", "in_progress", "met", "delayed")
TOLD = {
    "made": "utter_commitment_made",
    "met": "utter_commitment_met",
    "delayed": "utter_commitment_delayed",
}
NAMES = ("proposal", "citizen_side", "institution_side", "term")
FOLLOWED = ("owner", "due_on")


async def add(
    session: AsyncSession, dialogue: Dialogue, fields: rows.Fields, actor: str, now: datetime
) -> Commitment:
    """A new commitment, proposed. Raises `staff_commitment_empty` without a word of it."""
    wanted = {name: rows.tidy(fields.get(name, "")) for name in NAMES}
    if not any(wanted.values()):
        raise SomosError("staff_commitment_empty")
    last = max((c.position for c in dialogue.commitments), default=0)
    commitment = Commitment(
        dialogue_id=dialogue.id, position=last + 1, status="proposed", owner="", due_on=None,
        notes=[], origins=[], **wanted,
    )  # fmt: skip
    dialogue.commitments.append(commitment)
    await session.flush()
    audit.note(session, now, actor, "add", _target(commitment), {}, wanted)
    return commitment


def edit(
    session: AsyncSession, commitment: Commitment, fields: rows.Fields, actor: str, now: datetime,
    seen: str | None = None,
) -> bool:  # fmt: skip
    """Word a commitment, or say who sees to it until when; whether anything differed."""
    names = NAMES if "proposal" in fields else FOLLOWED
    wanted = {k: rows.tidy(v) if isinstance(v, str) else v for k, v in fields.items()}
    return rows.change(session, commitment, wanted, _target(commitment), actor, now, seen, names)


def set_origins(
    session: AsyncSession, commitment: Commitment, entries: Sequence[MatrixEntry], actor: str,
    now: datetime,
) -> bool:  # fmt: skip
    """The matrix entries that it was born of; whether they differ from before."""
    before = sorted(e.id for e in commitment.origins)
    after = sorted(e.id for e in entries)
    if before == after:
        return False
    commitment.origins = list(entries)
    audit.note(session, now, actor, "edit", _target(commitment),
               {"origins": before}, {"origins": after})  # fmt: skip
    return True


async def move(
    session: AsyncSession, dialogue: Dialogue, commitment: Commitment, by: int, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """Up (-1) or down (1) in the matrix."""
    target = _target(commitment)
    await rows.move(session, dialogue.commitments, commitment, by, target, actor, now)


async def remove(
    session: AsyncSession, dialogue: Dialogue, commitment: Commitment, actor: str, now: datetime
) -> None:
    """Remove one that is only proposed; else raises `staff_commitment_made`."""
    if commitment.status != "proposed" or commitment.notes:
        raise SomosError("staff_commitment_made", position=commitment.position)
    others = list(dialogue.commitments)
    dialogue.commitments.remove(commitment)
    await rows.remove(session, others, commitment, NAMES, _target(commitment), actor, now)


async def go_on(
    session: AsyncSession, commitment: Commitment, status: str, text: str, noted_on: date,
    actor: str, now: datetime,
) -> list[Word]:  # fmt: skip
    """Note how it stands; what its citizens are to hear, to be queued in this transaction.

    Raises `staff_commitment_status` for an unknown status, `staff_commitment_note` for nothing new.
    """
    if status not in STATUSES:
        raise SomosError("staff_commitment_status", status=status)
    text = rows.tidy(text)
    before = commitment.status
    if status == before and not text:
        raise SomosError("staff_commitment_note")
    commitment.status = status
    session.add(
        ProgressNote(commitment_id=commitment.id, noted_on=noted_on, text=text, status=status,
                     actor=actor, created_at=now)
    )  # fmt: skip
    audit.note(session, now, actor, "progress", _target(commitment), {"status": before},
               {"status": status, "note": text, "noted_on": noted_on.isoformat()})  # fmt: skip
    return await _words(session, commitment, now) if status != before and status in TOLD else []


async def _words(session: AsyncSession, commitment: Commitment, now: datetime) -> list[Word]:
    status = commitment.status
    told = await told_of(session, commitment.id, status)
    words = []
    for conversation, report in await conversations_behind(session, commitment.id):
        account = conversation.account
        account_id = account.id
        # Who can't be written to is not counted among those who know.
        unreachable = obstacle(report, account.channel, account.blocked)
        if account_id in told or report.is_sensitive or unreachable:
            continue
        told.add(account_id)
        session.add(
            CommitmentTold(
                commitment_id=commitment.id, account_id=account_id, status=status, told_at=now
            )
        )
        words.append(Word(conversation, TOLD[status], values=_values(commitment, report.folio)))
    await session.flush()
    return words


def _values(commitment: Commitment, folio: str) -> dict[str, object]:
    promise = commitment.institution_side or commitment.proposal
    term = _short(commitment.term, 60).rstrip(".") or Phrase("utter_commitment_no_term")
    return {"folio": folio, "promise": _short(promise, 220), "term": term}


def _short(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def _target(commitment: Commitment) -> str:
    return f"commitment:{commitment.id}"
