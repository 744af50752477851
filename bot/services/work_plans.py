"""The municipal work plan: rows by unit and mesa, edited in place."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services import rows
from storage.models import WorkPlan, WorkPlanRow
from storage.queries import audit
from storage.queries.dialogues import work_plan, work_plans

NAMES = ("unit", "mesa", "strengths", "corrections", "action", "months")
LINES = ("unit", "mesa", "months")


async def find(session: AsyncSession, slug: str, lock: bool = True) -> WorkPlan:
    """A plan with its rows. Raises `unknown_work_plan`."""
    found = await work_plan(session, slug, lock)
    if found is None:
        known = ", ".join(plan.slug for plan in await work_plans(session))
        raise SomosError("unknown_work_plan", slug=slug, known=known)
    return found


async def add(
    session: AsyncSession, plan: WorkPlan, fields: rows.Fields, actor: str, now: datetime
) -> WorkPlanRow:
    """A new row at the end. Raises `staff_row_empty` without unit or action."""
    wanted = _tidied(fields)
    last = max((row.position for row in plan.rows), default=0)
    row = WorkPlanRow(plan_id=plan.id, position=last + 1, **wanted)
    plan.rows.append(row)
    await session.flush()
    audit.note(session, now, actor, "add", _target(row), {}, wanted)
    return row


def edit(
    session: AsyncSession, row: WorkPlanRow, fields: rows.Fields, actor: str, now: datetime,
    seen: str | None = None,
) -> bool:  # fmt: skip
    """Word a row; whether anything differed."""
    return rows.change(session, row, _tidied(fields), _target(row), actor, now, seen, NAMES)


async def move(
    session: AsyncSession, plan: WorkPlan, row: WorkPlanRow, by: int, actor: str, now: datetime
) -> None:
    """Up (-1) or down (1)."""
    await rows.move(session, plan.rows, row, by, _target(row), actor, now)


async def remove(
    session: AsyncSession, plan: WorkPlan, row: WorkPlanRow, actor: str, now: datetime
) -> None:
    """Remove a row."""
    others = list(plan.rows)
    plan.rows.remove(row)
    await rows.remove(session, others, row, NAMES, _target(row), actor, now)


def _tidied(fields: rows.Fields) -> dict[str, str]:
    wanted = {name: rows.tidy(fields.get(name, "")) for name in NAMES}
    wanted |= {name: wanted[name][:300] for name in LINES}
    if not wanted["unit"] or not wanted["action"]:
        raise SomosError("staff_row_empty")
    return wanted


def _target(row: WorkPlanRow) -> str:
    return f"work_plan_row:{row.id}"
