"""Places of workshops and who has them, for the panel's first page."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from storage.models import Casa, Category, Enrollment, Workshop

# Tuples as wide as each docstring says.
Rows = Sequence[Any]
Column = InstrumentedAttribute[Any]


async def enrollments_by_casa(session: AsyncSession) -> Rows:
    """Casa, places, taken ones, on waiting lists; of workshops that are on offer."""
    return await _places(session, Casa.name, Casa.id == Workshop.casa_id)


async def enrollments_by_category(session: AsyncSession) -> Rows:
    """Category, places, taken ones, on waiting lists."""
    return await _places(session, Category.name, Category.id == Workshop.category_id)


async def _places(session: AsyncSession, name: Column, joins: ColumnElement[bool]) -> Rows:
    taken = (
        select(
            Enrollment.workshop_id,
            func.sum(case((Enrollment.status == "waiting", 0), else_=1)).label("placed"),
            func.sum(case((Enrollment.status == "waiting", 1), else_=0)).label("waiting"),
        )
        .where(Enrollment.status.in_(("placed", "confirmed", "waiting")))
        .group_by(Enrollment.workshop_id)
        .subquery()
    )
    placed = func.coalesce(func.sum(taken.c.placed), 0)
    query = (
        select(name, func.sum(Workshop.capacity), placed,
               func.coalesce(func.sum(taken.c.waiting), 0))
        .select_from(Workshop)
        .join(name.class_, joins)
        .outerjoin(taken, taken.c.workshop_id == Workshop.id)
        .group_by(name)
        .order_by(placed.desc(), name)
    )  # fmt: skip
    return (await session.execute(query)).all()
