"""What a broadcast says: words and lines that staff edit, put together for each reason.

Who asked for a zone, Casa or kind reads its lines first. The same content gives the same text.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from bot.messages import Outgoing
from responses.render import Phrase, Renderer

# Of an agenda so many lines are shown; of those that somebody asked for, all but a very long tail.
OWN, OTHERS = 10, 4
Words = Mapping[str, str]
SPANISH = "es"


@dataclass(frozen=True)
class Item:
    """One line of an agenda, by language; `reasons` are the wishes that it answers."""

    day: str
    line: Words
    reasons: tuple[str, ...] = ()
    event_id: int | None = None


@dataclass(frozen=True)
class Content:
    """`intro` and `outro` by language, Spanish among them; the items stand between them."""

    intro: Words
    items: tuple[Item, ...] = ()
    outro: Words = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """As kept in the broadcast's row."""
        return asdict(self)

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> "Content":
        """From the broadcast's row."""
        items = (
            Item(i["day"], i["line"], tuple(i.get("reasons", ())), i.get("event_id"))
            for i in saved.get("items", ())
        )
        return cls(saved["intro"], tuple(items), saved.get("outro", {}))


def compose(renderer: Renderer, content: Content, reason: str, language: str) -> Outgoing:
    """The message for those who are included for `reason` (several stand with commas)."""
    shown, more = lines_for(content, reason)
    parts = [said(content.intro, language), *_days(shown, language, renderer)]
    if shown and more:
        parts.append(renderer.phrase(Phrase("agenda_elsewhere"), language))
    parts += _days(more, language, renderer)
    left = len(content.items) - len(shown) - len(more)
    if left:
        parts.append(renderer.phrase(Phrase("agenda_more", {"count": left}), language))
    return Outgoing("\n".join(p for p in (*parts, said(content.outro, language)) if p))


def lines_for(content: Content, reason: str) -> tuple[list[Item], list[Item]]:
    """The lines that are shown to those who are included for `reason`: theirs, and others."""
    wanted = set(reason.split(","))
    own = [i for i in content.items if "all" in wanted or wanted & set(i.reasons)]
    others = [i for i in content.items if i not in own]
    return own[:OWN], others[: OTHERS if own else OWN]


def events_for(content: Content, reason: str) -> set[int]:
    """The events that those who are included for `reason` are told of."""
    shown, more = lines_for(content, reason)
    return {item.event_id for item in (*shown, *more) if item.event_id is not None}


def said(words: Words, language: str) -> str:
    """The words in a language, or else in Spanish."""
    return words.get(language) or words.get(SPANISH, "")


def _days(items: list[Item], language: str, renderer: Renderer) -> list[str]:
    lines = []
    for day, of_day in groupby(sorted(items, key=lambda i: i.day), lambda i: i.day):
        heading = Phrase("agenda_day", {"day": date.fromisoformat(day)})
        lines.append(renderer.phrase(heading, language))
        lines += [said(item.line, language) for item in of_day]
    return lines
