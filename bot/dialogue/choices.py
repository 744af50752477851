"""Whoever answers "2" or types a label is understood the same as who presses the button."""

import json
import re
from collections.abc import Sequence
from typing import Any

from intents.normalise import normalise
from intents.openers import asks_for_more, place_in_list

# "2", "2.", "el 2", "la opción 2", "el 1 y cuánto vale": a number first, and little else.
_NUMBER = re.compile(
    r"^(?:(?:el|la|los|opcion|numero|the|number|option) )*#?(\d{1,2})[.)]?(?: y .*)?$"
)
_THINGS = ('"workshop"', '"event"')
_LISTED = re.compile(r"^\d+\. ")
_PAYLOAD = re.compile(r"^/([a-z_]+)\s*(\{.*\})?$", re.DOTALL)


class StaleChoiceError(Exception):
    """A button that no longer means anything."""


def resolve_choice(text: str, offered: Sequence[Sequence[str]]) -> str:
    """The payload that the text chooses among (title, payload) pairs, or the text itself."""
    said = normalise(text)
    number = _NUMBER.match(said)
    if number and 1 <= int(number.group(1)) <= len(offered):
        return offered[int(number.group(1)) - 1][1]
    # "El último" is the last thing listed, not a button below the list.
    things = sum('"page"' not in p and any(e in p for e in _THINGS) for _, p in offered)
    place = place_in_list(said, things or len(offered))
    if place is not None:
        return offered[place][1]
    for title, payload in offered:
        if said and said in (normalise(title), _LISTED.sub("", normalise(title))):
            return payload
    if asks_for_more(text):
        return next((p for _, p in offered if '"page"' in p or '"article"' in p), text)
    return text


def parse_payload(text: str, intents: frozenset[str], entities: frozenset[str]) -> Any:
    """Rasa's parse of `/intent{"entity": "value"}`; None for any other text.

    Raises StaleChoiceError when the payload names what doesn't exist (any more).
    """
    if not text.startswith("/"):
        return None
    match = _PAYLOAD.match(text.strip())
    if match is None or match.group(1) not in intents:
        raise StaleChoiceError
    try:
        values = json.loads(match.group(2) or "{}")
    except ValueError as error:
        raise StaleChoiceError from error
    if not set(values) <= entities or not all(isinstance(v, str | int) for v in values.values()):
        raise StaleChoiceError
    return {
        "text": text,
        "intent": {"name": match.group(1), "confidence": 1.0},
        "entities": [
            {"entity": k, "value": str(v), "start": 0, "end": 0, "confidence": 1.0,
             "extractor": "payload"}
            for k, v in values.items()
        ],
        "intent_ranking": [{"name": match.group(1), "confidence": 1.0}],
    }  # fmt: skip
