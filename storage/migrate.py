"""Bring a database to the newest schema, in this process and under a lock."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, pool
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import async_url

_SYNC_DRIVERS = {"sqlite+aiosqlite": "sqlite", "postgresql+psycopg": "postgresql+psycopg"}


def sync_url(url: str) -> URL:
    """The same database through a blocking driver, which Alembic uses."""
    parsed = async_url(url)
    return parsed.set(drivername=_SYNC_DRIVERS[parsed.drivername])


def upgrade(url: str) -> None:
    """Run all pending migrations. Safe when several processes start at once."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    engine = create_engine(sync_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_lock(736873)")
            connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


async def is_current(session: AsyncSession) -> bool:
    """Whether the database has all migrations. Raises what the database raises."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    newest = ScriptDirectory.from_config(config).get_current_head()
    connection = await session.connection()
    return await connection.run_sync(_revision) == newest


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
