"""What staff read for a reason (`zone:quitumbe`) and for a cause; and which reasons there are."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.panel.core import Words
from storage.models import Casa, Category, Event, TextEvent, Workshop, Zone
from storage.queries.segments import ANY

# In the order in which staff choose.
KINDS = ("zone", "casa", "category", "kind", "workshop")


@dataclass(frozen=True)
class Wishes:
    """Names by kind and slug."""

    words: Words
    names: Mapping[str, Mapping[str, str]]

    def name(self, reason: str) -> str:
        """One wish, or several with commas."""
        return ", ".join(self._one(wish) for wish in reason.split(","))

    def _one(self, wish: str) -> str:
        kind, _, slug = wish.partition(":")
        if slug == ANY:
            return self.words(f"any_{kind}")
        if f"wish_{kind}" not in self.words:
            return wish
        return self.words(f"wish_{kind}", name=self.names.get(kind, {}).get(slug, slug))

    def reasons(self, kind: str) -> list[str]:
        """All of a kind that may be chosen, any of them first."""
        return [f"{kind}:{ANY}", *(f"{kind}:{slug}" for slug in self.names.get(kind, {}))]


async def wishes_of(session: AsyncSession, words: Words) -> Wishes:
    """The names that there are now."""
    named: dict[str, Any] = {
        "zone": select(Zone.slug, Zone.short_name).order_by(Zone.short_name),
        "casa": select(Casa.slug, Casa.name).order_by(Casa.name),
        "category": select(Category.slug, Category.name).order_by(Category.name),
        "workshop": select(Workshop.slug, Workshop.title).order_by(Workshop.title),
        "told": select(Event.id, Event.title).where(Event.id.in_(select(TextEvent.event_id))),
        "kind": select(Event.kind, Event.kind).distinct().order_by(Event.kind),
    }
    found = {k: _pairs((await session.execute(q)).all()) for k, q in named.items()}
    return Wishes(words, found)


def _pairs(rows: Iterable[Any]) -> dict[str, str]:
    return {str(slug): name if slug != name else slug.replace("-", " ") for slug, name in rows}


def cause_in_words(words: Words, cause: str) -> str:
    """Why somebody got nothing; what a gateway said stands as it said it."""
    key = "cause_" + re.sub(r"\W+", "_", cause)
    return words(key) if key in words else cause
