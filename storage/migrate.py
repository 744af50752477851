"""Bring a database to the newest schema, in this process and under a lock."""

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, create_engine, pool

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
