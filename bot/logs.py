"""The log: a line an event, with the turn that it belongs to and nothing about people."""

import hashlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

_turn: ContextVar[str] = ContextVar("turn_id", default="-")
_FIELDS = "%(asctime)s %(levelname)s %(name)s %(turn)s %(message)s"
# These libraries log addresses with tokens, whole updates, or every request.
_NOISY = ("httpx", "httpcore", "alembic", "rasa_sdk", "asyncio", "telegram", "pywa")


class _WithTurn(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Tell every record its turn."""
        record.turn = _turn.get()
        return True


def set_up(level: str, format: Literal["text", "json"]) -> None:
    """Log to standard error; `json` is a line of JSON an event, for log collectors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_WithTurn())
    handler.setFormatter(JsonFormatter(_FIELDS) if format == "json" else logging.Formatter(_FIELDS))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def turn_of(channel: str, external_id: str) -> Iterator[None]:
    """What is logged inside carries the message's turn id: the same one at every attempt.

    A digest: some gateways write phone numbers into the ids of their messages.
    """
    digest = hashlib.sha256(f"{channel}:{external_id}".encode()).hexdigest()
    token = _turn.set(digest[:12])
    try:
        yield
    finally:
        _turn.reset(token)
