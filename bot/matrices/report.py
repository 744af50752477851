"""The complete report of a dialogue, section by section: one content for screen, Word and PDF."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.matrices import alerts, attendance, commitments
from bot.matrices.dialogues import day, find_dialogues, subtitle
from bot.matrices.tables import Row, Table
from storage.models import Dialogue
from storage.queries.dialogues import whole

OFFICE = "Subsecretaría de Articulación Territorial y Participación"
DIRECTION = "Dirección de Participación Ciudadana e Interculturalidad"
PHOTOGRAPHS_RULE = (
    "1 fotografías por cada mesa de trabajo para el registro del desarrollo del Diálogo Ciudadano:"
)
PROSE_HEADINGS = ("SECCIÓN", "TEXTO")


@dataclass(frozen=True)
class Prose:
    """A paragraph: plain, a bullet, a number of a list, or a label over what follows."""

    text: str
    style: Literal["plain", "bullet", "number", "label"] = "plain"


@dataclass(frozen=True)
class Picture:
    """A photograph on disk, with its size in pixels."""

    id: int
    path: Path
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Section:
    """A numbered section; `key` is its name in templates."""

    key: str
    title: str
    parts: tuple[Prose | Table | Picture, ...]


@dataclass(frozen=True)
class Signature:
    """Who signs, and as what."""

    label: str
    name: str
    role: str


@dataclass(frozen=True)
class Report:
    """A dialogue's report."""

    head: tuple[str, ...]
    sections: tuple[Section, ...]
    date: str
    signatures: tuple[Signature, ...]
    title: str
    subtitle: str
    source: str

    def tables(self) -> list[Table]:
        """All of it as tables, prose first: for formats that know nothing else."""
        found = [part for s in self.sections for part in s.parts if isinstance(part, Table)]
        return [self._prose(), *found]

    def _prose(self) -> Table:
        rows = tuple(self._prose_rows())
        return Table(self.title, self.subtitle, self.source, PROSE_HEADINGS, rows, (25, 75),
                     merged=1)  # fmt: skip

    def _prose_rows(self) -> Iterator[Row]:
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, Prose):
                    yield section.title, part.text
                elif isinstance(part, Picture):
                    yield section.title, part.caption
        for signature in self.signatures:
            yield signature.label, f"{signature.name}\n{signature.role}"


async def build(session: AsyncSession, slug: str | None, photographs: Path) -> list[Report]:
    """The report of one dialogue, or of all; `photographs` is the folder of their files."""
    return [report_of(d, photographs) for d in await find_dialogues(session, slug, *whole())]


def report_of(dialogue: Dialogue, photographs: Path) -> Report:
    """The report of a dialogue that was loaded whole."""
    said = dialogue.sections
    signs = dialogue.signatures
    return Report(
        head=(OFFICE, dialogue.directorate, dialogue.title, DIRECTION, day(dialogue.held_on)),
        sections=(
            Section("antecedente", "I. ANTECEDENTE", _paragraphs(said.get("background"))),
            Section("objetivos", "II. OBJETIVO DE LOS DIÁLOGOS", _objectives(dialogue)),
            Section("resultados", "III. RESULTADOS", (
                *_paragraphs(said.get("results")),
                alerts.table_of(dialogue), commitments.table_of(dialogue),
            )),
            Section("conclusiones", "IV. CONCLUSIONES Y RECOMENDACIONES",
                    _numbered(dialogue.conclusions)),
            Section("fotografias", "V. REGISTRO FOTOGRÁFICO",
                    (Prose(PHOTOGRAPHS_RULE), *_pictures(dialogue, photographs))),
            Section("asistencia", "VI. REGISTRO DE ASISTENCIA",
                    tuple(attendance.tables_of(dialogue))),
        ),
        date=day(date.fromisoformat(signs["report_date"])) if signs.get("report_date") else "",
        signatures=(
            _signature("Elaborado por:", signs.get("prepared_by")),
            _signature("Revisado/ Aprobado por:", signs.get("approved_by")),
        ),
        title="INFORME DE DIÁLOGO CIUDADANO",
        subtitle=subtitle(dialogue),
        source=dialogue.source,
    )  # fmt: skip


def _paragraphs(texts: list[str] | None) -> tuple[Prose, ...]:
    return tuple(
        Prose(text[2:], "bullet") if text.startswith("- ") else Prose(text) for text in texts or ()
    )


def _objectives(dialogue: Dialogue) -> tuple[Prose, ...]:
    general = dialogue.sections.get("general_objective")
    special = dialogue.sections.get("specific_objectives")
    first = (Prose("OBJETIVO GENERAL", "label"), Prose(general)) if general else ()
    second = (Prose("OBJETIVOS ESPECÍFICOS", "label"), *_paragraphs(special)) if special else ()
    return (*first, *second)


def _numbered(texts: list[str]) -> tuple[Prose, ...]:
    return tuple(Prose(f"{number}. {text}", "number") for number, text in enumerate(texts, 1))


def _pictures(dialogue: Dialogue, folder: Path) -> Iterator[Picture]:
    for photograph in dialogue.photographs:
        path = folder / f"{photograph.digest}.jpg"
        if path.is_file():
            yield Picture(photograph.id, path, photograph.caption, photograph.width,
                          photograph.height)  # fmt: skip


def _signature(label: str, signed: dict[str, str] | None) -> Signature:
    return Signature(label, (signed or {}).get("name", ""), (signed or {}).get("role", ""))
