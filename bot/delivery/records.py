"""Records what was sent; where the database is busy, all that waits goes in one transaction.

One write a message would make a slow database the limit of the pace.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from bot.clock import Clock
from storage.database import Database
from storage.queries.delivery import Claimed, record_sent

until_recorded = retry(
    retry=retry_if_exception_type(SQLAlchemyError),
    stop=stop_after_attempt(5),
    wait=wait_exponential_jitter(multiplier=0.2, max=10),
    reraise=True,
)


@dataclass(frozen=True, slots=True)
class _Sent:
    row: Claimed
    external_id: str
    at: datetime
    recorded: asyncio.Future[None]


class Records:
    """The records of one process's sends."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[_Sent] = []
        self._work: asyncio.Task[None] | None = None

    async def sent(self, row: Claimed, external_id: str) -> None:
        """Record that the gateway took a row. Raises what the database raises, for good."""
        recorded = asyncio.get_running_loop().create_future()
        self._waiting.append(_Sent(row, external_id, self._clock(), recorded))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._record_all())
        await recorded

    async def _record_all(self) -> None:
        while self._waiting:
            try:
                done = await self._write()
            except Exception as error:  # noqa: BLE001 - told to whoever waits for it
                done, self._waiting = self._waiting, []
                for one in done:
                    if not one.recorded.done():
                        one.recorded.set_exception(error)
                continue
            self._waiting = self._waiting[len(done) :]
            for one in done:
                if not one.recorded.done():
                    one.recorded.set_result(None)

    @until_recorded
    async def _write(self) -> list[_Sent]:
        async with self._database.write() as session:
            # Only now: while this waited for the database, others came.
            done = list(self._waiting)
            await record_sent(session, [(s.row, s.external_id, s.at) for s in done])
        return done
