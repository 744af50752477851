"""Demonstration data looks real, is always marked, and never touches what is real."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.migrate import upgrade
from storage.models import Casa, Category, Enrollment, Event, Modality, Workshop, Zone
from storage.seed.demo import load_demo, read_demo
from storage.seed.document import SeedError
from storage.seed.load import load_seed

TODAY = date(2026, 11, 21)
SATURDAY = 5
ECUADOR = ZoneInfo("America/Guayaquil")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "somos.db"
    upgrade(f"sqlite:///{path}")

    async def fill() -> None:
        database = Database(f"sqlite:///{path}")
        async with database.write() as session:
            await load_seed(session)
        await database.close()

    asyncio.run(fill())
    return path


@pytest.fixture
async def database(seeded: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(seeded, tmp_path / "somos.db")
    database = Database(f"sqlite:///{tmp_path / 'somos.db'}")
    yield database
    await database.close()


async def load(database: Database, today: date = TODAY) -> int:
    async with database.write() as session:
        return await load_demo(session, today)


async def rows(database: Database, model: Any) -> list[Any]:
    async with database.read() as session:
        return list((await session.execute(select(model.__table__).order_by(model.slug))).all())


async def offer(database: Database) -> list[Any]:
    """Workshops with the slugs of casa, zone, category and modality."""
    query = (
        select(Workshop, Casa.slug, Zone.slug, Category.slug, Modality.slug)
        .join(Casa, Casa.id == Workshop.casa_id)
        .join(Zone, Zone.id == Casa.zone_id)
        .join(Category, Category.id == Workshop.category_id)
        .join(Modality, Modality.id == Workshop.modality_id)
    )
    async with database.read() as session:
        return list((await session.execute(query)).all())


async def test_the_same_day_gives_the_same_rows(database: Database) -> None:
    await load(database)
    first = await rows(database, Workshop), await rows(database, Event)
    async with database.write() as session:
        for model in (Workshop, Event):
            await session.execute(model.__table__.delete())
    await load(database)
    assert (await rows(database, Workshop), await rows(database, Event)) == first


async def test_loading_again_adds_nothing(database: Database) -> None:
    added = await load(database)
    before = await rows(database, Workshop), await rows(database, Event)
    assert added == len(before[0]) + len(before[1])
    assert await load(database) == 0
    assert (await rows(database, Workshop), await rows(database, Event)) == before


async def test_a_quarter_has_about_2400_workshops_all_marked_as_invented(
    database: Database,
) -> None:
    await load(database)
    workshops = await rows(database, Workshop)
    assert 2300 <= len(workshops) <= 2500
    assert all(row.demo and row.slug.startswith("demo-") for row in workshops)
    assert all(row.last_day >= TODAY for row in workshops)
    assert all(
        row.first_day.weekday() == row.weekday == row.last_day.weekday() for row in workshops
    )
    assert all(10 <= row.capacity <= 30 and row.audiences for row in workshops)
    assert all(row.starts_at.hour >= 8 and row.ends_at.hour <= 19 for row in workshops)
    assert sum(row.first_day > TODAY for row in workshops) > 1200


async def test_every_casa_offers_every_category_and_at_least_twenty_workshops(
    database: Database,
) -> None:
    await load(database)
    workshops = await offer(database)
    assert min(Counter(casa for _, casa, *_ in workshops).values()) >= 20
    assert len({(casa, category) for _, casa, _, category, _ in workshops}) == 51 * 13
    shares = Counter(modality for *_, modality in workshops)
    assert 0.65 < shares["community"] / len(workshops) < 0.75


async def test_la_tola_gives_guitar_and_cooking_on_saturdays(database: Database) -> None:
    await load(database)
    saturdays = [
        (workshop.title, category)
        for workshop, casa, _, category, _ in await offer(database)
        if casa == "la-tola" and workshop.weekday == SATURDAY
    ]
    assert ("Guitarra", "desarrollo-artistico") in saturdays
    assert [title for title, category in saturdays if category == "gastronomia"]


async def test_every_casa_of_the_south_cooks_on_saturdays_with_older_people(
    database: Database,
) -> None:
    await load(database)
    cooking = {
        casa
        for workshop, casa, zone, category, _ in await offer(database)
        if zone in {"eloy-alfaro", "quitumbe"}
        and (category, workshop.weekday) == ("gastronomia", SATURDAY)
        and "older" in workshop.audiences
    }
    assert len(cooking) == 13


async def test_there_are_events_in_every_zone_each_weekend_and_of_every_kind(
    database: Database,
) -> None:
    await load(database)
    events = await rows(database, Event)
    days = [event.starts_at.replace(tzinfo=UTC).astimezone(ECUADOR).date() for event in events]
    assert 100 <= len(events) <= 140
    assert all(event.demo for event in events)
    assert min(days) == TODAY - timedelta(days=7)
    assert max(days) == TODAY + timedelta(days=30)
    assert len({event.kind for event in events}) == 7
    weekend = {TODAY, TODAY + timedelta(days=1)}
    zones = {event.zone_id for event, day in zip(events, days, strict=True) if day in weekend}
    assert len(zones) == 9


async def test_later_old_events_go_and_only_the_missing_days_are_filled(
    database: Database,
) -> None:
    await load(database)
    before = {row.slug for row in await rows(database, Event)}
    workshops = await rows(database, Workshop)
    await load(database, TODAY + timedelta(days=3))
    after = {row.slug for row in await rows(database, Event)}
    assert {slug[5:15] for slug in before - after} == {"2026-11-14", "2026-11-15", "2026-11-16"}
    assert {slug[5:15] for slug in after - before} == {"2026-12-22", "2026-12-23", "2026-12-24"}
    assert await rows(database, Workshop) == workshops


async def test_the_next_quarter_replaces_workshops_that_are_over(database: Database) -> None:
    await load(database)
    later = TODAY + timedelta(days=140)
    await load(database, later)
    workshops = await rows(database, Workshop)
    assert 2300 <= len(workshops) <= 2500
    assert all(row.last_day >= later for row in workshops)


async def test_a_workshop_that_somebody_was_enrolled_in_is_not_deleted(
    database: Database,
) -> None:
    await load(database)
    async with database.write() as session:
        workshop = (await session.scalars(select(Workshop).limit(1))).one()
        enrolled = Enrollment(
            folio="IN-2026-000001",
            workshop_id=workshop.id,
            status="confirmed",
            created_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
        session.add(enrolled)
    await load(database, TODAY + timedelta(days=140))
    assert workshop.id in {row.id for row in await rows(database, Workshop)}


async def test_real_events_and_workshops_stay(database: Database) -> None:
    await load(database)
    async with database.write() as session:
        for model in (Workshop, Event):
            row = (await session.scalars(select(model).limit(1))).one()
            row.demo, row.slug = False, "de-verdad"
    await load(database, TODAY + timedelta(days=300))
    for model in (Workshop, Event):
        assert "de-verdad" in {row.slug for row in await rows(database, model)}


async def test_a_quarter_is_loaded_within_two_seconds(database: Database) -> None:
    start = time.perf_counter()
    await load(database)
    assert time.perf_counter() - start < 2


async def test_without_the_seed_it_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    upgrade(url)
    database = Database(url)
    with pytest.raises(SeedError, match="load the seed first"):
        await load(database)
    await database.close()


def test_each_category_has_at_least_eight_titles_and_none_is_there_twice() -> None:
    groups = read_demo().workshops
    assert len(groups) == 13
    assert all(len(group.titles) >= 8 for group in groups)
    titles = [title.title for group in groups for title in group.titles]
    assert len(titles) == len(set(titles))
