"""What operators and their tools ask: alive, ready, and the numbers. Nothing here is about people.

These routes are as public as the address: a web server in front may keep `/metrics` to itself.
"""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from storage.database import Database
from storage.queries.delivery import depths

log = logging.getLogger(__name__)


def make_router(database: Database) -> APIRouter:
    """The routes, bound to one database."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def ready() -> PlainTextResponse:
        try:
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            log.error("not ready: %s", type(error).__name__)
            raise HTTPException(503, "the database does not answer") from error
        return PlainTextResponse("ready\n")

    @router.get("/metrics")
    async def numbers() -> Response:
        try:
            async with database.read() as session:
                waiting = await depths(session)
            now = datetime.now(UTC)
            metrics.queued(
                {c: (d.count, (now - d.oldest).total_seconds()) for c, d in waiting.items()}
            )
        except SQLAlchemyError as error:
            # The other numbers matter most when the database is away.
            log.error("metrics without the queue: %s", type(error).__name__)
            metrics.queued(None)
        return Response(metrics.generate_latest(), media_type=metrics.CONTENT_TYPE_LATEST)

    return router
