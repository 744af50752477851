"""What gateways say later of what we sent. A message's fate never goes backwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Outbound
from storage.queries.delivery import settle

Fate = Literal["sent", "delivered", "read", "failed"]
REASON_LENGTH = 300
LARGEST_ID = 2**31 - 1
OPEN = ("sending", "uncertain")
# From which states each receipt moves a row on. What arrived did so, whatever was said before.
BEFORE: dict[Fate, tuple[str, ...]] = {
    "sent": OPEN,
    "delivered": (*OPEN, "sent", "failed"),
    "read": (*OPEN, "sent", "delivered", "failed"),
    "failed": (*OPEN, "sent"),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A gateway's word on a message; `row_id` where it echoes ours. `at` has a time zone."""

    channel: str
    external_id: str
    row_id: int | None
    status: Fate
    at: datetime
    error: str = ""


async def note_receipts(session: AsyncSession, receipts: Iterable[Receipt]) -> int:
    """Note receipts, in any order and however often; the number of rows that changed.

    A row that waits to be sent again in doubt, or that we count as uncertain, is thereby known to
    have been sent. Receipts of what we don't know (any more) do nothing. Commits nothing.
    """
    # In one order for all processes, so that none waits for a row that another waits with.
    ordered = sorted(receipts, key=lambda r: (r.channel, r.row_id or 0, r.external_id))
    return sum([await _note(session, receipt) for receipt in ordered])


async def _note(session: AsyncSession, receipt: Receipt) -> bool:
    values: dict[str, Any] = {"status": receipt.status, "error": None}
    if receipt.status == "failed":
        values["error"] = receipt.error[:REASON_LENGTH]
    values["external_id"] = func.coalesce(Outbound.external_id, receipt.external_id)
    which = and_(_named(receipt), Outbound.channel == receipt.channel, _may_become(receipt.status))
    return await settle(session, which, values, receipt.at)


def _named(receipt: Receipt) -> ColumnElement[bool]:
    if receipt.row_id is not None and 0 < receipt.row_id <= LARGEST_ID:
        return Outbound.id == receipt.row_id
    return Outbound.external_id == receipt.external_id


def _may_become(fate: Fate) -> ColumnElement[bool]:
    before = Outbound.status.in_(BEFORE[fate])
    if fate == "failed":
        return before
    # Queued, but handed over once: its answer was lost.
    was_handed = Outbound.handed_at.is_not(None) | (Outbound.doubtful > 0)
    return before | ((Outbound.status == "queued") & was_handed)
