"""Writes a plan without problems: new rows, changed rows, and a line of the audit log for each."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.grids.checking import MODELS, Plan, Planned
from storage.queries import audit


async def write(session: AsyncSession, plan: Plan, actor: str, now: datetime) -> None:
    """Keep all rows; raises SomosError, and writes nothing, if the plan has a problem."""
    if plan.problems:
        raise SomosError("staff_sheet_problems", count=len(plan.problems))
    model = MODELS[plan.grid.kind]
    changed = [row for row in plan.rows if row.is_changed]
    before = {row.slug: _before(row) for row in changed}
    for row in changed:
        if row.found is None:
            session.add(model(slug=row.slug, **row.values))
        else:
            for name, value in row.values.items():
                setattr(row.found, name, value)
    await session.flush()
    for row in changed:
        action = "create" if row.found is None else "update"
        after = {
            k: str(v) for k, v in row.values.items() if row.found is None or k in before[row.slug]
        }
        audit.note(session, now, actor, action, f"{model.__tablename__}:{row.slug}",
                   before[row.slug], after)  # fmt: skip


def _before(row: Planned) -> dict[str, Any]:
    if row.found is None:
        return {}
    return {k: str(getattr(row.found, k)) for k, v in row.values.items()
            if getattr(row.found, k) != v}  # fmt: skip
