"""The one clock: UTC inside, America/Guayaquil for people; it can be frozen for trials."""

from collections.abc import Callable
from datetime import UTC, datetime
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
