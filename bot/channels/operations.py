"""What operators and their tools ask: alive, ready, and the numbers. Nothing here is about people.

These routes are as public as the address: a web server in front may keep `/metrics` to itself.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from storage.database import Database
from storage.queries.delivery import depths
from storage.queries.inbox import inbox_size

log = logging.getLogger(__name__)


def make_router(
    database: Database, understands: Callable[[], bool], gateways: Mapping[str, Callable[[], str]]
) -> APIRouter:
    """The routes of one service.

    `understands` tries the model; `gateways` say by name what is wrong with them, or nothing.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        """503 for what another process may not have. A gateway's trouble is told, but has all
        processes alike: to take them out of service would help nobody.
        """
        vital = {"database": await _problem_of(database), "model": "" if understands() else "lost"}
        state = {**vital, **{name: problem() for name, problem in gateways.items()}}
        is_ready = not any(vital.values())
        told = {"status": "ready" if is_ready else "not ready"}
        return JSONResponse(
            told | {name: problem or "ok" for name, problem in state.items()},
            200 if is_ready else 503,
        )

    @router.get("/metrics")
    async def numbers() -> Response:
        try:
            async with database.read() as session:
                waiting = await depths(session)
                now = datetime.now(UTC)
                count, overdue = await inbox_size(session, now)
            metrics.inbox(count, overdue.total_seconds())
            metrics.queued(
                {c: (d.count, (now - d.oldest).total_seconds()) for c, d in waiting.items()}
            )
        except SQLAlchemyError as error:
            # The other numbers matter most when the database is away.
            log.error("metrics without the queue: %s", type(error).__name__)
            metrics.queued(None)
        return Response(metrics.generate_latest(), media_type=metrics.CONTENT_TYPE_LATEST)

    return router


async def _problem_of(database: Database) -> str:
    try:
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.error("not ready: %s", type(error).__name__)
        return "does not answer"
    return ""
