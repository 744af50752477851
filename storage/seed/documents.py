"""Loads the official documents: work plans, dialogues with their matrices, and articles."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    Article,
    Attention,
    Commitment,
    Dialogue,
    MatrixEntry,
    WorkPlan,
    WorkPlanRow,
    Zone,
)
from storage.seed.dialogue_shapes import DialogueRow, PlanRow, WorkRow
from storage.seed.document import SeedDocument
from storage.seed.shapes import ArticleRow, SourceRow
from storage.seed.upsert import id_of, upsert

_SECTIONS = {
    "background",
    "general_objective",
    "specific_objectives",
    "results",
    "participating_institutions",
}
_HEAD = {"title", "institution", "directorate", "province", "canton", "parish", "conclusions"}
_SIGNATURES = {"prepared_by", "approved_by", "report_date"}


async def load_work_plan(session: AsyncSession, document: SeedDocument) -> None:
    """work_plan_2023.yml: rows are found by their order."""
    head = document.one("plan", PlanRow)
    source = document.one("source", SourceRow).line()
    zone = await id_of(session, Zone, head.zone, document, "plan")
    values = {"name": head.name, "year": head.year, "zone_id": zone, "source": source}
    plan = await upsert(session, WorkPlan, {"slug": head.slug}, values)
    for _, row in document.rows("rows", WorkRow, key="order"):
        key = {"plan_id": plan.id, "position": row.order}
        await upsert(session, WorkPlanRow, key, row.model_dump(exclude={"order"}))


def _head(row: DialogueRow, source: str) -> dict[str, Any]:
    return row.model_dump(include=_HEAD) | {
        "held_on": row.date,
        "attendance_total": row.attendance.total,
        "attendance_description": row.attendance.description,
        "sections": row.model_dump(mode="json", include=_SECTIONS),
        "signatures": row.model_dump(mode="json", include=_SIGNATURES),
        "source": source,
    }


async def load_dialogue(session: AsyncSession, document: SeedDocument) -> None:
    """dialogue_calvas_2024.yml: entries are changed in place, so that reports keep their row."""
    row = document.one("dialogue", DialogueRow)
    source = document.one("source", SourceRow).line()
    dialogue = await upsert(session, Dialogue, {"slug": row.slug}, _head(row, source))
    for position, attention in enumerate(row.attentions, 1):
        key: dict[str, Any] = {"dialogue_id": dialogue.id, "position": position}
        values = attention.model_dump(exclude={"count"}) | {"people": attention.count}
        await upsert(session, Attention, key, values)
    for entry in row.alerts_matrix.entries:
        key = {"dialogue_id": dialogue.id, "kind": entry.kind, "position": entry.number}
        await upsert(session, MatrixEntry, key, entry.model_dump(include={"text", "observations"}))
    for position, commitment in enumerate(row.commitments_matrix.entries, 1):
        key = {"dialogue_id": dialogue.id, "position": position}
        values = {
            "proposal": commitment.proposal,
            "citizen_side": commitment.citizen_commitment,
            "institution_side": commitment.institution_commitment,
            "term": commitment.term,
        }
        await upsert(session, Commitment, key, values)


async def load_articles(session: AsyncSession, document: SeedDocument) -> None:
    """articles/*.yml."""
    for _, row in document.rows("articles", ArticleRow):
        languages = row.model_dump(include={"en", "qu"}, exclude_none=True)
        values = row.model_dump(exclude={"slug", "next", "en", "qu"})
        values |= {"next_intents": row.next, "translations": languages}
        await upsert(session, Article, {"slug": row.slug}, values)
