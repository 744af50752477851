"""The commands `somos inbox`: messages whose turn failed, and another turn for them."""

import asyncio
import json
from typing import Annotated, Any

import typer

from bot.terminal import explained, opened, read_settings, say

inbox_cli = typer.Typer(no_args_is_help=True, help="Messages whose turn failed.")
MOST = 10_000


@inbox_cli.command("list")
def list_them() -> None:
    """Show messages whose turn failed, the oldest first: a line of JSON each."""
    from storage.queries.inbox import failed_messages

    async def read() -> list[dict[str, Any]]:
        async with opened(read_settings()) as database, database.read() as session:
            names = ("id", "channel", "received_at", "error", "text")
            return [{n: getattr(m, n) for n in names} for m in await failed_messages(session, MOST)]

    with explained():
        for row in asyncio.run(read()):
            print(json.dumps(row, ensure_ascii=False, default=str))


@inbox_cli.command()
def retry(
    message: Annotated[int | None, typer.Argument(help="Its id; without it, all of them.")] = None,
) -> None:
    """Give failed messages their turn again; the answer goes to who wrote them.

    Ends with 1 where one failed again or had no turn to have: its words may not have been kept.
    """
    from bot.app import start
    from bot.dialogue.inbox import Inbox
    from bot.errors import where
    from storage.queries.inbox import failed_messages

    settings = read_settings()

    async def again() -> int:
        service = await start(settings)
        inbox = Inbox(service.turns, service.clock, quiet=0)
        async with service.database.read() as session:
            failed = await failed_messages(session, MOST)
        chosen = [m.id for m in failed] if message is None else [message]
        missed = 0
        for number in chosen:
            try:
                has_answer = await inbox.retry(number)
            except Exception as error:  # noqa: BLE001 - said, and the next one has its turn
                has_answer = False
                say(f"{number}: failed again: {where(error)}")
            missed += not has_answer
            say(f"{number}: {'answered' if has_answer else 'not answered'}")
        await service.database.close()
        return missed

    with explained():
        if asyncio.run(again()):
            raise typer.Exit(1)
