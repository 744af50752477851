"""What becomes of a row that could not be sent: again later, given up, or unknown for good."""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from bot.delivery.errors import (
    AnswerLost,
    Rejected,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
)
from bot.delivery.pacing import backoff
from storage.queries.delivery import BROADCAST, Claimed

REASON_LENGTH = 300
Name = Literal["sent", "failed", "retried", "throttled", "paused", "uncertain", "skipped"]


class Outcome(NamedTuple):
    """How a send ended, and the columns that say so."""

    name: Name
    columns: dict[str, Any]


def outcome_of(
    error: Exception, row: Claimed, now: datetime, attempts: int, patience: float
) -> Outcome:
    """After a failed send of `row`, as it was before it was claimed for this attempt.

    `attempts`: the limit. `patience`: seconds, the first wait.
    """
    reason = str(error)[:REASON_LENGTH]
    if isinstance(error, TokenExpired):
        # Not the row's fault; the line waits, so that it need not.
        return _again("paused", reason, now, 0.0, row.attempts)
    if isinstance(error, Throttled):
        return _again("throttled", reason, now, error.retry_after, row.attempts)
    if isinstance(error, Undeliverable | Rejected):
        return Outcome("failed", {"status": "failed", "error": reason})
    # A sender's own fault says nothing about whether the gateway has the message.
    in_doubt = isinstance(error, AnswerLost) or not isinstance(error, TemporaryFailure)
    if in_doubt and row.kind == BROADCAST:
        return Outcome("uncertain", {"status": "uncertain", "error": reason})
    tried = row.attempts + 1
    if tried >= attempts:
        return Outcome("failed", {"status": "failed", "error": reason})
    again = _again("retried", reason, now, backoff(tried, patience), tried)
    if in_doubt:
        again.columns["doubtful"] = row.doubtful + 1
    return again


def _again(name: Name, reason: str, now: datetime, wait: float, attempts: int) -> Outcome:
    at = now + timedelta(seconds=wait) if wait else None
    columns = {"status": "queued", "error": reason, "attempts": attempts, "next_attempt_at": at}
    return Outcome(name, columns)
