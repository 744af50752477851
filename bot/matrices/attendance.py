"""Who came to a dialogue, and whom each institution attended there."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.matrices.dialogues import find_dialogues, subtitle
from bot.matrices.tables import Table
from storage.models import Dialogue

TITLE = "REGISTRO DE ASISTENCIA"
HEADINGS = ("TOTAL DE ASISTENTES", "DESCRIPCIÓN")
GROUPS_TITLE = "ASISTENCIA POR GRUPO"
GROUPS_HEADINGS = ("GRUPO", "PERSONAS")
ATTENTIONS_TITLE = "ATENCIONES BRINDADAS POR LAS INSTITUCIONES"
ATTENTIONS_HEADINGS = ("INSTITUCIÓN", "NÚMERO DE ATENCIONES", "DESCRIPCIÓN")


async def build(session: AsyncSession, slug: str | None = None) -> list[Table]:
    """Two tables a dialogue: the attendance, and the attentions of the institutions."""
    found = await find_dialogues(session, slug, selectinload(Dialogue.attentions))
    return [table for dialogue in found for table in tables_of(dialogue)]


def tables_of(dialogue: Dialogue) -> list[Table]:
    """Of a dialogue whose attentions are loaded."""
    groups = [_groups(dialogue)] if dialogue.attendance_groups else []
    return [_attendance(dialogue), *groups, _attentions(dialogue)]


def _groups(dialogue: Dialogue) -> Table:
    return Table(
        title=GROUPS_TITLE,
        subtitle=subtitle(dialogue),
        source=dialogue.source,
        headings=GROUPS_HEADINGS,
        rows=tuple((g["group"], g["people"]) for g in dialogue.attendance_groups),
        widths=(80, 20),
    )


def _attendance(dialogue: Dialogue) -> Table:
    return Table(
        title=TITLE,
        subtitle=subtitle(dialogue),
        source=dialogue.source,
        headings=HEADINGS,
        rows=((dialogue.attendance_total, dialogue.attendance_description),),
        widths=(20, 80),
    )


def _attentions(dialogue: Dialogue) -> Table:
    return Table(
        title=ATTENTIONS_TITLE,
        subtitle=subtitle(dialogue),
        source=dialogue.source,
        headings=ATTENTIONS_HEADINGS,
        rows=tuple((a.institution, a.people, a.description) for a in dialogue.attentions),
        widths=(30, 14, 56),
        merged=1,
    )
