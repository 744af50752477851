"""Answers a message that holds several requests: first what can be said at once.

A request that opens a form comes last, since its question must be the last thing read; only one
form can be open, so any other one is put off in words.
"""

from collections.abc import Sequence
from typing import Any

from bot.dialogue.engine import Engine
from bot.dialogue.tracker import Tracker

Message = dict[str, Any]
# Marks the responses to one of several requests: their choices are numbered through.
SEVERAL = "several"


def several(responses: Sequence[Message]) -> bool:
    """Whether the responses answer more than one request."""
    return any(response.get(SEVERAL) for response in responses)


def opening_intents(engine: Engine) -> frozenset[str]:
    """The intents whose rule begins with a form."""
    return frozenset(
        rule.past[0].name
        for rule in engine.rules
        if len(rule.past) == 1
        and rule.past[0].kind == "intent"
        and rule.action in engine.domain.forms
    )


async def handle_requests(
    engine: Engine, tracker: Tracker, requests: Sequence[Message]
) -> list[dict[str, Any]]:
    """The responses to all requests of one message."""
    opening = opening_intents(engine)
    asking = [r for r in requests if r["intent"]["name"] not in opening]
    filling = [r for r in requests if r["intent"]["name"] in opening]
    said: list[dict[str, Any]] = []
    for request in asking:
        said += await engine.handle(tracker, request)
    said += [{"response": "utter_later", "later": request["text"]} for request in filling[1:]]
    for request in filling[:1]:
        said += await engine.handle(tracker, request)
    return [{**response, SEVERAL: True} for response in said] if len(requests) > 1 else said
