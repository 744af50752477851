"""Plan de trabajo of a zonal administration, by unit and mesa."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from bot.errors import SomosError
from bot.matrices.tables import Table
from storage.models import WorkPlan

TITLE = "PLAN DE TRABAJO"
# As on the official form, its spelling included.
HEADINGS = (
    "UNIDAD",
    "MESA DE TRABAJO",
    "ASPECTOS POSITIVOS QUE DEBEN FORTALESERSE Y CONSERVARSE",
    "ASPECTOS QUE SE DEBEN CORREGIR PARA MEJORAR LA GESTIÓN MUNICIPAL",
    "ACCIONES PROPUESTAS PARA PLAN DE TRABAJO {year} ACORDE A LA COMPETENCIA DE CADA UNIDAD",
    "MES A REALIZARSE",
)


async def build(session: AsyncSession, slug: str | None = None) -> list[Table]:
    """One table a plan."""
    query = select(WorkPlan).options(joinedload(WorkPlan.zone), selectinload(WorkPlan.rows))
    plans = list(await session.scalars(query.order_by(WorkPlan.year, WorkPlan.slug)))
    chosen = [plan for plan in plans if slug in (None, plan.slug)]
    if slug is not None and not chosen:
        raise SomosError("unknown_work_plan", slug=slug, known=[plan.slug for plan in plans])
    return [table_of(plan) for plan in chosen]


def table_of(plan: WorkPlan) -> Table:
    """A plan that was loaded with its zone and rows."""
    return Table(
        title=f"{TITLE} {plan.year}",
        subtitle=plan.zone.name,
        source=plan.source,
        headings=tuple(heading.format(year=plan.year) for heading in HEADINGS),
        rows=tuple(
            (row.unit, row.mesa, row.strengths, row.corrections, row.action, row.months)
            for row in plan.rows
        ),
        widths=(11, 13, 16, 20, 30, 10),
    )
