"""The commands `somos cases`: staff answer citizens who asked for a person."""

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import make_clock
from bot.services import handoff
from bot.services.handoff import Word
from bot.terminal import explained, opened, read_settings, say

cases_cli = typer.Typer(no_args_is_help=True, help="Citizens who asked for a person.")
CaseId = Annotated[int, typer.Argument(metavar="CASE", help="Its number.")]
SHOWN = 30


@cases_cli.command("list")
def list_them() -> None:
    """Show open cases, who waits longest first: a line of JSON each."""
    from storage.queries.handoff import open_cases

    async def read() -> list[dict[str, Any]]:
        async with opened(read_settings()) as database, database.read() as session:
            names = ("id", "status", "opened_at", "taken_by", "taken_at", "last_word_at")
            return [{n: getattr(c, n) for n in names} for c in await open_cases(session)]

    with explained():
        for row in asyncio.run(read()):
            print(json.dumps(row, ensure_ascii=False, default=str))


@cases_cli.command()
def show(case: CaseId) -> None:
    """Show what was said in the conversation of a case, oldest first."""
    from bot.errors import SomosError
    from storage.models import Inbound
    from storage.queries.handoff import get_case, history

    async def read() -> list[dict[str, Any]]:
        async with opened(read_settings()) as database, database.read() as session:
            found = await get_case(session, case)
            if found is None:
                raise SomosError("staff_case_unknown", id=case)
            return [
                {"citizen": m.text, "at": m.received_at}
                if isinstance(m, Inbound)
                else {"somos": m.body["text"], "at": m.created_at, "status": m.status}
                for m in await history(session, found.conversation_id, SHOWN)
            ]

    with explained():
        for row in asyncio.run(read()):
            print(json.dumps(row, ensure_ascii=False, default=str))


@cases_cli.command()
def take(case: CaseId) -> None:
    """Take a case over: the bot is silent in it until it is closed."""
    _say_to_citizen(lambda session, now: handoff.take(session, case, _actor(), now))
    say(f"Case {case} is yours.")


@cases_cli.command()
def reply(case: CaseId, words: Annotated[str, typer.Argument(help="What to say.")]) -> None:
    """Write to the citizen of a case that was taken."""
    _say_to_citizen(lambda session, now: handoff.reply(session, case, words, _actor(), now))
    say("Queued.")


@cases_cli.command()
def close(case: CaseId) -> None:
    """Hand the conversation back to the bot."""
    _say_to_citizen(lambda session, now: handoff.close(session, case, _actor(), now))
    say(f"Case {case} is closed.")


def _actor() -> str:
    return f"command line: {getpass.getuser()}"


def _say_to_citizen(act: Callable[[AsyncSession, datetime], Awaitable[Word]]) -> None:
    from bot.dialogue.staff_words import queue_words
    from responses.render import Renderer

    settings = read_settings()
    clock = make_clock(settings.now)

    async def write() -> None:
        async with opened(settings) as database, database.write() as session:
            queue_words(session, Renderer(), [await act(session, clock())], clock)

    with explained():
        asyncio.run(write())
