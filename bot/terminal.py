"""What all commands share: settings, the standard streams, and errors said in words."""

import io
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from bot import logs
from bot.errors import LineError, SomosError
from bot.settings import Settings

if TYPE_CHECKING:
    from storage.database import Database


def say(words: str) -> None:
    """Words for whoever runs the command."""
    print(words, file=sys.stderr)


def read_settings() -> Settings:
    """The settings, and the log as they want it; exit 2 for one that makes no sense."""
    try:
        settings = Settings()
    except ValidationError as error:
        # Without the values: some of them are secrets.
        for problem in error.errors():
            say(f"SOMOS_{str(problem['loc'][0]).upper()}: {problem['msg']}")
        raise typer.Exit(2) from error
    logs.set_up(settings.log_level, settings.log_format)
    return settings


def use_utf8() -> None:
    """Programs read and write UTF-8, whatever a terminal here would."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            # Some programs of Windows begin what they write with a mark.
            encoding = "utf-8-sig" if stream is sys.stdin else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def lines() -> Iterator[str]:
    """The lines of standard input."""
    for line in sys.stdin:
        yield line.rstrip("\n")


@contextmanager
def explained() -> Iterator[None]:
    """Say in words what went wrong: exit 2 for the input, 1 for what we refuse or could not do."""
    from sqlalchemy.exc import SQLAlchemyError

    from responses.render import Renderer

    try:
        yield
    except BrokenPipeError:
        raise
    except LineError as error:
        say(f"somos: {error}")
        raise typer.Exit(2) from error
    except SomosError as error:
        say(Renderer().render(error.key, "es", error.values).text)
        raise typer.Exit(1) from error
    except (OSError, SQLAlchemyError) as error:
        say(f"somos: {str(error).splitlines()[0]}")
        raise typer.Exit(1) from error


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator["Database"]:
    """The database with its newest tables and the seed, closed at the end."""
    from storage.prepare import prepare

    database = await prepare(settings.database)
    try:
        yield database
    finally:
        await database.close()
