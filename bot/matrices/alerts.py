"""Matriz de alertas y sugerencias: four guiding questions, and the folios behind each entry."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.matrices.dialogues import find_dialogues, subtitle
from bot.matrices.tables import Row, Table
from storage.models import Dialogue, MatrixEntry, MatrixSupport, Report

TITLE = "MATRIZ DE ALERTAS Y SUGERENCIAS"
QUESTIONS_HEADING = "PREGUNTAS GENERADORAS"
OBSERVATIONS_HEADING = "OBSERVACIONES ADICIONALES"

# Kind, guiding question, and the heading over its answers; wording and order are official.
QUESTIONS = (
    (
        "alert",
        "1. ¿Cuáles son los problemas que usted ha identificado en los servicios que presta el "
        "MIES?",
        "ALERTAS DEL SERVICIO",
    ),
    (
        "need",
        "2. ¿Qué necesidad creería usted debería ser atendido por el MIES?",
        "NECESIDADES",
    ),
    (
        "suggestion",
        "3. ¿Qué sugerencia le da al MIES para la mejora de la calidad de sus servicios?",
        "SUGERENCIA AL SERVICIO",
    ),
    (
        "channel",
        "4. ¿Cómo le gustaría que el MIES se comunique con usted?",
        "CANALES DE COMUNICACIÓN",
    ),
)


async def build(session: AsyncSession, slug: str | None = None) -> list[Table]:
    """One table a dialogue."""
    supports = selectinload(Dialogue.entries).selectinload(MatrixEntry.supports)
    loads = supports.selectinload(MatrixSupport.report)
    return [table_of(dialogue) for dialogue in await find_dialogues(session, slug, loads)]


def table_of(dialogue: Dialogue) -> Table:
    """The matrix of a dialogue whose entries are loaded with their reports."""
    rows: list[Row] = []
    subheads = set()
    for kind, question, heading in QUESTIONS:
        if kind != QUESTIONS[0][0]:
            subheads.add(len(rows))
            rows.append(("", heading, OBSERVATIONS_HEADING))
        rows += _answers(question, [entry for entry in dialogue.entries if entry.kind == kind])
    return Table(
        title=TITLE,
        subtitle=subtitle(dialogue),
        source=dialogue.source,
        headings=(QUESTIONS_HEADING, QUESTIONS[0][2], OBSERVATIONS_HEADING),
        rows=tuple(rows),
        widths=(30, 42, 28),
        subheads=frozenset(subheads),
        merged=1,
    )


def _answers(question: str, entries: list[MatrixEntry]) -> list[Row]:
    """The entries of a question, numbered; a question without any keeps its empty row."""
    if not entries:
        return [(question, "", "")]
    return [
        (question, f"{number}. {entry.text}", _observations(entry))
        for number, entry in enumerate(entries, 1)
    ]


def open_reports(entry: MatrixEntry) -> list[Report]:
    """The reports behind an entry, but for sensitive ones: they leave no trace in a document."""
    reports = [support.report for support in entry.supports]
    return [report for report in reports if not report.is_sensitive]


def _observations(entry: MatrixEntry) -> str:
    folios = [report.folio for report in open_reports(entry)]
    if not folios:
        return entry.observations
    trace = f"{'Folio' if len(folios) == 1 else 'Folios'}: {', '.join(folios)}"
    return f"{entry.observations}\n{trace}" if entry.observations else trace
