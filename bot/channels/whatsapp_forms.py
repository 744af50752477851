"""The best native form of an answer on WhatsApp, within its limits. Pure: nothing is sent here.

Up to three short choices are reply buttons, up to ten a list; more stand in the text, numbered.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.channels.texts import split_text
from bot.channels.titles import length_of, shorten
from bot.channels.tokens import callback_data
from bot.messages import Button, Document, Location, Outgoing

MAX_TEXT = 4096
MAX_BODY = 1024
MAX_BUTTONS, MAX_BUTTON = 3, 20
MAX_ROWS, MAX_ROW, MAX_DESCRIPTION = 10, 24, 72
MAX_ID = 200  # bytes; a button may have 256
# A template's words and its variable share 1,024 characters.
MAX_VARIABLE = 700
_NUMBERED = re.compile(r"^(\d+)\. ", re.MULTILINE)
_NEXT_PAGE = '"page"'


@dataclass(frozen=True)
class Labels:
    """Words of ours in a citizen's language."""

    options: str
    more: str
    read_rest: str


@dataclass(frozen=True)
class Choice:
    """What may be pressed, as WhatsApp takes it."""

    title: str
    id: str
    description: str = ""


@dataclass(frozen=True)
class Text:
    """Words alone."""

    body: str


@dataclass(frozen=True)
class Buttons:
    """Words with up to three reply buttons."""

    body: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Choices:
    """Words with a list that a button, `label`, opens."""

    body: str
    label: str
    choices: tuple[Choice, ...]


Form = Text | Buttons | Choices | Document | Location


def forms_of(message: Outgoing, labels: Labels) -> list[Form]:
    """What to send, in order; the choices, if there are any, come last."""
    extras = [e for e in (message.document, message.location) if e is not None]
    buttons = [b for b in message.buttons if b.title.strip()]
    if not buttons:
        return [*_texts(message.text), *extras]
    shown = _listed(message.text, buttons)
    if len(buttons) <= MAX_BUTTONS and all(length_of(b.title) <= MAX_BUTTON for b in buttons):
        choices = tuple(Choice(b.title, callback_data(b.payload, MAX_ID)) for b in buttons)
        if _are_distinct(choices):
            *before, body = _bodies(message.text, labels)
            return [*before, *extras, Buttons(body.body, choices)]
    rows = _rows(buttons, labels)
    if not rows:
        return [*_texts(shown), *extras]
    *before, body = _bodies(shown if len(buttons) > MAX_ROWS else message.text, labels)
    return [*before, *extras, Choices(body.body, shorten(labels.options, MAX_BUTTON), rows)]


def variable_of(message: Outgoing, labels: Labels) -> str:
    """The message as a template's only variable: one line; what is cut off is asked for."""
    has_more = bool(message.document or message.location)
    line = " ".join(message.text.split())
    if length_of(line) <= MAX_VARIABLE and not has_more:
        return line
    room = MAX_VARIABLE - length_of(labels.read_rest) - 1
    return f"{shorten(line, room)} {labels.read_rest}".strip()


def _texts(text: str) -> list[Text]:
    return [Text(part) for part in split_text(text, MAX_TEXT) if part]


def _bodies(text: str, labels: Labels) -> list[Text]:
    """Texts to send first, and last the body that the choices stand under."""
    text = text.strip()
    if length_of(text) <= MAX_BODY:
        return [Text(text or labels.options)]
    head, _, tail = text.rpartition("\n\n")
    if head and length_of(tail) <= MAX_BODY:
        return [*_texts(head), Text(tail)]
    return [*_texts(text), Text(labels.options)]


def _listed(text: str, buttons: Sequence[Button]) -> str:
    """The text with every option in it, by its number."""
    there = set(_NUMBERED.findall(text))
    missing = [
        f"{n}. {_NUMBERED.sub('', b.title)}"
        for n, b in enumerate(buttons, start=1)
        if str(n) not in there
    ]
    return "\n".join([text, *missing]).strip()


def _rows(buttons: Sequence[Button], labels: Labels) -> tuple[Choice, ...]:
    """The rows of a list; none where there are too many for one."""
    *choices, last = buttons
    leads_on = _NEXT_PAGE in last.payload
    if len(buttons) > MAX_ROWS and not leads_on:
        return ()
    shown = choices[: MAX_ROWS - 1] if leads_on else buttons
    rows = list(_told_apart(shown))
    if leads_on:
        rows.append(Choice(shorten(labels.more, MAX_ROW), callback_data(last.payload, MAX_ID)))
    return tuple(rows) if _are_distinct(rows) else ()


def _told_apart(buttons: Sequence[Button]) -> Iterator[Choice]:
    """Rows with titles that fit; those that would read alike begin with their number."""
    short = [shorten(b.title, MAX_ROW) for b in buttons]
    for number, (button, title) in enumerate(zip(buttons, short, strict=True), start=1):
        rest = button.description or (button.title if title.endswith("…") else "")
        own = title
        if sum(title.casefold() == other.casefold() for other in short) > 1:
            own = shorten(f"{number}. {_NUMBERED.sub('', button.title)}", MAX_ROW)
        yield Choice(own, callback_data(button.payload, MAX_ID), shorten(rest, MAX_DESCRIPTION))


def _are_distinct(choices: Sequence[Choice]) -> bool:
    """WhatsApp refuses what has two titles or two ids alike."""
    titles = {c.title.casefold() for c in choices}
    return len(titles) == len({c.id for c in choices}) == len(choices)
