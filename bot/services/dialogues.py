"""Diálogos Ciudadanos: made and edited by staff, each change in the audit."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.rows import Fields, change, tidy
from storage.models import Attention, Dialogue
from storage.queries import audit
from storage.queries.dialogues import whole_dialogue
from storage.queries.records import dialogue_slugs

HEAD = ("title", "held_on", "institution", "directorate", "province", "canton", "parish", "source")
EDITED = (*HEAD, "attendance_total", "attendance_description", "attendance_groups", "sections",
          "conclusions", "signatures")  # fmt: skip
PROSE = ("background", "specific_objectives", "results", "participating_institutions")


async def find(session: AsyncSession, slug: str, lock: bool = True) -> Dialogue:
    """A dialogue with all that belongs to it. Raises `unknown_dialogue`."""
    found = await whole_dialogue(session, slug, lock)
    if found is None:
        known = ", ".join(await dialogue_slugs(session))
        raise SomosError("unknown_dialogue", slug=slug, known=known)
    return found


async def create(session: AsyncSession, head: Fields, actor: str, now: datetime) -> Dialogue:
    """A new dialogue; its slug is made of canton and date."""
    wanted = f"{_plain(head['canton'])}-{head['held_on'].isoformat()}"
    taken = set(await dialogue_slugs(session))
    free = (f"{wanted}-{number}" if number > 1 else wanted for number in range(1, len(taken) + 2))
    slug = next(candidate for candidate in free if candidate not in taken)
    dialogue = Dialogue(
        slug=slug, attendance_total=0, attendance_description="", attendance_groups=[],
        sections={}, conclusions=[], signatures={}, **{name: head[name] for name in HEAD},
    )  # fmt: skip
    session.add(dialogue)
    await session.flush()
    after = {"title": dialogue.title, "held_on": dialogue.held_on.isoformat()}
    audit.note(session, now, actor, "create", f"dialogue:{slug}", {}, after)
    return dialogue


def edit(
    session: AsyncSession, dialogue: Dialogue, fields: Fields, actor: str, now: datetime,
    seen: str | None = None,
) -> bool:  # fmt: skip
    """Change head, prose, attendance, conclusions or signatures; whether anything differed."""
    target = f"dialogue:{dialogue.slug}"
    return change(session, dialogue, fields, target, actor, now, seen, EDITED)


async def set_attentions(
    session: AsyncSession, dialogue: Dialogue, rows: list[dict[str, Any]], actor: str, now: datetime
) -> bool:
    """Replace the attentions given: rows of institution, people and description."""
    names = ("institution", "people", "description")
    before = [{name: getattr(a, name) for name in names} for a in dialogue.attentions]
    if before == rows:
        return False
    for old in dialogue.attentions:
        await session.delete(old)
    await session.flush()
    for position, row in enumerate(rows, 1):
        session.add(Attention(dialogue_id=dialogue.id, position=position, **row))
    audit.note(session, now, actor, "edit", f"dialogue:{dialogue.slug}",
               {"attentions": before}, {"attentions": rows})  # fmt: skip
    await session.flush()
    return True


def paragraphs(text: str) -> list[str]:
    """Paragraphs of a form's field: what empty lines part."""
    return [part.strip() for part in re.split(r"\n\s*\n", tidy(text)) if part.strip()]


def read_date(text: str) -> date:
    """A date of a form. Raises `staff_date_wrong`."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise SomosError("staff_date_wrong") from error


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40] or "dialogo"
