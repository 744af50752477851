"""The commands `somos examples`: staff decide what a message that was not understood means."""

import asyncio
import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from bot.terminal import explained, opened, read_settings, say

examples_cli = typer.Typer(no_args_is_help=True, help="Messages that were not understood.")

Status = Literal["new", "approved", "refused"]
Format = Literal["json", "csv"]
COLUMNS = ("id", "status", "intent", "text", "count", "last_on", "guess", "confidence", "chosen")
ACTOR = "command line"
# Excel writes lists of Spanish-speaking countries with semicolons.
DELIMITERS = ",;\t"


@examples_cli.command("list")
def list_them(
    status: Annotated[Status | None, typer.Option(help="Only these; else all.")] = None,
    format: Annotated[Format, typer.Option(help="A line of JSON each, or a table.")] = "json",
) -> None:
    """Show messages that were not understood, the most frequent first."""
    from bot.matrices.plain import begins_formula
    from storage.queries.learning import list_examples

    settings = read_settings()

    async def read() -> list[dict[str, Any]]:
        async with opened(settings) as database, database.read() as session:
            kept = await list_examples(session, status)
            return [{c: getattr(e, c) for c in COLUMNS} for e in kept]

    with explained():
        rows = asyncio.run(read())
    if format == "json":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, default=str))
        return
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in rows:
        told = {**row, "chosen": ", ".join(f"{i} {n}" for i, n in row["chosen"].items())}
        cells = [told[c] for c in COLUMNS]
        writer.writerow([f"'{cell}" if begins_formula(cell) else cell for cell in cells])
    sys.stdout.buffer.write(stream.getvalue().encode("utf-8-sig"))


@examples_cli.command()
def approve(
    example: Annotated[int | None, typer.Argument(help="Its id.")] = None,
    intent: Annotated[str | None, typer.Option(help="What it means.")] = None,
    text: Annotated[str | None, typer.Option(help="Better words than the citizen's.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False,
            help="CSV as `list` writes it, or YAML: id, intent, text; status refused refuses.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Make a message an example of an intent; `somos train` then learns it."""
    if file is not None and example is None:
        decisions = list(_decisions(file))
    elif example is not None and intent and file is None:
        decisions = [(example, intent, text)]
    else:
        say("somos examples approve: name an id and --intent, or --file")
        raise typer.Exit(2)
    _decide(decisions)


@examples_cli.command()
def refuse(examples: Annotated[list[int], typer.Argument(help="Ids.")]) -> None:
    """Keep messages out of the training."""
    _decide([(example, None, None) for example in examples])


Decision = tuple[int, str | None, str | None]


def _decide(decisions: list[Decision]) -> None:
    """All or none: a mistake in one leaves the others as they were."""
    from bot.clock import make_clock
    from bot.services.learning import approve as approve_one
    from bot.services.learning import refuse as refuse_one

    settings = read_settings()

    async def write() -> None:
        now = make_clock(settings.now)()
        async with opened(settings) as database, database.write() as session:
            for example, intent, text in decisions:
                if intent is None:
                    await refuse_one(session, example, ACTOR, now)
                else:
                    await approve_one(session, example, intent, ACTOR, now, text)

    with explained():
        asyncio.run(write())
    approved = sum(intent is not None for _, intent, _ in decisions)
    say(f"Approved: {approved}; refused: {len(decisions) - approved}. Next: somos train")


def _decisions(file: Path) -> Iterator[Decision]:
    """What a file decides; rows without an intent and not refused are left for later."""
    for number, row in enumerate(_rows(file), start=1):
        status = str(row.get("status") or "").strip()
        intent = str(row.get("intent") or "").strip()
        if not str(row.get("id") or "").strip().isdecimal() or (
            status and status not in get_args(Status)
        ):
            say(f"somos examples approve: {file}: row {number} needs an id and a known status")
            raise typer.Exit(2)
        if status == "refused":
            yield int(row["id"]), None, None
        elif intent:
            # A cell that a spreadsheet might have calculated came with an apostrophe.
            yield int(row["id"]), intent, str(row.get("text") or "").removeprefix("'") or None


def _rows(file: Path) -> list[dict[str, Any]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = file.read_text("utf-8-sig")
        if file.suffix == ".csv":
            heading = content.partition("\n")[0]
            delimiter = max(DELIMITERS, key=heading.count)
            return list(csv.DictReader(io.StringIO(content), delimiter=delimiter))
        rows = YAML(typ="safe").load(content)
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
    except (YAMLError, UnicodeDecodeError, csv.Error) as error:
        say(f"somos examples approve: {file}: {error!r}")
        raise typer.Exit(2) from error
    say(f"somos examples approve: {file} is no list of rows")
    raise typer.Exit(2)
