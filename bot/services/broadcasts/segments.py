"""Whom a broadcast is for, as staff choose it, and how many and who that would be now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries import segments as queries

# Where we can write of our own accord.
CHANNELS = ("telegram", "whatsapp")
SAMPLES = 10


@dataclass(frozen=True)
class Segment:
    """`reasons` as in `storage.queries.segments`; no languages or channels: whatever they are."""

    reasons: tuple[str, ...]
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def dump(self) -> dict[str, Any]:
        """As kept in the broadcast's row."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> "Segment":
        """From the broadcast's row."""
        return cls(*(tuple(saved.get(n, ())) for n in ("reasons", "languages", "channels")))

    def people(self) -> Select[Any]:
        """The query for its people. Raises ValueError where no reason is given, or a wrong one."""
        wanted = self.channels or CHANNELS
        return queries.people(
            self.reasons, [c for c in wanted if c in CHANNELS], list(self.languages)
        )


@dataclass(frozen=True)
class Preview:
    """How many people a segment has, and some of them: account id, channel, language, reason.

    `closed` of them opted out or blocked us, and get nothing.
    """

    count: int
    samples: tuple[tuple[int, str, str, str], ...]
    closed: int = 0


async def preview(session: AsyncSession, segment: Segment) -> Preview:
    """Look before sending."""
    people = segment.people()
    found = await queries.samples(session, people, SAMPLES)
    some = tuple((r.account_id, r.channel, r.language, r.reason) for r in found)
    closed = await queries.count(session, queries.closed(people))
    return Preview(await queries.count(session, people), some, closed)
