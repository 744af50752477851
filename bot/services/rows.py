"""Rows of an official table that staff edit in place: put in order, changed only if unchanged
since they were read, every change in the audit.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from storage.queries import audit

Fields = Mapping[str, Any]
LONGEST = 10_000


def plain(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """The fields of a row as the audit keeps them."""
    found = {name: getattr(row, name) for name in names}
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in found.items()}


def mark(row: Any, names: Sequence[str]) -> str:
    """What a form carries along, to tell whether somebody changed the row in the meantime."""
    content = json.dumps(plain(row, names), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def tidy(text: str) -> str:
    """Text of a form as it is kept: one kind of line end, no control characters, not endless."""
    kept = (
        c for c in text.replace("\r\n", "\n") if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127)
    )
    return "".join(kept).encode("utf-8", "replace").decode("utf-8").strip()[:LONGEST]


def change(
    session: AsyncSession, row: Any, fields: Fields, target: str, actor: str, now: datetime,
    seen: str | None = None, names: Sequence[str] = (), action: str = "edit",
) -> bool:  # fmt: skip
    """Set the fields that differ; whether any did.

    `seen` is the `mark` of `names` that the form carried: raises `staff_row_changed` if the row
    is another by now and the form would undo that.
    """
    differ = {k: v for k, v in fields.items() if getattr(row, k) != v}
    if not differ:
        return False
    if seen is not None and seen != mark(row, names or list(fields)):
        raise SomosError("staff_row_changed", row=target)
    before = plain(row, list(differ))
    for name, value in differ.items():
        setattr(row, name, value)
    audit.note(session, now, actor, action, target, before, plain(row, list(differ)))
    return True


async def put_in_order(session: AsyncSession, rows: Sequence[Any]) -> None:
    """Number the rows from 1 as they stand; in two steps, since a position is taken only once."""
    for number, row in enumerate(rows, 1):
        row.position = -number
    await session.flush()
    for number, row in enumerate(rows, 1):
        row.position = number
    await session.flush()


async def move(
    session: AsyncSession, rows: Sequence[Any], row: Any, by: int, target: str, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """Move a row up (-1) or down (1) among the others; at the end it stays."""
    order = list(rows)
    here = order.index(row)
    there = here + by
    if not 0 <= there < len(order):
        return
    order.insert(there, order.pop(here))
    await put_in_order(session, order)
    audit.note(session, now, actor, "move", target, {"position": here + 1},
               {"position": there + 1})  # fmt: skip


async def remove(
    session: AsyncSession, rows: Sequence[Any], row: Any, names: Sequence[str], target: str,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Remove a row and close the gap."""
    audit.note(session, now, actor, "remove", target, plain(row, names))
    await session.delete(row)
    await session.flush()
    await put_in_order(session, [other for other in rows if other is not row])
