"""The commands `somos staff`: accounts of the panel. The first one can only be made here."""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import make_clock
from bot.terminal import explained, opened, read_settings, say

if TYPE_CHECKING:
    from storage.models import Staff

staff_cli = typer.Typer(no_args_is_help=True, help="Staff accounts of the panel.")
Email = Annotated[str, typer.Argument(metavar="EMAIL")]
ACTOR = "command line"


@staff_cli.command()
def add(
    email: Email,
    role: Annotated[str, typer.Option(help="administrator, reviewer, communications, "
                                      "casa_manager or auditor.")],
    name: Annotated[str, typer.Option(help="As colleagues see it.")] = "",
    institution: Annotated[str, typer.Option(help="A reviewer's: mies, municipio, …")] = "",
    unit: Annotated[str, typer.Option(help="A reviewer's: the unit's name.")] = "",
    casa: Annotated[str, typer.Option(help="A Casa manager's: the slug of their Casa.")] = "",
    sensitive: Annotated[bool, typer.Option(help="May see sensitive reports.")] = False,
    generate: Annotated[bool, typer.Option(help="Print a random password.")] = False,
) -> None:  # fmt: skip
    """Add an account. The password is asked for, or read from standard input."""
    from bot.errors import SomosError
    from bot.services.staff import add_staff
    from storage.queries.catalogue import casa_by_slug

    password = secrets.token_urlsafe(12) if generate else _ask_password()

    async def write(session: AsyncSession) -> None:
        casa_id = None
        if casa:
            found = await casa_by_slug(session, casa)
            if found is None:
                raise SomosError("staff_casa_unknown", slug=casa)
            casa_id = found.id
        await add_staff(session, _now(), ACTOR, email, password, role, name, institution or None,
                        casa_id, sensitive, unit or None)  # fmt: skip

    _run(write)
    if generate:
        print(password)


@staff_cli.command("list")
def list_them() -> None:
    """Show all accounts: address, role, state."""
    from storage.queries.staff import all_staff

    async def read(session: AsyncSession) -> None:
        for one in await all_staff(session):
            print(one.email, one.role, "active" if one.is_active else "disabled", sep="\t")

    _run(read)


@staff_cli.command()
def password(
    email: Email, generate: Annotated[bool, typer.Option(help="Print a random one.")] = False
) -> None:
    """Set another password, and sign the account out everywhere."""
    from bot.services.staff import change_password

    new = secrets.token_urlsafe(12) if generate else _ask_password()

    async def write(session: AsyncSession) -> None:
        await change_password(session, _now(), ACTOR, await _known(session, email), new)

    _run(write)
    if generate:
        print(new)


@staff_cli.command()
def disable(email: Email) -> None:
    """Let an account in no longer, and sign it out everywhere."""
    from bot.services.staff import set_active

    async def write(session: AsyncSession) -> None:
        await set_active(session, _now(), ACTOR, await _known(session, email), False)

    _run(write)


@staff_cli.command("reset-code")
def reset_code(email: Email) -> None:
    """Ask for no code of the application any more: for who lost the telephone."""
    from bot.services.staff import set_totp

    async def write(session: AsyncSession) -> None:
        await set_totp(session, _now(), await _known(session, email), "", "")

    _run(write)


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


async def _known(session: AsyncSession, email: str) -> "Staff":
    from bot.errors import SomosError
    from storage.queries.staff import staff_by_email

    found = await staff_by_email(session, email.strip().lower())
    if found is None:
        raise SomosError("staff_unknown", email=email)
    return found


def _now() -> datetime:
    return make_clock(read_settings().now)()


def _run(work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened(read_settings()) as database, database.write() as session:
            await work(session)

    with explained():
        asyncio.run(run())
        say("Done.")
