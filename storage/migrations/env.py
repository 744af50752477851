"""Alembic's entry: from `storage.migrate` with a connection, or from the command line."""

import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from storage.migrate import sync_url
from storage.models import Base
from storage.models.base import UtcDateTime


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    # Migrations stand alone: they must run whatever becomes of our Python types.
    is_instant = kind == "type" and isinstance(item, UtcDateTime)
    return "sa.DateTime(timezone=True)" if is_instant else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite alters a table by copying it.
        render_as_batch=True,
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    url = os.environ.get("SOMOS_DATABASE_URL", "sqlite:///.somos/somos.db")
    with create_engine(sync_url(url), poolclass=pool.NullPool).connect() as fresh:
        _run(fresh)
