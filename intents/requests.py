"""Cuts a message into the requests that it may hold; the interpreter decides whether it does."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import fold

MIN_WORDS = 2


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_name("requests.yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@cache
def _breaks() -> re.Pattern[str]:
    data = _data()
    openers = "|".join(sorted(data["openers"], key=len, reverse=True))
    after_y = "|".join(sorted(data["after_y"], key=len, reverse=True))
    # An opener belongs to neither request; what follows "y" belongs to the second one.
    return re.compile(rf"{data['ends']}|[, ]+(?:{openers})\b,?|[, ]+y (?=(?:{after_y})\b)")


@cache
def is_request(intent: str) -> bool:
    """Whether the intent may stand beside another one in a message."""
    return intent not in _data()["never"]


@cache
def are_one(first: str, second: str) -> bool:
    """Whether two intents in one message are one request."""
    return first == second or any({first, second} <= set(f) for f in _data()["families"])


def clauses(text: str) -> list[str]:
    """The pieces of the text that may be requests of their own, as written, in order."""
    folded, origin = fold(text)
    found: list[str] = []
    start = 0
    for cut in [*_breaks().finditer(folded), None]:
        end = cut.start() if cut else len(folded)
        if cut is None or len(folded[start:end].split()) >= MIN_WORDS:
            first = origin[start] if start < len(origin) else len(text)
            # A question mark belongs to its question.
            shut = end + 1 if folded[end : end + 1] == "?" else end
            last = origin[shut] if shut < len(origin) else len(text)
            found.append(text[first:last].strip(" ,"))
            start = cut.end() if cut else end
    return [clause for clause in found if clause]
