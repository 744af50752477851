"""Loads the first content, file by file. An unchanged file is skipped; the caller commits."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import SeedFile
from storage.seed import catalogue, documents
from storage.seed.document import SeedDocument, SeedError

__all__ = ["SeedError", "load_seed"]

Loader = Callable[[AsyncSession, SeedDocument], Awaitable[None]]

FOLDER = Path(__file__).parent
# In this order: a casa needs its zone.
_LOADERS: dict[str, Loader] = {
    "zones*.yml": catalogue.load_zones,
    "casas*.yml": catalogue.load_casas,
    "categories*.yml": catalogue.load_categories,
    "programmes*.yml": catalogue.load_programmes,
    "work_plan*.yml": documents.load_work_plan,
    "dialogue*.yml": documents.load_dialogue,
    "articles/*.yml": documents.load_articles,
}


async def load_seed(session: AsyncSession, folder: Path = FOLDER) -> list[str]:
    """Load what is new or changed, and name it. Rows that no file holds are never touched."""
    loaded = []
    for name, content, loader in _files(folder):
        digest = hashlib.sha256(content).hexdigest()
        known = await session.get(SeedFile, name)
        if known is not None and known.digest == digest:
            continue
        await loader(session, SeedDocument.parse(name, content))
        await session.merge(SeedFile(name=name, digest=digest))
        loaded.append(name)
    await session.flush()
    return loaded


def _files(folder: Path) -> list[tuple[str, bytes, Loader]]:
    return [
        (path.relative_to(folder).as_posix(), path.read_bytes(), loader)
        for pattern, loader in _LOADERS.items()
        for path in sorted(folder.glob(pattern))
    ]
