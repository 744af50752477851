"""The balance sheet: intended = delivered + failed + skipped + uncertain + waiting, always."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from storage.models import Broadcast
from storage.queries import effects, sheets

ARRIVED = ("sent", "delivered", "read")
# So long after it began, what people do is put down to it.
EFFECT = timedelta(hours=48)


@dataclass
class Counts:
    """People by what became of them; `delivered` are all that a gateway took, `arrived` and `read`
    those of them of whom it said so. Skipped: opted out, blocked us, cancelled, too late.
    """

    intended: int = 0
    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    uncertain: int = 0
    waiting: int = 0
    arrived: int = 0
    read: int = 0

    def add(self, fate: str, number: int) -> None:
        """Count people of one fate."""
        self.intended += number
        name = "delivered" if fate in ARRIVED else fate
        setattr(self, name, getattr(self, name) + number)
        self.arrived += number if fate in ("delivered", "read") else 0
        self.read += number if fate == "read" else 0

    @property
    def is_balanced(self) -> bool:
        """Whether everybody is somewhere."""
        ends = self.delivered + self.failed + self.skipped + self.uncertain
        return self.intended == ends + self.waiting


@dataclass
class Sheet:
    """Counts of a broadcast: in all, by channel and by reason, and how many had which cause.

    `effects`: people who replied, questions, who opted out, enrolments, in 48 hours from its start.
    """

    planned: int | None
    effects: dict[str, int] = field(default_factory=dict)
    total: Counts = field(default_factory=Counts)
    channels: dict[str, Counts] = field(default_factory=dict)
    reasons: dict[str, Counts] = field(default_factory=dict)
    causes: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def is_balanced(self) -> bool:
        """Whether nobody of those who were planned is missing, in whichever way one counts."""
        counts = (self.total, *self.channels.values(), *self.reasons.values())
        by = (self.channels, self.reasons)
        sums = {sum(c.intended for c in group.values()) for group in by}
        return all(c.is_balanced for c in counts) and sums == {self.planned or 0}


async def balance(session: AsyncSession, broadcast_id: int) -> Sheet:
    """The sheet as it is now."""
    found = await session.get(Broadcast, broadcast_id)
    if found is None:
        raise SomosError("staff_broadcast_unknown", id=broadcast_id)
    sheet = Sheet(found.intended)
    if found.planned_at is not None:
        until = found.planned_at + EFFECT
        sheet.effects = await effects.effects(session, broadcast_id, until)
    by_channel = await sheets.fates(session, broadcast_id, "channel")
    _fill(sheet.channels, by_channel)
    _fill(sheet.reasons, await sheets.fates(session, broadcast_id, "reason"))
    for _, fate, number in by_channel:
        sheet.total.add(fate, number)
    for cause, fate, number in await sheets.fates(session, broadcast_id, "cause"):
        if cause is not None:
            sheet.causes.setdefault(fate, {})[cause] = number
    return sheet


def _fill(groups: dict[str, Counts], found: Iterable[tuple[str | None, str, int]]) -> None:
    for group, fate, number in found:
        groups.setdefault(group or "", Counts()).add(fate, number)


def as_json(sheet: Sheet) -> dict[str, object]:
    """For programs."""
    return {**asdict(sheet), "balanced": sheet.is_balanced}
