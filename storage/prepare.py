"""A database ready for use: newest tables, seed loaded; safe when several processes start."""

import asyncio

from storage.database import Database
from storage.migrate import upgrade
from storage.seed.load import load_seed


async def prepare(url: str) -> Database:
    """Migrate and load what changed in the seed; the caller closes the database."""
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    async with database.write() as session:
        await database.lock_for_set_up(session)
        await load_seed(session)
    return database
