"""The seed is loaded once and whole, or not at all; what staff added stays."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from storage.database import Database
from storage.migrate import upgrade
from storage.models import Article, Base, Casa, Dialogue, MatrixEntry, SeedFile, WorkPlanRow
from storage.seed.load import FOLDER, SeedError, load_seed

COUNTS = {
    "zone": 9,
    "casa": 51,
    "category": 13,
    "programme": 4,
    "modality": 2,
    "cycle": 4,
    "work_plan": 1,
    "work_plan_row": 41,
    "dialogue": 1,
    "attention": 8,
    "matrix_entry": 4,
    "commitment": 2,
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'somos.db'}"
    upgrade(url)
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "seed"))


async def load(database: Database, folder: Path = FOLDER) -> list[str]:
    async with database.write() as session:
        return await load_seed(session, folder)


async def everything(database: Database) -> dict[str, list[Any]]:
    async with database.read() as session:
        return {
            table.name: sorted((await session.execute(select(table))).all(), key=str)
            for table in Base.metadata.sorted_tables
        }


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


async def test_the_database_holds_what_the_documents_hold(database: Database) -> None:
    await load(database)
    rows = await everything(database)
    assert {name: len(rows[name]) for name in COUNTS} == COUNTS
    assert rows["article"]


async def test_loading_twice_changes_nothing(database: Database) -> None:
    first = await load(database)
    before = await everything(database)
    assert await load(database) == []
    assert await everything(database) == before
    assert sorted(first) == sorted(row.name for row in before["seed_file"])


async def test_loading_again_without_digests_changes_nothing_either(database: Database) -> None:
    first = await load(database)
    before = await everything(database)
    async with database.write() as session:
        for file in await session.scalars(select(SeedFile)):
            file.digest = "another"
    assert await load(database) == first
    assert await everything(database) == before


async def test_only_the_changed_file_is_loaded_and_its_rows_keep_their_ids(
    database: Database, folder: Path
) -> None:
    await load(database, folder)
    change(folder / "dialogue_calvas_2024.yml", "Pocas unidades", "Muy pocas unidades")
    async with database.read() as session:
        before = list(await session.scalars(select(MatrixEntry.id)))
    assert await load(database, folder) == ["dialogue_calvas_2024.yml"]
    async with database.read() as session:
        assert list(await session.scalars(select(MatrixEntry.id))) == before
        texts = list(await session.scalars(select(MatrixEntry.text)))
    assert texts[0].startswith("Muy pocas unidades")


async def test_what_staff_added_survives_a_new_version_of_the_file(
    database: Database, folder: Path
) -> None:
    await load(database, folder)
    async with database.write() as session:
        tola = await session.scalar(select(Casa).where(Casa.slug == "la-tola"))
        assert tola is not None
        tola.address = "Calle de prueba"
        session.add(Casa(slug="casa-nueva", name="Nueva", zone_id=tola.zone_id))
    change(folder / "casas.yml", "name: La Tola", "name: La Tola Alta")
    assert await load(database, folder) == ["casas.yml"]
    async with database.read() as session:
        tola = await session.scalar(select(Casa).where(Casa.slug == "la-tola"))
        assert tola is not None
        assert (tola.name, tola.address) == ("La Tola Alta", "Calle de prueba")
        assert await session.scalar(select(func.count()).select_from(Casa)) == 52


async def test_the_report_of_a_dialogue_is_kept_paragraph_by_paragraph(database: Database) -> None:
    await load(database)
    async with database.read() as session:
        dialogue = await session.scalar(select(Dialogue))
    assert dialogue is not None
    assert len(dialogue.sections["background"]) == 5
    assert len(dialogue.sections["participating_institutions"]) == 8
    assert dialogue.signatures["report_date"] == "2024-11-22"
    assert dialogue.source == "Diálogo Ciudadano, Dirección Distrital Calvas (2024-11-22)"


async def test_an_article_keeps_its_translation_and_next_steps(database: Database) -> None:
    await load(database)
    async with database.read() as session:
        article = await session.scalar(select(Article).where(Article.slug == "casa-somos-que-es"))
    assert article is not None
    assert article.translations["en"]["title"] == "What Casa Somos is"
    assert article.next_intents


@pytest.mark.parametrize(
    ("file", "edit", "words"),
    [
        ("zones.yml", ("code: AZEA", "kode: AZEA"), ["zones, row 2 (eloy-alfaro)", "code", "kode"]),
        ("zones.yml", ("42000", "muchos"), ["zones, row 2 (eloy-alfaro)", "beneficiary_target"]),
        ("zones.yml", ("slug: eloy-alfaro", "slug: Eloy"), ["zones, row 2 (Eloy)", "slug"]),
        ("casas.yml", ("zone: calderon", "zone: luna"), ["casas, row 1 (calderon)", "zone 'luna'"]),
        ("casas.yml", ("slug: carapungo", "slug: calderon"), ["casas, row 2 (calderon)", "twice"]),
        ("casas.yml", ("\ncasas:", "\nhouses:"), ["casas", "missing"]),
        ("casas.yml", ("name: Pifo", "name: [Pifo"), ["line"]),
        ("work_plan_2023.yml", ("order: 7", "order: 6"), ["rows, row 7", "6 is there twice"]),
        ("dialogue_calvas_2024.yml", ("kind: need", "kind: nid"), ["dialogue", "entries.1.kind"]),
    ],
)
async def test_a_broken_row_is_named_and_nothing_of_it_stays(
    database: Database, folder: Path, file: str, edit: tuple[str, str], words: list[str]
) -> None:
    change(folder / file, *edit)
    with pytest.raises(SeedError) as caught:
        await load(database, folder)
    assert str(caught.value).startswith(file)
    assert [word for word in words if word not in str(caught.value)] == []
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(SeedFile)) == 0
        assert await session.scalar(select(func.count()).select_from(WorkPlanRow)) == 0
