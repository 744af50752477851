"""Loads zones, casas, categories and programmes. A field that the file leaves out is staff's."""

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Casa, Category, Cycle, Modality, Programme, Zone
from storage.seed.document import SeedDocument
from storage.seed.shapes import CasaRow, CycleRow, DescribedRow, ModalityRow, NamedRow, ZoneRow
from storage.seed.upsert import id_of, upsert


async def load_zones(session: AsyncSession, document: SeedDocument) -> None:
    """zones.yml: the targets of all zones are for one year."""
    year = document.section("target_year")
    if not isinstance(year, int):
        raise document.error("target_year", "this must be a year")
    for _, row in document.rows("zones", ZoneRow):
        values = row.model_dump(exclude={"slug"}) | {"target_year": year}
        await upsert(session, Zone, {"slug": row.slug}, values)


async def load_casas(session: AsyncSession, document: SeedDocument) -> None:
    """casas.yml: an address that the file doesn't give is left as it is."""
    for label, row in document.rows("casas", CasaRow):
        values = row.model_dump(exclude={"slug", "zone", "name_in_source"}, exclude_unset=True)
        values["zone_id"] = await id_of(session, Zone, row.zone, document, label)
        await upsert(session, Casa, {"slug": row.slug}, values)


async def load_categories(session: AsyncSession, document: SeedDocument) -> None:
    """categories.yml."""
    for _, row in document.rows("categories", NamedRow):
        await upsert(session, Category, {"slug": row.slug}, {"name": row.name})


async def load_programmes(session: AsyncSession, document: SeedDocument) -> None:
    """programmes.yml: programmes, modalities and cycles."""
    for _, programme in document.rows("programmes", DescribedRow):
        values = programme.model_dump(exclude={"slug"})
        await upsert(session, Programme, {"slug": programme.slug}, values)
    for _, modality in document.rows("modalities", ModalityRow):
        values = modality.model_dump(exclude={"slug"})
        await upsert(session, Modality, {"slug": modality.slug}, values)
    for _, cycle in document.rows("cycles", CycleRow, key="number"):
        await upsert(session, Cycle, {"number": cycle.number}, {"name": cycle.name})
