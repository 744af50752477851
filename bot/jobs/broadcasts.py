"""Begins what is scheduled, drafts the agenda on Fridays, and keeps delivery supplied.

The first two run in every process and act once; who leads does the third.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.clock import Clock, wait_at_most
from bot.errors import where
from bot.services.broadcasts import sending
from bot.services.broadcasts.agenda import ITSELF, draft_agenda, slot_of, week_to_draft
from responses.render import Renderer
from storage.database import Database
from storage.leadership import Leadership
from storage.queries import broadcasts as queries

log = logging.getLogger(__name__)
LOOK_EVERY, DRAFT_EVERY, FEED_EVERY = 1.0, 60.0, 0.5
NAME = "broadcasts"


@dataclass(frozen=True)
class BroadcastJobs:
    """`clock` is the one that people live by, which a trial may freeze."""

    database: Database
    renderer: Renderer
    clock: Clock
    leadership: Leadership
    approval_size: int

    async def run(self, stop: asyncio.Event) -> None:
        """All of it, until told to stop."""
        await asyncio.gather(
            _again_and_again(self.begin_due, LOOK_EVERY, stop),
            _again_and_again(self.draft, DRAFT_EVERY, stop),
            self.leadership.while_held(NAME, self._feed_on, stop),
        )

    async def begin_due(self) -> None:
        """Plan what is due."""
        async with self.database.read() as session:
            ids = await sending.due(session, self.clock())
        for broadcast_id in ids:
            async with self.database.write() as session:
                await sending.begin(
                    session, self.renderer, broadcast_id, self.clock(), self.approval_size
                )

    async def draft(self) -> None:
        """Have next week's agenda ready for staff."""
        now = self.clock()
        monday = week_to_draft(now)
        if monday is None:
            return
        async with self.database.read() as session:
            is_there = await queries.has_slot(session, slot_of(monday))
        if is_there:
            return
        async with self.database.write() as session:
            made = await draft_agenda(session, self.renderer, monday, ITSELF, now)
        if made is not None:
            log.info("the agenda of the week of %s is drafted: broadcast %s", monday, made)

    async def feed(self) -> None:
        """Queue the next of all that is being sent, the oldest broadcast first."""
        async with self.database.read() as session:
            ids = [b.id for b in await queries.with_status(session, "sending")]
        for broadcast_id in ids:
            async with self.database.write() as session:
                fed = await sending.feed(session, broadcast_id, self.clock())
                session.info.setdefault("queued", set()).update(fed)

    async def _feed_on(self, stop: asyncio.Event) -> None:
        await _again_and_again(self.feed, FEED_EVERY, stop)


async def _again_and_again(
    act: Callable[[], Awaitable[None]], every: float, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        try:
            await act()
        except Exception as error:  # noqa: BLE001 - a bad round must not be the last one
            log.error("broadcasts: %s", where(error))
        await wait_at_most(every, stop)
