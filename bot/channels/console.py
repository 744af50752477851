"""A conversation in the terminal, or by JSON lines for programs."""

import json
from collections.abc import Iterable
from typing import TextIO, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from bot.channels.rest import RestMessage, answer_of
from bot.dialogue.turn import Turns
from bot.errors import LineError
from bot.messages import Incoming

CHANNEL = "console"
Model = TypeVar("Model", bound=BaseModel)


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
    """`{"sender","message"}` a line in, the REST answer's list a line out; raises LineError."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        asked = read_line(RestMessage, number, line)
        said = await turns.handle(Incoming(CHANNEL, asked.sender, asked.external_id, asked.message))
        out.write(json.dumps(answer_of(asked.sender, said), ensure_ascii=False) + "\n")
        out.flush()


def read_line(model: type[Model], number: int, line: str) -> Model:
    """A JSON line as `model`; raises LineError, which doesn't repeat what the line says."""
    try:
        return model.model_validate(json.loads(line))
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))} {e['msg']}".strip() for e in error.errors()]
        raise LineError(number, "; ".join(problems)) from error
    except (ValueError, RecursionError) as error:
        raise LineError(number, f"not JSON: {error}") from error
