"""Counts days that are over before somebody waits for it."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, wait_at_most
from bot.services.figures import figures_of
from storage.database import Database

log = logging.getLogger(__name__)
COUNT_EVERY = 1200.0
COUNTED_DAYS = 90


async def keep_figures(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Look now and then, until told to stop."""
    while not stop.is_set():
        try:
            await figures_of(database, clock(), COUNTED_DAYS)
        except SQLAlchemyError as error:
            log.error("figures: %s", type(error).__name__)
        await wait_at_most(COUNT_EVERY, stop)
