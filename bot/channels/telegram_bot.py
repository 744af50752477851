"""The Bot API's client: raw updates, our own name, and what its failures mean to us.

Neither the token nor anybody's words reach the log.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from telegram import Bot
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.delivery import (
    AnswerLost,
    Rejected,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
)

# Without it, PTB warns each time that it reads how long Telegram wants us to wait.
os.environ["PTB_TIMEDELTA"] = "true"

CHANNEL = "telegram"
SLACK = 5  # seconds that an answer may take beyond the long poll
# What shows that a message never reached Telegram.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# What Telegram says, and what that means to us; the first line that fits counts.
FAILURES: tuple[tuple[type[TelegramError], str, type[Exception]], ...] = (
    (Forbidden, "", Undeliverable),
    (BadRequest, "chat not found", Undeliverable),
    (BadRequest, "user not found", Undeliverable),
    (BadRequest, "peer_id_invalid", Undeliverable),
    (BadRequest, "chat_write_forbidden", Undeliverable),
    (BadRequest, "not enough rights to send", Undeliverable),
    (BadRequest, "", Rejected),
    (InvalidToken, "", TokenExpired),
    (TimedOut, "", AnswerLost),
    (NetworkError, "httpx.", AnswerLost),
    # A proxy's words: what stands behind it may have taken the message.
    (NetworkError, "gateway", AnswerLost),
    (TelegramError, "", TemporaryFailure),
)


@dataclass(frozen=True)
class Me:
    """The bot as others see it: its id and its name without the @."""

    id: int
    username: str


class TelegramBot(Bot):
    """PTB's client with one connection for polling, apart from the others."""

    def __init__(self, token: str, api_url: str) -> None:
        _keep_secrets_out_of_logs()
        self._polling = HTTPXRequest(connection_pool_size=1)
        self._sending = HTTPXRequest(read_timeout=20, pool_timeout=20)
        base = api_url.rstrip("/")
        super().__init__(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._sending,
            get_updates_request=self._polling,
        )
        self._me: Me | None = None

    @property
    def number(self) -> str:
        """Our id, known before the first call: it begins every token."""
        return self.token.partition(":")[0][:20]

    async def raw_updates(self, offset: int | None, wait: int, kinds: Sequence[str]) -> list[Any]:
        """Updates as they came: PTB's own method fails at all for one that it can't read."""
        asked = {"offset": offset, "timeout": wait, "allowed_updates": kinds}
        return list(await self._post("getUpdates", asked, read_timeout=wait + SLACK) or ())

    async def me(self) -> Me:
        """Who we are; asked once."""
        if self._me is None:
            user = await self.get_me()
            self._me = Me(user.id, user.username or "")
        return self._me

    async def close_connections(self) -> None:
        """Give the connections back."""
        await self._polling.shutdown()
        await self._sending.shutdown()


def failure(error: TelegramError) -> Exception:
    """Delivery's error for one of Telegram's."""
    if isinstance(error, RetryAfter):
        return Throttled(seconds_of(error))
    if isinstance(error.__cause__, NEVER_LEFT):
        return TemporaryFailure(type(error.__cause__).__name__)
    said = error.message.lower()
    kind = next(k for theirs, part, k in FAILURES if isinstance(error, theirs) and part in said)
    return kind(f"{type(error).__name__}: {error.message}")


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants us to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _keep_secrets_out_of_logs() -> None:
    # httpx logs addresses, which hold the token; PTB logs whole updates that it can't parse.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
