"""Who came to a dialogue, and whom each institution attended there."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.matrices.dialogues import find_dialogues, subtitle
from bot.matrices.tables import Table
from storage.models import Dialogue

TITLE = "REGISTRO DE ASISTENCIA"
HEADINGS = ("TOTAL DE ASISTENTES", "DESCRIPCIÓN")
ATTENTIONS_TITLE = "ATENCIONES BRINDADAS POR LAS INSTITUCIONES"
ATTENTIONS_HEADINGS = ("INSTITUCIÓN", "NÚMERO DE ATENCIONES", "DESCRIPCIÓN")


async def build(session: AsyncSession, slug: str | None = None) -> list[Table]:
    """Two tables a dialogue: the attendance, and the attentions of the institutions."""
    found = await find_dialogues(session, slug, selectinload(Dialogue.attentions))
    return [table for dialogue in found for table in (_attendance(dialogue), _attentions(dialogue))]


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
