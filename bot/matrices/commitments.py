"""Matriz de compromisos: what citizens and the institution promised, and by when."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.matrices.dialogues import find_dialogues, subtitle
from bot.matrices.tables import Table
from storage.models import Dialogue

TITLE = "MATRIZ DE COMPROMISOS"
SLOGAN = "EL NUEVO ECUADOR"
CITIZENS = "CIUDADANÍA"
HEADINGS = (
    "Propuestas realizadas en las mesas de diálogo",
    "Compromisos asumidos por la ciudadanía",
    "Compromisos asumidos por la institución",
    "Plazos",
)
# What the official form calls an institution in the row over its commitments.
SHORT_NAMES = {
    "Ministerio de Inclusión Económica y Social": "MIES",
    "Ministerio de Desarrollo Humano": "MDH",
}


async def build(session: AsyncSession, slug: str | None = None) -> list[Table]:
    """One table a dialogue."""
    loads = selectinload(Dialogue.commitments)
    return [table_of(dialogue) for dialogue in await find_dialogues(session, slug, loads)]


def table_of(dialogue: Dialogue) -> Table:
    """The matrix of a dialogue whose commitments are loaded."""
    name = dialogue.institution
    return Table(
        title=TITLE,
        subtitle=subtitle(dialogue),
        source=dialogue.source,
        headings=HEADINGS,
        rows=tuple(
            (c.proposal, c.citizen_side, c.institution_side, c.term) for c in dialogue.commitments
        ),
        widths=(30, 28, 28, 14),
        above=((name, "", SLOGAN, ""), (CITIZENS, "", SHORT_NAMES.get(name, name), "")),
    )
