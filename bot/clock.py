"""The one clock: UTC inside, America/Guayaquil for people; it can be frozen for trials."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("America/Guayaquil")
Clock = Callable[[], datetime]


def make_clock(frozen: datetime | None) -> Clock:
    """A clock that returns aware UTC instants; a frozen one without a zone is local time."""
    if frozen is None:
        return lambda: datetime.now(UTC)
    instant = frozen if frozen.tzinfo else frozen.replace(tzinfo=LOCAL)
    fixed = instant.astimezone(UTC)
    return lambda: fixed


def is_between(now: datetime, begin: time, end: time) -> bool:
    """Whether it is, for people, between two hours of the day; also over midnight."""
    hour = now.astimezone(LOCAL).time()
    if begin <= end:
        return begin <= hour < end
    return hour >= begin or hour < end


async def wait_at_most(seconds: float, event: asyncio.Event) -> None:
    """Until the event is set, but no longer than this.

    Not `asyncio.wait_for`: on Python 3.11 it loses a cancellation that comes with the event.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
