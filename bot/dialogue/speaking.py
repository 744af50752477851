"""From what actions answered to messages in the citizen's language."""

from typing import Any

from bot.dialogue.requests import SEVERAL, several
from bot.messages import Button, Document, Location, Outgoing
from responses.render import Renderer

# What rasa-sdk's dispatcher always sends along; the rest are a template's values.
RESERVED = frozenset({SEVERAL, "response", "text", "buttons", "elements", "custom", "template",
                      "image", "attachment"})  # fmt: skip


def speak(renderer: Renderer, response: dict[str, Any], language: str, first: int = 1) -> Outgoing:
    """One message; its choices are numbered from `first`.

    An action adds a file or a map by `json_message={"document": …}` or `{"location": …}`, with the
    fields of `Document` or `Location`.
    """
    buttons = response.get("buttons") or []
    custom = response.get("custom") or {}
    document = Document(**custom["document"]) if "document" in custom else None
    location = Location(**custom["location"]) if "location" in custom else None
    if response.get("response"):
        values = {k: v for k, v in response.items() if k not in RESERVED}
        shown = renderer.render(response["response"], language, values, buttons, first)
        choices = tuple(Button(*button) for button in shown.buttons)
        return Outgoing(shown.text, choices, document, location)
    choices = tuple(Button(b["title"], b["payload"], b.get("description") or "") for b in buttons)
    return Outgoing(response["text"] or "", choices, document, location)


def speak_all(renderer: Renderer, responses: list[dict[str, Any]], language: str) -> list[Outgoing]:
    """The messages. Where several requests are answered their choices are numbered through,
    those of the last message first: "el primero" is said of what was read last.
    """
    said: list[Outgoing] = []
    number = 1
    for response in reversed(responses):
        message = speak(renderer, response, language, number)
        # A form that asks again what was just listed adds nothing.
        if message not in said:
            said.append(message)
            number += len(message.buttons) if several(responses) else 0
    return said[::-1]


def choices_now(said: list[Outgoing], before: list[list[str]], loop: str | None) -> list[list[str]]:
    """The choices that a number now means: an aside without any keeps those before it."""
    now = [[b.title, b.payload] for s in reversed(said) for b in s.buttons]
    return before if not now and loop is None else now
