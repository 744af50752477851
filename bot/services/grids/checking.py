"""Checks a sheet row by row against the database: what is wrong, and what would be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.grids import rows_of_events, rows_of_workshops
from bot.services.grids.cells import CellError, Known, read_cell
from bot.services.grids.reading import Sheet, columns_of
from bot.services.grids.shapes import GRIDS, WORDS, Grid, Problem
from storage.models import Casa, Category, Cycle, Event, Modality, Workshop, Zone
from storage.queries import grids as queries
from storage.seed.demo_workshops import fold

KINDS: dict[str, Any] = {"workshops": rows_of_workshops, "events": rows_of_events}
MODELS: dict[str, type[Workshop] | type[Event]] = {"workshops": Workshop, "events": Event}


@dataclass(frozen=True)
class Planned:
    """A row that is right: the columns of the table, and what the database holds of it now."""

    number: int
    slug: str
    values: dict[str, Any]
    found: Any = None

    @property
    def is_changed(self) -> bool:
        """Whether writing it would change what is there."""
        return self.found is None or any(
            getattr(self.found, k) != v for k, v in self.values.items()
        )


@dataclass(frozen=True)
class Plan:
    """What a sheet would do. It is written only without a single problem."""

    grid: Grid
    problems: list[Problem]
    rows: list[Planned]

    @property
    def new(self) -> int:
        """Rows that are not there yet."""
        return sum(r.found is None for r in self.rows)

    @property
    def changed(self) -> int:
        """Rows that are there, and different."""
        return sum(r.found is not None and r.is_changed for r in self.rows)


async def check(session: AsyncSession, kind: str, sheet: Sheet, casa_id: int | None = None) -> Plan:
    """The plan of a sheet; `casa_id` keeps it to one Casa. SomosError for an unknown kind."""
    if kind not in GRIDS:
        raise SomosError("staff_sheet_kind", known=", ".join(GRIDS))
    grid = GRIDS[kind]
    columns, problems = columns_of(grid, sheet)
    if problems:
        return Plan(grid, problems, [])
    known, casas = await _known(session)
    planned: list[Planned] = []
    for number, cells in sheet.rows:
        values, wrong = _read(grid, columns, number, cells, known)
        if not wrong:
            wrong = [grid.problem(number, *p[:2], **p[2]) for p in KINDS[kind].problems(values)]
        if not wrong and casa_id is not None and values["casa"] != casa_id:
            wrong = [grid.problem(number, "casa", "not_own")]
        problems += wrong
        if not wrong:
            slug = values.pop("slug", None) or KINDS[kind].slug(values, casas)
            planned.append(Planned(number, slug, KINDS[kind].row(values)))
    rows, more = await _compared(session, grid, planned, casa_id)
    return Plan(grid, sorted(problems + more, key=lambda p: p.row), rows)


def _read(
    grid: Grid, columns: dict[int, Any], number: int, cells: Sequence[Any], known: Known
) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {c.name: None for c in grid.columns}
    problems = []
    for place, column in columns.items():
        try:
            values[column.name] = read_cell(
                column, cells[place] if place < len(cells) else None, known
            )
        except CellError as error:
            problems.append(grid.problem(number, column.name, error.key, **error.values))
    return values, problems


async def _compared(
    session: AsyncSession, grid: Grid, planned: list[Planned], casa_id: int | None
) -> tuple[list[Planned], list[Problem]]:
    """With what the database holds; the same thing twice, and places that are taken, are wrong."""
    model = MODELS[grid.kind]
    found: dict[str, Any] = await queries.by_slug(session, model, [p.slug for p in planned])
    taken = await queries.places_taken(session, [f.id for f in found.values()])
    rows, problems, first = [], [], dict[str, int]()
    for one in planned:
        there = found.get(one.slug)
        count = taken.get(there.id, 0) if there is not None and model is Workshop else 0
        if one.slug in first:
            problems.append(grid.problem(one.number, "slug", "twice", row=first[one.slug]))
        elif there is not None and casa_id is not None and there.casa_id != casa_id:
            problems.append(grid.problem(one.number, "slug", "slug_of_other"))
        elif count > one.values.get("capacity", count):
            problems.append(grid.problem(one.number, "capacity", "capacity_taken", count=count))
        first.setdefault(one.slug, one.number)
        rows.append(Planned(one.number, one.slug, one.values, there))
    return rows, problems


async def _known(session: AsyncSession) -> tuple[Known, dict[int, str]]:
    """Ids by folded name and short name, of all that a cell may name; and the Casas' slugs."""
    known: dict[str, dict[str, int]] = {}
    casas: dict[int, str] = {}
    for kind, model in (("casa", Casa), ("category", Category), ("modality", Modality)):
        rows = (await session.execute(select(model.id, model.slug, model.name))).all()
        known[kind] = {fold(name): id for id, slug, name in rows} | {s: i for i, s, _ in rows}
        casas = {i: s for i, s, _ in rows} if model is Casa else casas
    for name, slug in WORDS["known_as"]["modality"].items():
        known["modality"][name] = known["modality"][slug]
    zones = (await session.execute(select(Zone.id, Zone.slug, Zone.name, Zone.short_name))).all()
    known["zone"] = {fold(n): i for i, *names in zones for n in names}
    cycles = (await session.execute(select(Cycle.id, Cycle.number, Cycle.name))).all()
    known["cycle"] = {fold(n): i for i, number, name in cycles for n in (str(number), name)}
    return known, casas
