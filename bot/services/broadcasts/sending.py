"""From due to done: the plan in one transaction, then batches for delivery to send.

Each step locks the broadcast's row and looks at its status, so that it happens once, whoever else
does the same, and again after a crash where it had not happened.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.broadcasts.content import Content, compose, events_for
from bot.services.broadcasts.segments import CHANNELS, Segment
from responses.render import Renderer
from storage.models import Broadcast, BroadcastText, TextEvent
from storage.queries import broadcasts as queries

log = logging.getLogger(__name__)
# Nobody wants to be woken by what should have come in the morning.
LATEST = timedelta(hours=12)
# So many rows of a channel are queued at most: a dozen seconds of sending, or more.
QUEUED = 1000
# Queued at once: on SQLite nobody else writes meanwhile, and replies must not notice.
BATCH = 200


async def due(session: AsyncSession, now: datetime) -> list[int]:
    """Broadcasts whose time has come."""
    scheduled = await queries.with_status(session, "scheduled")
    return [b.id for b in scheduled if b.scheduled_for is not None and b.scheduled_for <= now]


async def begin(
    session: AsyncSession, renderer: Renderer, broadcast_id: int, now: datetime, approval_size: int
) -> None:
    """Plan a due broadcast: its people and its texts, as they are now. What is too late is
    cancelled; what has become too large for one person's word waits for a second one.
    """
    found = await queries.lock_broadcast(session, broadcast_id, wait=False)
    if found is None or found.status != "scheduled" or found.scheduled_for is None:
        return
    if found.scheduled_for > now:
        return
    if now > (found.expires_at or found.scheduled_for + LATEST):
        found.status, found.note, found.ended_at = "cancelled", "too_late", now
        log.warning("broadcast %s is too late and was not sent", found.id)
        return
    try:
        async with session.begin_nested():
            await _plan(session, renderer, found, approval_size)
    except _GrewError:
        found.status, found.note = "awaiting_approval", "grew"
        log.warning("broadcast %s grew: it needs a second person's approval", found.id)
        return
    found.status, found.planned_at = "sending", now
    log.info("broadcast %s is planned for %s people", found.id, found.intended)


class _GrewError(Exception):
    """It is for more people than when it was submitted, and nobody approved that."""


async def _plan(
    session: AsyncSession, renderer: Renderer, broadcast: Broadcast, approval_size: int
) -> None:
    people: Select[tuple[object, ...]] = Segment.restore(broadcast.segment).people()
    number = await queries.add_recipients(session, broadcast.id, people)
    if number > approval_size and broadcast.approved_by is None:
        raise _GrewError
    broadcast.intended = number
    content = Content.restore(broadcast.content)
    told: dict[BroadcastText, set[int]] = {}
    for reason, language in await queries.variants(session, broadcast.id):
        body = compose(renderer, content, reason, language).as_body()
        text = BroadcastText(broadcast_id=broadcast.id, reason=reason, language=language, body=body)
        session.add(text)
        told[text] = events_for(content, reason)
    await session.flush()
    # An event may be gone since it was drafted.
    known = await queries.known_events(session, {e for events in told.values() for e in events})
    session.add_all(
        TextEvent(text_id=text.id, event_id=event)
        for text, events in told.items()
        for event in sorted(events & known)
    )
    await session.flush()


async def feed(session: AsyncSession, broadcast_id: int, now: datetime) -> set[str]:
    """Queue who is next, as far as there is room; the channels that got rows. Says when it is
    done, and ends what has become too late.
    """
    found = await queries.lock_broadcast(session, broadcast_id)
    if found is None or found.status != "sending":
        return set()
    if found.expires_at is not None and now > found.expires_at:
        await queries.skip_rest(session, found.id, "too late")
    fed = set()
    for channel in CHANNELS:
        room = QUEUED - await queries.unsent(session, channel)
        enough = room >= min(BATCH, QUEUED // 2)
        ids = await queries.waiting_ids(session, found.id, channel, BATCH) if enough else []
        if ids:
            await queries.queue_recipients(session, ids, now)
            fed.add(channel)
    if not fed and not await queries.is_open(session, found.id):
        found.status, found.ended_at = "done", now
        log.info("broadcast %s is done", found.id)
    return fed
