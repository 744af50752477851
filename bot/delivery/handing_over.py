"""Hands one row to its gateway and records what became of it; the row is claimed already.

Nothing is sent inside a transaction: claim and commit, send, record and commit.
"""

import logging
from collections.abc import Callable
from functools import partial
from time import monotonic

from bot import metrics
from bot.clock import Clock
from bot.delivery.errors import Throttled, TokenExpired, Undeliverable
from bot.delivery.line import Line
from bot.delivery.outcome import Outcome, outcome_of
from bot.delivery.records import Records, until_recorded
from bot.errors import where
from bot.messages import Outgoing, Parcel
from storage.database import Database
from storage.queries import delivery as queries
from storage.queries.delivery import BROADCAST, Claimed

log = logging.getLogger(__name__)


class HandOver:
    """`attempts` is the limit for a row; `patience` (the first retry's wait) and `token_pause` are
    seconds.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        attempts: int,
        patience: float,
        token_pause: float,
    ) -> None:
        self._database = database
        self._records = Records(database, clock)
        self._clock = clock
        self._attempts = attempts
        self._patience = patience
        self._token_pause = token_pause

    async def __call__(self, line: Line, row: Claimed, may_send: Callable[[], bool]) -> None:
        """Wait for the turn of a row, send it and record what became of it."""
        try:
            await line.pace.turn(is_urgent=row.kind != BROADCAST)
            if not may_send():
                async with self._database.write() as session:
                    await queries.give_back(session, [row.id])
                return
            line.chats.spend(row.conversation_id, monotonic())
            await self._send(line, row)
        except Exception as error:  # noqa: BLE001 - the row is taken back, the others go on
            line.stranded = True
            log.error("not recorded: row=%s %s", row.id, where(error))
        finally:
            line.under_way.discard(row.conversation_id)
            line.wake.set()

    async def _send(self, line: Line, row: Claimed) -> None:
        try:
            external_id = await line.sender.send(
                Parcel(row.id, row.address, Outgoing.from_body(row.body), row.language,
                       row.last_inbound_at, partial(line.next_piece, row))
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - a sender's own fault counts as an attempt
            log.warning(
                "not sent: channel=%s row=%s attempt=%s %s from %s",
                line.channel, row.id, row.attempts + 1, type(error).__name__,
                type(error.__cause__).__name__,
            )  # fmt: skip
            self._heed(line, row, error)
            outcome = outcome_of(error, row, self._clock(), self._attempts, self._patience)
            await self._record_unsent(row, outcome, isinstance(error, Undeliverable))
            metrics.sends(line.channel, outcome.name)
            doubtful = int("doubtful" in outcome.columns)
            metrics.in_doubt(line.channel, doubtful, int(outcome.name == "uncertain"))
        else:
            line.problem, line.since = "", None
            await self._records.sent(row, external_id)
            metrics.sends(line.channel, "sent")

    def _heed(self, line: Line, row: Claimed, error: Exception) -> None:
        """What a failure means for the sends that follow."""
        if isinstance(error, Throttled):
            line.throttle(row.conversation_id, error.retry_after, error.whole_channel)
        if isinstance(error, TokenExpired):
            line.hold(self._token_pause)
            if not line.problem:
                line.problem, line.since = "token_expired", self._clock()
                log.error("nothing can be sent: channel=%s needs a new token", line.channel)

    @until_recorded
    async def _record_unsent(self, row: Claimed, outcome: Outcome, closed: bool) -> None:
        async with self._database.write() as session:
            await queries.record_unsent(session, row.id, outcome.columns)
            if closed:
                await queries.close_account(
                    session, row.conversation_id, outcome.columns["error"]
                )  # fmt: skip
