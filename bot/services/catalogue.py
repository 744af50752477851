"""Short names and search forms of what is in the catalogue."""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Workshop
from storage.seed.demo_workshops import fold

LONGEST_SLUG = 80


def search_form(text: str) -> str:
    """Lower case without accents, as `Workshop.title_search` holds it."""
    return fold(text)


def slug_of(text: str) -> str:
    """Letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:LONGEST_SLUG].strip("-")


def workshop_slug(casa_slug: str, row: Workshop) -> str:
    """The same for the same course of the same quarter, whoever writes it down."""
    when = f"{row.first_day:%Y%m%d}-{row.weekday}-{row.starts_at:%H%M}"
    start = slug_of(f"{casa_slug}-{row.title}")[: LONGEST_SLUG - len(when) - 1]
    return f"{start.strip('-')}-{when}"


async def free_slug(session: AsyncSession, model: type[Any], text: str) -> str:
    """A slug that no row has yet."""
    wanted = slug_of(text) or model.__tablename__
    slug, number = wanted, 1
    while await session.scalar(select(model.id).where(model.slug == slug)) is not None:
        number += 1
        slug = f"{wanted[: LONGEST_SLUG - 6]}-{number}"
    return slug
