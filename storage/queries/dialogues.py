"""Dialogues with their matrices, what supports an entry, and commitments with their trace."""

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from storage.models import (
    Account,
    Commitment,
    CommitmentOrigin,
    CommitmentTold,
    Conversation,
    Dialogue,
    MatrixEntry,
    MatrixSupport,
    Report,
    WorkPlan,
)

_SUPPORTS = selectinload(MatrixEntry.supports).joinedload(MatrixSupport.report)


async def all_dialogues(session: AsyncSession) -> list[Dialogue]:
    """All, the newest first, with entries and commitments."""
    query = select(Dialogue).order_by(Dialogue.held_on.desc(), Dialogue.id.desc())
    loads = (selectinload(Dialogue.entries), selectinload(Dialogue.commitments))
    return list(await session.scalars(query.options(*loads)))


async def whole_dialogue(session: AsyncSession, slug: str, lock: bool = False) -> Dialogue | None:
    """One with all that belongs to it; locked until the commit if that is asked."""
    query = select(Dialogue).where(Dialogue.slug == slug)
    if lock:
        query = query.with_for_update()
    return await session.scalar(query.options(*whole()))


def whole() -> tuple[ExecutableOption, ...]:
    """The options that load all that belongs to a dialogue."""
    return (
        selectinload(Dialogue.attentions),
        selectinload(Dialogue.photographs),
        selectinload(Dialogue.entries).options(_SUPPORTS),
        selectinload(Dialogue.commitments).options(
            selectinload(Commitment.origins), selectinload(Commitment.notes)
        ),
    )


async def commitments_by_due(session: AsyncSession, status: str = "") -> list[Commitment]:
    """Commitments of all dialogues: delayed first, then by date, those without one after them."""
    order = case((Commitment.status == "delayed", 0), (Commitment.status == "met", 2), else_=1)
    undated = case((Commitment.due_on.is_(None), 1), else_=0)
    query = select(Commitment).options(joinedload(Commitment.dialogue))
    if status:
        query = query.where(Commitment.status == status)
    return list(
        await session.scalars(query.order_by(order, undated, Commitment.due_on, Commitment.id))
    )


async def whole_commitment(
    session: AsyncSession, commitment_id: int, lock: bool = False
) -> Commitment | None:
    """One with its dialogue, notes, entries, and the reports behind those."""
    query = select(Commitment).where(Commitment.id == commitment_id)
    if lock:
        query = query.with_for_update(of=Commitment)
    origins = selectinload(Commitment.origins).options(_SUPPORTS)
    loads = (joinedload(Commitment.dialogue), selectinload(Commitment.notes), origins)
    return await session.scalar(query.options(*loads))


async def conversations_behind(
    session: AsyncSession, commitment_id: int
) -> list[tuple[Conversation, Report]]:
    """Who said the words that a commitment was born of, and what they said; by report."""
    sources = (
        select(MatrixSupport.report_id)
        .join(CommitmentOrigin, CommitmentOrigin.entry_id == MatrixSupport.entry_id)
        .where(CommitmentOrigin.commitment_id == commitment_id)
    )
    # Whoever said the same and was joined hears of it too.
    said = Report.id.in_(sources) | Report.joined_to_id.in_(sources)
    query = (
        select(Conversation, Report)
        .join(Account, Account.id == Conversation.account_id)
        .join(Report, Report.account_id == Account.id)
        .where(said)
        .options(joinedload(Conversation.account))
        .order_by(Report.id)
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def told_of(session: AsyncSession, commitment_id: int, status: str) -> set[int]:
    """The accounts that were told of this status already."""
    query = select(CommitmentTold.account_id).where(
        CommitmentTold.commitment_id == commitment_id, CommitmentTold.status == status
    )
    return set(await session.scalars(query))


async def work_plans(session: AsyncSession) -> list[WorkPlan]:
    """All plans with their rows, the newest first."""
    query = select(WorkPlan).order_by(WorkPlan.year.desc(), WorkPlan.slug)
    return list(
        await session.scalars(query.options(joinedload(WorkPlan.zone), selectinload(WorkPlan.rows)))
    )


async def work_plan(session: AsyncSession, slug: str, lock: bool = False) -> WorkPlan | None:
    """A plan with its rows."""
    query = select(WorkPlan).where(WorkPlan.slug == slug)
    if lock:
        query = query.with_for_update(of=WorkPlan)
    loads = (joinedload(WorkPlan.zone), selectinload(WorkPlan.rows))
    return await session.scalar(query.options(*loads))
