"""A message as each channel will show it, by the very rules by which it is sent."""

from bot.channels.telegram_bot import CHANNEL as TELEGRAM
from bot.channels.telegram_sending import MAX_TEXT as TELEGRAM_TEXT
from bot.channels.telegram_sending import pieces_of
from bot.channels.titles import length_of
from bot.channels.whatsapp_forms import (
    MAX_TEXT,
    MAX_VARIABLE,
    Buttons,
    Choices,
    Labels,
    Text,
    forms_of,
    variable_of,
)
from bot.channels.whatsapp_payload import CHANNEL as WHATSAPP
from bot.messages import Outgoing, Shown


def shown_on_channels(message: Outgoing, labels: Labels) -> list[Shown]:
    """On Telegram, on WhatsApp (and there in the template), and on the web page."""
    length = length_of(message.text)
    on_telegram = tuple(str(p.content["text"]) for p in pieces_of(message) if "text" in p.content)
    forms = forms_of(message, labels)
    on_whatsapp = tuple(f.body for f in forms if isinstance(f, Text | Buttons | Choices))
    # The template's only variable is one line; what it holds no room for is offered to be read.
    line = variable_of(message, labels)
    one_line = " ".join(message.text.split())
    return [
        Shown(TELEGRAM, "text", on_telegram, length, TELEGRAM_TEXT),
        Shown(WHATSAPP, "text", on_whatsapp, length, MAX_TEXT),
        Shown(WHATSAPP, "template", (line,), length_of(one_line), MAX_VARIABLE, line != one_line),
        Shown("rest", "text", (message.text,), length),
    ]
