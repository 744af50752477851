"""What staff do with a broadcast: draft, submit, approve, pause, resume, cancel, send again.

Nothing is planned that was not submitted; a large one needs a second person.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.broadcasts.content import SPANISH, Content
from bot.services.broadcasts.segments import Segment
from storage.models import Broadcast
from storage.queries import broadcasts as queries
from storage.queries.audit import note
from storage.queries.segments import count


@dataclass(frozen=True)
class By:
    """Who does it, and when."""

    actor: str
    now: datetime


async def create(
    session: AsyncSession, by: By, kind: str, title: str, segment: Segment, content: Content
) -> Broadcast:
    """A new draft. Raises ValueError for a segment that makes no sense."""
    segment.people()
    new = Broadcast(kind=kind, title=title, status="draft", segment=segment.dump(),
                    content=content.dump(), created_by=by.actor, created_at=by.now)  # fmt: skip
    session.add(new)
    await session.flush()
    _audit(session, by, "create", new)
    return new


async def edit(
    session: AsyncSession,
    broadcast_id: int,
    by: By,
    *,
    title: str | None = None,
    segment: Segment | None = None,
    content: Content | None = None,
    seen: str | None = None,
) -> Broadcast:
    """Change a draft; one that waits for approval or its time becomes a draft again.

    `seen`: the stamp of what was changed; raises SomosError where somebody else changed it since.
    """
    found = await _get(session, broadcast_id, "draft", "awaiting_approval", "scheduled")
    _check_seen(found, seen)
    found.title = title if title is not None else found.title
    found.segment = segment.dump() if segment else found.segment
    found.content = content.dump() if content else found.content
    found.status, found.submitted_by, found.approved_by = "draft", None, None
    _audit(session, by, "edit", found)
    return found


async def submit(
    session: AsyncSession, broadcast_id: int, by: By, at: datetime, approval_size: int
) -> Broadcast:
    """Have a draft sent at `at`; where it is for more than `approval_size` people, once another
    person approved it. Raises SomosError for nothing to say, nobody to say it to, or a past time.
    """
    found = await _get(session, broadcast_id, "draft")
    content = Content.restore(found.content)
    if not content.intro.get(SPANISH, "").strip():
        raise SomosError("staff_broadcast_empty", id=broadcast_id)
    if at < by.now or (found.expires_at is not None and found.expires_at <= at):
        raise SomosError("staff_broadcast_time", at=at)
    people = await count(session, Segment.restore(found.segment).people())
    if not people:
        raise SomosError("staff_broadcast_nobody", id=broadcast_id)
    found.scheduled_for, found.submitted_by, found.note = at, by.actor, None
    found.status = "awaiting_approval" if people > approval_size else "scheduled"
    _audit(session, by, "submit", found, people=people, at=at.isoformat())
    return found


async def approve(
    session: AsyncSession, broadcast_id: int, by: By, seen: str | None = None
) -> Broadcast:
    """Agree to what another person submitted. One that was due meanwhile is sent at once.

    `seen`: the stamp of what was read; raises SomosError where it is no longer that.
    """
    found = await _get(session, broadcast_id, "awaiting_approval")
    _check_seen(found, seen)
    if by.actor in (found.created_by, found.submitted_by):
        raise SomosError("staff_broadcast_same_person", id=broadcast_id)
    if found.expires_at is not None and found.expires_at <= by.now:
        raise SomosError("staff_broadcast_time", at=found.expires_at)
    found.status, found.approved_by, found.note = "scheduled", by.actor, None
    if found.scheduled_for is None or found.scheduled_for < by.now:
        found.scheduled_for = by.now
    _audit(session, by, "approve", found)
    return found


async def send_back(session: AsyncSession, broadcast_id: int, by: By, why: str = "") -> Broadcast:
    """Make what was submitted a draft again, for whoever prepared it to change."""
    found = await _get(session, broadcast_id, "awaiting_approval", "scheduled")
    found.status, found.submitted_by, found.approved_by, found.note = "draft", None, None, None
    _audit(session, by, "send back", found, why=why)
    return found


async def pause(session: AsyncSession, broadcast_id: int, by: By) -> Broadcast:
    """Send nothing more of it for now; what a gateway is just taking still goes."""
    found = await _get(session, broadcast_id, "sending")
    found.status = "paused"
    await queries.hold(session, found.id)
    _audit(session, by, "pause", found)
    return found


async def resume(session: AsyncSession, broadcast_id: int, by: By) -> Broadcast:
    """Go on with who still waits."""
    found = await _get(session, broadcast_id, "paused")
    found.status = "sending"
    await queries.release(session, found.id)
    _audit(session, by, "resume", found)
    return found


async def cancel(session: AsyncSession, broadcast_id: int, by: By) -> Broadcast:
    """Send nothing more of it, for good; who waited is counted as skipped."""
    found = await _get(
        session, broadcast_id, "draft", "awaiting_approval", "scheduled", "sending", "paused"
    )
    found.status, found.ended_at = "cancelled", by.now
    await queries.skip_rest(session, found.id, "cancelled")
    _audit(session, by, "cancel", found)
    return found


async def send_again(session: AsyncSession, broadcast_id: int, by: By) -> int:
    """Send to those again whom it surely never reached; how many. The uncertain are left alone."""
    found = await _get(session, broadcast_id, "done", "sending")
    number = await queries.queue_failed_again(session, found.id)
    if number and found.status == "done":
        found.status, found.ended_at = "sending", None
    _audit(session, by, "send again", found, people=number)
    return number


async def _get(session: AsyncSession, broadcast_id: int, *statuses: str) -> Broadcast:
    found = await queries.lock_broadcast(session, broadcast_id)
    if found is None:
        raise SomosError("staff_broadcast_unknown", id=broadcast_id)
    if found.status not in statuses:
        raise SomosError("staff_broadcast_status", id=broadcast_id, status=found.status)
    return found


def stamp_of(broadcast: Broadcast) -> str:
    """Changes with whatever it says, to whom and when."""
    at = broadcast.scheduled_for.isoformat() if broadcast.scheduled_for else ""
    told = [broadcast.title, broadcast.segment, broadcast.content, at]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _check_seen(broadcast: Broadcast, seen: str | None) -> None:
    if seen is not None and seen != stamp_of(broadcast):
        raise SomosError("staff_broadcast_changed", id=broadcast.id)


def _audit(session: AsyncSession, by: By, action: str, broadcast: Broadcast, **told: Any) -> None:
    after = {"status": broadcast.status, **told}
    note(session, by.now, by.actor, action, f"broadcast:{broadcast.id}", after=after)
