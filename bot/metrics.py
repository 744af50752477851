"""What operators watch at `/metrics`: how many turns, how long they took, how they ended.

No label says anything about people, and nobody can be told from another by these numbers.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

__all__ = [
    "CONTENT_TYPE_LATEST",
    "answered_after",
    "counted_turn",
    "generate_latest",
    "in_doubt",
    "inbox",
    "mark",
    "mark_safety",
    "queued",
    "received",
    "sends",
    "webhook_items",
]

log = logging.getLogger(__name__)
Outcome = Literal["answered", "duplicate", "failed"]

_TURNS = Counter("somos_turns", "Turns, by channel and how they ended.", ["channel", "outcome"])
_SECONDS = Histogram(
    "somos_turn_seconds",
    "Seconds from a message's arrival to its commit, waiting for the database included.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_WAITED = Histogram(
    "somos_answer_seconds",
    "Seconds from a message's storing to its answer's commit, the wait for another one included.",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 60, 300),
)
_RECEIVED = Counter("somos_received", "Messages of gateways, new or known.", ["channel", "outcome"])
_INBOX = Gauge("somos_inbox_waiting", "Messages that are stored and not answered yet.")
_INBOX_AGE = Gauge("somos_inbox_oldest_seconds", "Seconds that one of them is overdue.")
_SAFETY = Counter("somos_safety_answers", "Answers to danger and violence.")
_ITEMS = Counter("somos_webhook_items", "What webhooks held, by kind.", ["channel", "kind"])
_QUEUED = Gauge("somos_outbound_queued", "Messages that wait to be sent.", ["channel"])

_OLDEST = Gauge("somos_outbound_oldest_seconds", "Age of the oldest of them.", ["channel"])
_SENDS = Counter("somos_sends", "Sends, by channel and how they ended.", ["channel", "outcome"])
_DOUBTFUL = Counter(
    "somos_outbound_doubtful", "Sent again, though it may have arrived before.", ["channel"]
)
_UNCERTAIN = Counter(
    "somos_outbound_uncertain", "Broadcasts that may not have arrived: not sent again.", ["channel"]
)


@dataclass
class _Turn:
    outcome: Outcome = "answered"
    is_safety: bool = False


_turn: ContextVar[_Turn] = ContextVar("counted_turn")


@contextmanager
def counted_turn(channel: str) -> Iterator[None]:
    """Time a turn and count it when it is over: only then is it certain how it ended."""
    turn, begin = _Turn(), perf_counter()
    token = _turn.set(turn)
    try:
        yield
    except BaseException:
        turn.outcome = "failed"
        raise
    finally:
        _turn.reset(token)
        seconds = perf_counter() - begin
        _SECONDS.observe(seconds)
        log.info("turn: channel=%s %s in %.0f ms", channel, turn.outcome, 1000 * seconds)
        _TURNS.labels(channel, turn.outcome).inc()
        if turn.is_safety and turn.outcome == "answered":
            _SAFETY.inc()


def mark(outcome: Outcome) -> None:
    """Say how the turn under way ends; the last word counts."""
    _turn.get().outcome = outcome


def mark_safety() -> None:
    """Say that the turn under way answers danger or violence."""
    _turn.get().is_safety = True


def webhook_items(channel: str, kind: str, count: int = 1) -> None:
    """Count what a webhook held; `kind` comes from a short list, never from the payload."""
    if count:
        _ITEMS.labels(channel, kind).inc(count)


def received(channel: str, new: int, known: int) -> None:
    """Count messages that a gateway handed over."""
    _RECEIVED.labels(channel, "new").inc(new)
    _RECEIVED.labels(channel, "known").inc(known)


def answered_after(seconds: float) -> None:
    """Note how long a stored message waited for its answer."""
    _WAITED.observe(seconds)


def inbox(waiting: int, oldest: float) -> None:
    """Note how many stored messages wait, and how many seconds one of them is overdue."""
    _INBOX.set(waiting)
    _INBOX_AGE.set(oldest)


def queued(by_channel: Mapping[str, tuple[int, float]] | None) -> None:
    """Note how many messages wait and the seconds that the oldest has; None: nobody knows."""
    _QUEUED.clear()
    _OLDEST.clear()
    for channel, (count, age) in (by_channel or {}).items():
        _QUEUED.labels(channel).set(count)
        _OLDEST.labels(channel).set(age)


def sends(channel: str, outcome: str, count: int = 1) -> None:
    """Count sends that ended."""
    if count:
        _SENDS.labels(channel, outcome).inc(count)


def in_doubt(channel: str, doubtful: int, uncertain: int) -> None:
    """Count messages whose fate is unknown: sent again, and left alone."""
    _DOUBTFUL.labels(channel).inc(doubtful)
    _UNCERTAIN.labels(channel).inc(uncertain)
