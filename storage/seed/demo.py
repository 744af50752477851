"""Demonstration workshops and events, always marked as such, so that Somos can be tried today."""

from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Casa, Category, Cycle, Modality, Zone
from storage.seed.demo_events import refresh_events
from storage.seed.demo_shapes import Demo
from storage.seed.demo_timetable import House
from storage.seed.demo_workshops import References, refresh_workshops
from storage.seed.document import SeedDocument, SeedError

_FILE = Path(__file__).parent / "demo.yml"


async def load_demo(session: AsyncSession, today: date) -> int:
    """Top up what is on around `today`, and say how many rows are new. Needs the seed.

    The same day gives the same rows; what is still current, or not ours, stays as it is.
    """
    demo = read_demo()
    references = await _references(session)
    _check(demo, references)
    workshops = await refresh_workshops(session, demo, references, today)
    return workshops + await refresh_events(session, demo, references.houses, today)


def read_demo() -> Demo:
    """demo.yml, checked."""
    content = SeedDocument.parse(_FILE.name, _FILE.read_bytes()).data
    return SeedDocument(_FILE.name, {"demo": content}).one("demo", Demo)


async def _references(session: AsyncSession) -> References:
    """What the rows point to, by slug."""
    houses = await session.execute(
        select(Casa.id, Casa.slug, Casa.name, Zone.id, Zone.slug)
        .join(Zone, Zone.id == Casa.zone_id)
        .order_by(Zone.slug, Casa.slug)
    )
    return References(
        houses=[House(*row) for row in houses],
        categories=dict((await session.execute(select(Category.slug, Category.id))).all()),
        modalities=dict((await session.execute(select(Modality.slug, Modality.id))).all()),
        cycles=dict((await session.execute(select(Cycle.number, Cycle.id))).all()),
    )


def _check(demo: Demo, references: References) -> None:
    """Every slug that demo.yml names exists; without the seed none does."""
    casas = {house.slug for house in references.houses}
    zones = {house.zone for house in references.houses}
    wanted = {group.category for group in demo.workshops} - references.categories.keys()
    wanted |= {"community", "municipal"} - references.modalities.keys()
    wanted |= {slug for row in demo.always for slug in row.casas} - casas
    wanted |= {slug for row in demo.always for slug in row.zones} - zones
    if wanted or len(references.cycles) < 4:
        raise SeedError(_FILE.name, "", f"load the seed first; unknown: {sorted(wanted)}")
