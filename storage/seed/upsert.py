"""Write a row where its key finds it: a seed loaded twice is there once."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Base
from storage.seed.document import SeedDocument

Model = TypeVar("Model", bound=Base)


async def upsert(
    session: AsyncSession, model: type[Model], key: Mapping[str, Any], values: Mapping[str, Any]
) -> Model:
    """The row with this key, new or changed in place, so that what points to it stays."""
    found = await session.scalar(select(model).filter_by(**key))
    if found is None:
        found = model(**key, **values)
        session.add(found)
        await session.flush()
    for name, value in values.items():
        setattr(found, name, value)
    return found


async def id_of(
    session: AsyncSession, model: type[Any], slug: str, document: SeedDocument, row: str
) -> int:
    """The id behind a slug that a row names; a slug that nobody has is the row's mistake."""
    found: int | None = await session.scalar(select(model.id).where(model.slug == slug))
    if found is None:
        raise document.error(row, f"there is no {model.__tablename__} {slug!r}")
    return found
