"""Invented workshops: each casa's timetable hangs on its slug alone, the dates on the day."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Enrollment, Workshop
from storage.seed.demo_shapes import Demo
from storage.seed.demo_timetable import House, Lesson, timetable

# A cycle is a quarter: twelve weekly classes, the first near today so that people can enrol.
_WEEKS = timedelta(weeks=11)
_FIRST_CLASS = (-7, 20)


@dataclass(frozen=True, slots=True)
class References:
    """Ids of what a workshop points to."""

    houses: list[House]
    categories: dict[str, int]
    modalities: dict[str, int]
    cycles: dict[int, int]


def fold(text: str) -> str:
    """Lower case without accents, as `Workshop.title_search` wants it."""
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


async def refresh_workshops(
    session: AsyncSession, demo: Demo, references: References, today: date
) -> int:
    """Add the workshops that are missing; over ones go first, unless somebody is enrolled."""
    over = delete(Workshop).where(
        Workshop.demo,
        Workshop.last_day < today,
        ~exists().where(Enrollment.workshop_id == Workshop.id),
    )
    await session.execute(over, execution_options={"synchronize_session": False})
    known = set(await session.scalars(select(Workshop.slug)))
    rows = {row["slug"]: row for row in _rows(demo, references, today)}
    missing = [row for slug, row in rows.items() if slug not in known]
    if missing:
        await session.execute(insert(Workshop), missing)
    return len(missing)


def _rows(demo: Demo, references: References, today: date) -> list[dict[str, Any]]:
    return [
        _row(demo, references, house, lesson, today)
        for house in references.houses
        for lesson in timetable(demo, house)
    ]


def _row(
    demo: Demo, references: References, house: House, lesson: Lesson, today: date
) -> dict[str, Any]:
    word = demo.weekday_words[lesson.weekday]
    # The column holds 80 characters; day and hour must stay, or slugs would be alike.
    slug = f"demo-{house.slug}-{_slug(lesson.title)}"[:65] + f"-{word}-{lesson.hour:02}00"
    first_day = _first_day(slug, lesson.weekday, today)
    return {
        "slug": slug,
        "title": lesson.title,
        "title_search": fold(lesson.title),
        "category_id": references.categories[lesson.category],
        "casa_id": house.id,
        "modality_id": references.modalities[lesson.modality],
        "cycle_id": references.cycles[(first_day.month + 2) // 3],
        "weekday": lesson.weekday,
        "starts_at": time(lesson.hour),
        "ends_at": time(lesson.hour + demo.class_hours),
        "first_day": first_day,
        "last_day": first_day + _WEEKS,
        "capacity": lesson.capacity,
        **demo.publics[lesson.public].model_dump(),
        "demo": True,
    }


def _first_day(slug: str, weekday: int, today: date) -> date:
    chance = Random(f"{today} {slug}")  # noqa: S311
    day = today + timedelta(days=chance.randint(*_FIRST_CLASS))
    return day + timedelta(days=(weekday - day.weekday()) % 7)
