"""Zones, Casas and workshops as citizens look for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from storage.models import Casa, Category, Enrollment, Modality, Workshop, Zone


@dataclass(frozen=True)
class WorkshopFilter:
    """Constraints on workshops; an empty one doesn't constrain. Ages are years, inclusive."""

    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    any_word: bool = False
    casas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    ages: tuple[int, int] | None = None
    free: bool = False


@dataclass(frozen=True)
class Offer:
    """A workshop with the places left."""

    workshop: Workshop
    places_left: int


_PLACED = (
    select(func.count(Enrollment.id))
    .where(Enrollment.workshop_id == Workshop.id, Enrollment.status == "placed")
    .correlate(Workshop)
    .scalar_subquery()
)


def _conditions(wanted: WorkshopFilter, today: date) -> Iterable[ColumnElement[bool]]:
    yield Workshop.last_day >= today
    if wanted.categories:
        yield Category.slug.in_(wanted.categories)
    if wanted.words:
        contained = [Workshop.title_search.contains(w, autoescape=True) for w in wanted.words]
        yield or_(*contained) if wanted.any_word else and_(*contained)
    if wanted.casas:
        yield Casa.slug.in_(wanted.casas)
    if wanted.zones:
        yield Zone.slug.in_(wanted.zones)
    if wanted.weekdays:
        yield Workshop.weekday.in_(wanted.weekdays)
    if wanted.free:
        yield Modality.cost_per_class == 0
    if wanted.ages:
        low, high = wanted.ages
        yield and_(
            or_(Workshop.min_age.is_(None), Workshop.min_age <= high),
            or_(Workshop.max_age.is_(None), Workshop.max_age >= low),
        )


def _joined(query: Select[tuple[Workshop]]) -> Select[tuple[Workshop]]:
    return (
        query.join(Workshop.category)
        .join(Workshop.casa)
        .join(Casa.zone)
        .join(Workshop.modality)
        .options(
            contains_eager(Workshop.category),
            contains_eager(Workshop.casa).contains_eager(Casa.zone),
            contains_eager(Workshop.modality),
        )
    )


async def find_workshops(
    session: AsyncSession, wanted: WorkshopFilter, today: date, offset: int, limit: int
) -> tuple[list[Offer], int]:
    """A page of workshops that haven't ended, those with places first, and their total."""
    where = list(_conditions(wanted, today))
    total = await _count(session, where)
    if not total:
        return [], 0
    left = Workshop.capacity - _PLACED
    query = (
        _joined(select(Workshop))
        .add_columns(left)
        .where(*where)
        .order_by((left <= 0), Workshop.first_day, Workshop.starts_at, Workshop.id)
        .offset(offset)
        .limit(limit)
    )
    rows = (await session.execute(query)).unique().all()
    return [Offer(w, max(0, n)) for w, n in rows], total


async def _count(session: AsyncSession, where: list[ColumnElement[bool]]) -> int:
    query = (
        select(func.count(Workshop.id))
        .join(Workshop.category)
        .join(Workshop.casa)
        .join(Casa.zone)
        .join(Workshop.modality)
        .where(*where)
    )
    return (await session.execute(query)).scalar_one()


async def get_offer(session: AsyncSession, workshop_id: int) -> Offer | None:
    """One workshop with all that its details show."""
    query = _joined(select(Workshop)).add_columns(Workshop.capacity - _PLACED)
    row = (await session.execute(query.where(Workshop.id == workshop_id))).unique().first()
    return Offer(row[0], max(0, row[1])) if row else None


async def title_words(session: AsyncSession) -> dict[str, str]:
    """Every word of the titles, lower case: without accents, and as it is written."""
    query = select(Workshop.title_search, Workshop.title).distinct()
    return {
        plain: written
        for search, title in (await session.execute(query)).all()
        for plain, written in zip(search.split(), title.lower().split(), strict=False)
    }


async def find_casas(
    session: AsyncSession, slugs: Sequence[str] = (), zones: Sequence[str] = ()
) -> list[Casa]:
    """Casas by slug or zone, in the order of the management model."""
    query = select(Casa).join(Casa.zone).options(contains_eager(Casa.zone)).order_by(Casa.id)
    if slugs:
        query = query.where(Casa.slug.in_(slugs))
    if zones:
        query = query.where(Zone.slug.in_(zones))
    return list((await session.execute(query)).scalars())


async def all_zones(session: AsyncSession) -> list[Zone]:
    """The nine administrations."""
    return list((await session.execute(select(Zone).order_by(Zone.id))).scalars())


async def category_names(session: AsyncSession, slugs: Sequence[str]) -> list[str]:
    """Official names of categories."""
    query = select(Category.name).where(Category.slug.in_(slugs)).order_by(Category.id)
    return list((await session.execute(query)).scalars())
