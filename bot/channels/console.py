"""A conversation in the terminal, or by JSON lines for programs."""

import json
from collections.abc import Iterable
from typing import TextIO
from uuid import uuid4

from bot.channels.rest import answer_of
from bot.dialogue.turn import Turns
from bot.messages import Incoming

CHANNEL = "console"


async def chat(turns: Turns, lines: Iterable[str], out: TextIO, prompt: str = "> ") -> None:
    """Answer each line; an empty one is skipped. Ends with the input."""
    sender = f"terminal-{uuid4().hex}"
    out.write(prompt)
    out.flush()
    for line in lines:
        if line.strip():
            for message in await turns.handle(Incoming(CHANNEL, sender, uuid4().hex, line)):
                out.write(f"{message.text}\n\n")
        out.write(prompt)
        out.flush()
    out.write("\n")


async def chat_jsonl(turns: Turns, lines: Iterable[str], out: TextIO) -> None:
    """`{"sender","message"}` a line in, the REST answer's list a line out.

    Raises ValueError, naming the line, for what is not such an object.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            sender, text = str(asked["sender"]), str(asked["message"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f'line {number}: expected {{"sender", "message"}}: {error!r}'
            ) from error
        said = await turns.handle(Incoming(CHANNEL, sender, uuid4().hex, text))
        out.write(json.dumps(answer_of(sender, said), ensure_ascii=False) + "\n")
        out.flush()
