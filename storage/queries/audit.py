"""The audit log: who did what to which row, with before and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Audit


def note(
    session: AsyncSession,
    now: datetime,
    actor: str,
    action: str,
    target: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add a line, in the transaction of the change itself. `target` is `table:id` or a folio."""
    detail = {"before": dict(before or {}), "after": dict(after or {})}
    session.add(Audit(actor=actor, action=action, target=target, detail=detail, created_at=now))


async def lines(
    session: AsyncSession, before_id: int | None = None, target: str = "", limit: int = 50
) -> list[Audit]:
    """The newest lines, below an id, of one target or of all."""
    query = select(Audit).order_by(Audit.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Audit.id < before_id)
    if target:
        query = query.where(Audit.target == target)
    return list((await session.execute(query)).scalars())
