"""A workshop's attendance list: who has a place, and a column for each class, to be printed."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.matrices.tables import Cell, Table
from storage.models import Citizen, Enrollment, Workshop

TITLE = "LISTA DE ASISTENCIA"
HEADINGS = ("N.º", "NOMBRES Y APELLIDOS", "DOCUMENTO", "EDAD", "TELÉFONO")
WIDTHS = (4, 30, 14, 6, 16)
WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MOST_CLASSES = 16  # a quarter has 13 weeks


def build(workshop: Workshop, placed: Sequence[Enrollment]) -> Table:
    """The list of those who have a place, in the order given."""
    days = _classes(workshop)
    return Table(
        title=f"{TITLE}: {workshop.title}",
        subtitle=f"Casa Somos {workshop.casa.name}. {WEEKDAYS[workshop.weekday].capitalize()}, de "
        f"{workshop.starts_at:%H:%M} a {workshop.ends_at:%H:%M}, del {workshop.first_day:%d/%m/%Y} "
        f"al {workshop.last_day:%d/%m/%Y}",
        source="inscripciones de Somos",
        headings=HEADINGS + tuple(f"{day:%d/%m}" for day in days),
        rows=tuple(_row(n, one, workshop, len(days)) for n, one in enumerate(placed, 1)),
        widths=WIDTHS + (6,) * len(days),
    )


def _classes(workshop: Workshop) -> list[date]:
    first = workshop.first_day
    first += timedelta(days=(workshop.weekday - first.weekday()) % 7)
    weeks = max(0, (workshop.last_day - first).days // 7 + 1)
    return [first + timedelta(weeks=week) for week in range(min(weeks, MOST_CLASSES))]


def _row(number: int, one: Enrollment, workshop: Workshop, classes: int) -> tuple[Cell, ...]:
    person = one.citizen
    if person is None:
        return (number, f"({one.folio})", "", "", "", *[""] * classes)
    told = (person.full_name, person.document_number, _age(person, workshop), person.phone)
    return (number, *told, *[""] * classes)


def _age(person: Citizen, workshop: Workshop) -> Cell:
    born, day = person.birth_date, workshop.first_day
    if born is None:
        return ""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
