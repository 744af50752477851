"""The commands `somos broadcasts`: send to many, and see for each person what became of it."""

import asyncio
import csv
import getpass
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL, make_clock
from bot.errors import SomosError
from bot.services.broadcasts.lifecycle import By
from bot.settings import Settings
from bot.terminal import explained, opened, read_settings, say

broadcasts_cli = typer.Typer(no_args_is_help=True, help="What is sent to many.")
Id = Annotated[int, typer.Argument(metavar="BROADCAST", help="Its number.")]
T = TypeVar("T")
SHOWN = ("id", "status", "note", "kind", "title", "intended", "scheduled_for", "planned_at",
         "ended_at", "created_by", "submitted_by", "approved_by")  # fmt: skip


@broadcasts_cli.command("list")
def list_them() -> None:
    """Show all broadcasts: a line of JSON each."""
    from storage.queries.broadcasts import with_status

    async def read(session: AsyncSession) -> list[Any]:
        return await with_status(session)

    for row in _run(lambda session, _by, _settings: read(session)):
        _print({name: getattr(row, name) for name in SHOWN})


@broadcasts_cli.command()
def draft(
    week: Annotated[str, typer.Option(help="A day of the week, 2026-12-07; else the next.")] = "",
    text: Annotated[str, typer.Option(help="Not the agenda but these words, in Spanish.")] = "",
    english: Annotated[str, typer.Option(help="The words in English.")] = "",
    to: Annotated[str, typer.Option(help="Whom for: all, zone:…, casa:…, …, by commas.")] = "all",
) -> None:
    """Make a draft of a week's agenda, or of a text; print its number."""
    from bot.services.broadcasts import agenda, lifecycle
    from bot.services.broadcasts.content import Content
    from bot.services.broadcasts.segments import Segment
    from responses.render import Renderer

    async def write(session: AsyncSession, by: By, _settings: Settings) -> int | None:
        if text:
            segment, content = Segment(tuple(to.split(","))), Content({"es": text, "en": english})
            made = await lifecycle.create(session, by, "notice", text[:60], segment, content)
            return made.id
        today = by.now.astimezone(LOCAL).date()
        day = date.fromisoformat(week) if week else agenda.next_monday(today)
        monday = agenda.monday_of(day)
        return await agenda.draft_agenda(session, Renderer(), monday, by.actor, by.now)

    found = _run(write)
    if found is None:
        say("There is one for that week already, or it has no events.")
        raise typer.Exit(1)
    print(found)


@broadcasts_cli.command()
def show(broadcast: Id) -> None:
    """Show its text for each reason, its people's number and ten of them."""
    from bot.services.broadcasts.content import Content, compose
    from bot.services.broadcasts.segments import Segment, preview
    from responses.render import Renderer
    from storage.models import Broadcast

    async def read(session: AsyncSession, _by: By, _settings: Settings) -> dict[str, Any]:
        found = await session.get(Broadcast, broadcast)
        if found is None:
            raise SomosError("staff_broadcast_unknown", id=broadcast)
        seen = await preview(session, Segment.restore(found.segment))
        content, renderer = Content.restore(found.content), Renderer()
        wordings = dict.fromkeys((reason, language) for *_, language, reason in seen.samples)
        texts = {f"{r} {n}": compose(renderer, content, r, n).text for r, n in wordings}
        about = {name: getattr(found, name) for name in SHOWN}
        return {**about, "segment": found.segment, "people": seen.count, "samples": seen.samples,
                "texts": texts}  # fmt: skip

    _print(_run(read))


@broadcasts_cli.command()
def submit(
    broadcast: Id,
    at: Annotated[str, typer.Option(help="When, here: 2026-12-07T07:00; else now.")] = "",
) -> None:
    """Have a draft sent, once another person approved it if it is for many."""
    from bot.services.broadcasts import lifecycle

    async def write(session: AsyncSession, by: By, settings: Settings) -> str:
        when = datetime.fromisoformat(at).replace(tzinfo=LOCAL) if at else by.now
        size = settings.broadcast_approval_size
        return (await lifecycle.submit(session, broadcast, by, when, size)).status

    say(f"Broadcast {broadcast}: {_run(write)}.")


@broadcasts_cli.command()
def approve(broadcast: Id) -> None:
    """Agree to what another person (another user of this system) submitted."""
    _act(broadcast, "approve")


@broadcasts_cli.command()
def pause(broadcast: Id) -> None:
    """Send nothing more of it for now."""
    _act(broadcast, "pause")


@broadcasts_cli.command()
def resume(broadcast: Id) -> None:
    """Go on with who still waits."""
    _act(broadcast, "resume")


@broadcasts_cli.command()
def cancel(broadcast: Id) -> None:
    """Send nothing more of it, for good."""
    _act(broadcast, "cancel")


@broadcasts_cli.command()
def retry(broadcast: Id) -> None:
    """Send to those again whom it surely never reached."""
    from bot.services.broadcasts import lifecycle

    number = _run(lambda session, by, _: lifecycle.send_again(session, broadcast, by))
    say(f"Again for {number} people.")


@broadcasts_cli.command()
def balance(
    broadcast: Id,
    lines: Annotated[Path | None, typer.Option(help="A CSV file with a line a person.")] = None,
) -> None:
    """Show what became of its people, as JSON; 1 if anybody is missing."""
    from bot.services.broadcasts import sheet

    async def read(session: AsyncSession, _by: By, _settings: Settings) -> sheet.Sheet:
        found = await sheet.balance(session, broadcast)
        if lines:
            await _write_lines(session, broadcast, lines)
        return found

    found = _run(read)
    _print(sheet.as_json(found))
    if not found.is_balanced:
        say("The books don't balance.")
        raise typer.Exit(1)


async def _write_lines(session: AsyncSession, broadcast: int, file: Path) -> None:
    from storage.queries import sheets

    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(sheets.LINE)
        async for line in sheets.lines(session, broadcast):
            writer.writerow(line)


def _act(broadcast: int, name: str) -> None:
    from bot.services.broadcasts import lifecycle

    act = getattr(lifecycle, name)
    found = _run(lambda session, by, _settings: act(session, broadcast, by))
    say(f"Broadcast {broadcast}: {found.status}.")


def _run(act: Callable[[AsyncSession, By, Settings], Awaitable[T]]) -> T:
    settings = read_settings()

    async def write() -> T:
        by = By(f"command line: {getpass.getuser()}", make_clock(settings.now)())
        async with opened(settings) as database, database.write() as session:
            return await act(session, by, settings)

    with explained():
        try:
            return asyncio.run(write())
        except ValueError as error:
            say(f"somos broadcasts: {error}")
            raise typer.Exit(2) from error


def _print(row: dict[str, Any]) -> None:
    print(json.dumps(row, ensure_ascii=False, default=str))
