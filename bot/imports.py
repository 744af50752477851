"""The command `somos import`: tables in, every row checked before any is written."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.clock import make_clock
from bot.terminal import explained, opened, read_settings, say

if TYPE_CHECKING:
    from bot.services.grids.checking import Plan

ACTOR = "command line"


def import_sheet(
    kind: Annotated[str, typer.Argument(help="workshops or events")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX or CSV.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check.")] = False,
) -> None:
    """Write workshops or events of a sheet; with one wrong row nothing is written, and exit 1."""
    from bot.services.grids.checking import check
    from bot.services.grids.reading import read_sheet
    from bot.services.grids.shapes import GRIDS
    from bot.services.grids.writing import write

    if kind not in GRIDS:
        say(f"somos import: no table {kind!r}; there are: {', '.join(GRIDS)}")
        raise typer.Exit(2)
    settings = read_settings()

    async def work() -> "Plan":
        sheet = read_sheet(file.read_bytes())
        async with opened(settings) as database, database.write() as session:
            plan = await check(session, kind, sheet)
            if not plan.problems and not dry_run:
                await write(session, plan, ACTOR, make_clock(settings.now)())
            return plan

    with explained():
        plan = asyncio.run(work())
    for problem in plan.problems:
        say(f"row {problem.row}, {problem.column}: {problem.text}")
    if plan.problems:
        raise typer.Exit(1)
    done = "Would write" if dry_run else "Written"
    say(f"{done}: {plan.new} new, {plan.changed} changed, of {len(plan.rows)} rows.")
