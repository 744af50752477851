"""Finds dialogues, and says under the title of a table which one it is of."""

from datetime import date
from typing import Any

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from storage.models import Dialogue


async def find_dialogues(session: AsyncSession, slug: str | None, *options: Any) -> list[Dialogue]:
    """One dialogue, or all in the order in which they were held."""
    found = list(
        await session.scalars(
            select(Dialogue).options(*options).order_by(Dialogue.held_on, Dialogue.slug)
        )
    )
    if slug is None:
        return found
    chosen = [dialogue for dialogue in found if dialogue.slug == slug]
    if not chosen:
        raise SomosError("unknown_dialogue", slug=slug, known=[d.slug for d in found])
    return chosen


def subtitle(dialogue: Dialogue) -> str:
    """Which dialogue a table is of."""
    place = (
        f"parroquia {dialogue.parish}, cantón {dialogue.canton}, provincia de {dialogue.province}"
    )
    return f"{dialogue.title}, {dialogue.directorate}: {place}, {day(dialogue.held_on)}"


def day(value: date) -> str:
    """A date as people write it: 21 de noviembre de 2024."""
    return str(format_date(value, "d 'de' MMMM 'de' y", locale="es_EC"))
