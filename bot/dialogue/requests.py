"""Answers a message that holds several requests: first what can be said at once.

A request that opens a form comes last, since its question must be the last thing read; only one
form can be open, so any other one is put off in words.
"""

from collections.abc import Sequence
from typing import Any

from bot.actions.context import current
from bot.dialogue.engine import Engine
from bot.dialogue.tracker import Tracker
from intents.interpreter import DANGER
from intents.languages import written_in

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


def _follow_language(tracker: Tracker, requests: Sequence[Message]) -> list[Message]:
    """Answer in the language of the message, and say once how to go back.

    Whoever chose a language keeps it; in danger nothing comes before the lines.
    """
    offered = current.get().conversation.state.get("offered", [])
    text, intents = requests[0]["text"], {r["intent"]["name"] for r in requests}
    is_choice = text.startswith("/") or any(text == payload for _, payload in offered)
    if is_choice or tracker.slots.get("language_chosen") or "change_language" in intents:
        return []
    heard = {written_in(r["text"], r["entities"]) for r in requests} - {None}
    if len(heard) != 1 or heard == {tracker.slots["language"]}:
        return []
    tracker.slots["language"] = heard.pop()
    return [] if intents & DANGER else [{"response": "utter_language_followed"}]


def _without_more(response: Message) -> Message:
    """Without "ver más": that goes on with the last search only."""
    buttons = [b for b in response.get("buttons") or [] if '"page"' not in b["payload"]]
    return {**response, "buttons": buttons}


async def handle_requests(
    engine: Engine, tracker: Tracker, requests: Sequence[Message]
) -> list[dict[str, Any]]:
    """The responses to all requests of one message."""
    note = _follow_language(tracker, requests)
    opening = opening_intents(engine)
    asking = [r for r in requests if r["intent"]["name"] not in opening]
    filling = [r for r in requests if r["intent"]["name"] in opening]
    said: list[dict[str, Any]] = list(note)
    for at, request in enumerate(asking):
        answer = await engine.handle(tracker, request)
        later = {r["intent"]["name"] for r in asking[at + 1 :]}
        said += map(_without_more, answer) if request["intent"]["name"] in later else answer
    said += [{"response": "utter_later", "later": request["text"]} for request in filling[1:]]
    for request in filling[:1]:
        said += await engine.handle(tracker, request)
    return [{**response, SEVERAL: True} for response in said] if len(requests) > 1 else said
