"""Zones, Casas and workshops as citizens look for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from storage.models import Casa, Category, Enrollment, Modality, Workshop, Zone


@dataclass(frozen=True)
class WorkshopFilter:
    """Constraints on workshops; an empty one doesn't constrain. Slugs, but for `titles`, which are
    search forms. Ages are years, inclusive: open to some of them, or with `every_age` to all.
    Times are of the beginning: from `after` on, before `before`.
    """

    titles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    casas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    ages: tuple[int, int] | None = None
    every_age: bool = False
    free: bool = False
    with_places: bool = False
    after: time | None = None
    before: time | None = None
    not_titles: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    not_casas: tuple[str, ...] = ()
    not_zones: tuple[str, ...] = ()
    not_weekdays: tuple[int, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A workshop with the places left."""

    workshop: Workshop
    places_left: int


# What is made for children or for older people, by its ages.
ADULT, YOUNG, SENIOR, OLDEST = 18, 29, 60, 200

# Counted once for all workshops: a look for each of them took most of a search.
_PLACED = (
    select(Enrollment.workshop_id, func.count().label("taken"))
    .where(Enrollment.status == "placed")
    .group_by(Enrollment.workshop_id)
    .subquery()
)
_LEFT = Workshop.capacity - func.coalesce(_PLACED.c.taken, 0)


def _conditions(wanted: WorkshopFilter, today: date) -> Iterable[ColumnElement[bool]]:
    yield Workshop.last_day >= today
    columns = (
        (Workshop.title_search, wanted.titles, wanted.not_titles),
        (Category.slug, wanted.categories, wanted.not_categories),
        (Casa.slug, wanted.casas, wanted.not_casas),
        (Zone.slug, wanted.zones, wanted.not_zones),
        (Workshop.weekday, wanted.weekdays, wanted.not_weekdays),
    )
    for column, named, refused in columns:
        if named:
            yield column.in_(named)
        if refused:
            yield column.not_in(refused)
    if wanted.free:
        yield Modality.cost_per_class == 0
    if wanted.after:
        yield Workshop.starts_at >= wanted.after
    if wanted.before:
        yield Workshop.starts_at < wanted.before
    if wanted.with_places:
        yield _LEFT > 0
    if wanted.ages:
        youngest, oldest = wanted.ages
        low, high = (youngest, oldest) if wanted.every_age else (oldest, youngest)
        yield or_(Workshop.min_age.is_(None), Workshop.min_age <= low)
        yield or_(Workshop.max_age.is_(None), Workshop.max_age >= high)


def _order(wanted: WorkshopFilter) -> Iterable[Any]:
    """With places first; of these what is made for the children or older people asked for. What is
    for older people only comes late when nobody said an age.
    """
    yield _LEFT <= 0
    if wanted.ages is None:
        yield func.coalesce(Workshop.min_age, 0) >= SENIOR
    elif wanted.ages[1] < ADULT:
        yield func.coalesce(Workshop.max_age, OLDEST) > YOUNG
    elif wanted.ages[0] >= SENIOR:
        yield func.coalesce(Workshop.min_age, 0) < SENIOR
    yield from (Workshop.first_day, Workshop.starts_at, Workshop.id)


def _joined(query: Select[tuple[Workshop]]) -> Select[tuple[Workshop]]:
    return (
        query.join(Workshop.category)
        .join(Workshop.casa)
        .join(Casa.zone)
        .join(Workshop.modality)
        .outerjoin(_PLACED, _PLACED.c.workshop_id == Workshop.id)
        .options(
            contains_eager(Workshop.category),
            contains_eager(Workshop.casa).contains_eager(Casa.zone),
            contains_eager(Workshop.modality),
        )
    )


async def count_workshops(
    session: AsyncSession, alternatives: Sequence[WorkshopFilter], today: date
) -> list[int]:
    """How many workshops that haven't ended fit each of the filters; all in one look."""
    fits = [
        func.count(case((and_(*_conditions(wanted, today)), Workshop.id)))
        for wanted in alternatives
    ]
    query = (
        select(*fits)
        .select_from(Workshop)
        .join(Workshop.category)
        .join(Workshop.casa)
        .join(Casa.zone)
        .join(Workshop.modality)
    )
    if any(wanted.with_places for wanted in alternatives):
        query = query.outerjoin(_PLACED, _PLACED.c.workshop_id == Workshop.id)
    return list((await session.execute(query)).one())


async def find_workshops(
    session: AsyncSession, wanted: WorkshopFilter, today: date, offset: int, limit: int
) -> tuple[list[Offer], int]:
    """A page of workshops that haven't ended, the fittest first, and how many fit in all.

    An empty page doesn't know how many: it says 0.
    """
    query = (
        _joined(select(Workshop))
        .add_columns(_LEFT, func.count().over())
        .where(*_conditions(wanted, today))
        .order_by(*_order(wanted))
        .offset(offset)
        .limit(limit)
    )
    rows = (await session.execute(query)).unique().all()
    return [Offer(w, max(0, n)) for w, n, _ in rows], rows[0][2] if rows else 0


async def get_offer(session: AsyncSession, workshop_id: int) -> Offer | None:
    """One workshop with all that its details show."""
    query = _joined(select(Workshop)).add_columns(_LEFT)
    row = (await session.execute(query.where(Workshop.id == workshop_id))).unique().first()
    return Offer(row[0], max(0, row[1])) if row else None


async def titles(session: AsyncSession) -> dict[str, str]:
    """Every title once: how it is searched (lower case, no accents) and how it is written."""
    query = select(Workshop.title_search, func.min(Workshop.title)).group_by(Workshop.title_search)
    rows = (await session.execute(query)).all()
    return {row[0]: row[1] for row in rows}


async def casa_by_slug(session: AsyncSession, slug: str) -> Casa | None:
    """A Casa by its slug."""
    return (await session.execute(select(Casa).where(Casa.slug == slug))).scalar_one_or_none()


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


async def zone_slugs_of(session: AsyncSession, casas: Sequence[str]) -> tuple[str, ...]:
    """The zones of some Casas, as slugs."""
    if not casas:
        return ()
    query = select(Zone.slug).join(Casa, Casa.zone_id == Zone.id).where(Casa.slug.in_(casas))
    return tuple((await session.execute(query.distinct())).scalars())
