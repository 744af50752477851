"""What staff, or time, say into a citizen's conversation: queued as notices, sent by delivery."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock, wait_at_most
from bot.dialogue.message_rows import IMMEDIATE, outbound_rows
from bot.dialogue.speaking import speak
from bot.messages import Outgoing
from bot.services.handoff import Word, end_silent
from responses.render import Renderer
from storage.database import Database

log = logging.getLogger(__name__)
LOOK_EVERY = 30.0  # seconds


def queue_words(
    session: AsyncSession, renderer: Renderer, words: Sequence[Word], clock: Clock
) -> None:
    """Queue words for citizens, in their languages, in the caller's transaction."""
    for word in words:
        said = (
            speak(renderer, {**word.values, "response": word.response}, word.conversation.language)
            if word.response
            else Outgoing(word.text)
        )
        session.add_all(outbound_rows(word.conversation, [said], clock(), kind="notice"))


def queue_notices(
    session: AsyncSession, renderer: Renderer, words: Sequence[Word], clock: Clock
) -> int:
    """Queue what can reach its citizen; how many can't: the web page shows only answers."""
    reachable = [w for w in words if w.conversation.account.channel not in IMMEDIATE]
    queue_words(session, renderer, reachable, clock)
    return len(words) - len(reachable)


@dataclass(frozen=True)
class HandoffWatch:
    """Hands conversations back to the bot in which nobody said a word for `patience`."""

    database: Database
    renderer: Renderer
    clock: Clock
    patience: timedelta

    async def run(self, stop: asyncio.Event) -> None:
        """Look now and then, until told to stop; several processes may."""
        while not stop.is_set():
            try:
                await self.look()
            except SQLAlchemyError as error:
                log.error("cases not looked at: %s", type(error).__name__)
            await wait_at_most(LOOK_EVERY, stop)

    async def look(self) -> None:
        """End what has been silent too long."""
        async with self.database.write() as session:
            words = await end_silent(session, self.clock(), self.patience)
            queue_words(session, self.renderer, words, self.clock)
