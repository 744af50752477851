"""The official matrices: built from the database, written as DOCX, XLSX, CSV or JSON."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.matrices import alerts, attendance, commitments, workplan
from bot.matrices.tables import Table

Builder = Callable[[AsyncSession, str | None], Awaitable[list[Table]]]

BUILDERS: dict[str, Builder] = {
    "alerts": alerts.build,
    "commitments": commitments.build,
    "workplan": workplan.build,
    "attendance": attendance.build,
}
