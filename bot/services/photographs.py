"""Photographs of a dialogue: made new from their pixels, so that no hidden data (where it was
taken, a script) stays in the file.
"""

import hashlib
import io
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.rows import tidy
from storage.models import Dialogue, Photograph
from storage.queries import audit

LARGEST = 10 * 2**20  # bytes
MOST_PIXELS = 60_000_000
SIDE = 1600  # pixels of the longer side, enough for print
TAKEN = ("JPEG", "PNG", "WEBP")


def remade(content: bytes) -> tuple[bytes, int, int]:
    """A JPEG of the picture's pixels, and its width and height. Takes a while: not in the loop.

    Raises `staff_photograph_large` or `staff_photograph_wrong`.
    """
    if len(content) > LARGEST:
        raise SomosError("staff_photograph_large", most=LARGEST // 2**20)
    try:
        with Image.open(io.BytesIO(content), formats=TAKEN) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise SomosError("staff_photograph_large", most=LARGEST // 2**20)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((SIDE, SIDE))
        stream = io.BytesIO()
        Image.frombytes("RGB", upright.size, upright.tobytes()).save(stream, "JPEG", quality=85)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise SomosError("staff_photograph_wrong") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SomosError("staff_photograph_large", most=LARGEST // 2**20) from error
    return stream.getvalue(), *upright.size


def keep(content: bytes, folder: Path) -> str:
    """Write the file, named after its content; the name without its ending."""
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest}.jpg"
    if not path.exists():
        part = folder / f"{digest}.part"
        part.write_bytes(content)
        part.replace(path)
    return digest


async def add(
    session: AsyncSession, dialogue: Dialogue, digest: str, size: tuple[int, int], caption: str,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Add a kept file to a dialogue; one that it has already changes nothing."""
    if any(p.digest == digest for p in dialogue.photographs):
        return
    last = max((p.position for p in dialogue.photographs), default=0)
    photograph = Photograph(
        dialogue_id=dialogue.id, position=last + 1, caption=tidy(caption)[:300], digest=digest,
        width=size[0], height=size[1], added_by=actor, added_at=now,
    )  # fmt: skip
    session.add(photograph)
    after = {"photograph": digest, "caption": photograph.caption}
    audit.note(session, now, actor, "add", f"dialogue:{dialogue.slug}", {}, after)
    await session.flush()


async def remove(
    session: AsyncSession, dialogue: Dialogue, photograph: Photograph, actor: str, now: datetime
) -> None:
    """Take a photograph out of the dialogue."""
    before = {"photograph": photograph.digest, "caption": photograph.caption}
    audit.note(session, now, actor, "remove", f"dialogue:{dialogue.slug}", before)
    await session.delete(photograph)
    await session.flush()
