"""What the WhatsApp Cloud API refuses: its documented limits, and its errors as it words them."""

import re
from collections.abc import Callable
from typing import Any

# code: HTTP status, title, details.
ERRORS: dict[int, tuple[int, str, str]] = {
    4: (400, "Application request limit reached", ""),
    10: (403, "Application does not have permission for this action", ""),
    100: (400, "Invalid parameter", ""),
    190: (401, "Error validating access token: Session has expired", ""),
    80007: (400, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130429: (429, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: (400, "User's number is part of an experiment", "Message was not sent."),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131005: (403, "Access denied", "Permission is either not granted or has been removed."),
    131008: (400, "Required parameter is missing", ""),
    131009: (400, "Parameter value is not valid", ""),
    131016: (503, "Service unavailable", "A service is temporarily unavailable."),
    131021: (400, "Recipient cannot be sender", "Sender and recipient are the same."),
    131026: (400, "Message undeliverable", "Unable to deliver message."),
    131030: (400, "Recipient phone number not in allowed list", ""),
    131031: (403, "Account has been locked", "The account has been restricted."),
    131042: (400, "Business eligibility payment issue", "There is a problem with the payment."),
    131047: (400, "Re-engagement message", "More than 24 hours have passed since the last reply."),
    131048: (400, "Spam rate limit hit", "Too many earlier messages were blocked or flagged."),
    131049: (400, "Meta chose not to deliver", "To keep the ecosystem healthy."),
    131051: (400, "Unsupported message type", "Message type is currently not supported."),
    131052: (400, "Media download error", "Unable to download the media."),
    131053: (400, "Media upload error", "Unable to upload the media."),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit",
             "Too many messages from this phone number to the same phone number."),
    132000: (400, "Number of parameters does not match the expected number of params", ""),
    132001: (404, "Template name does not exist in the translation", ""),
    132015: (400, "Template is paused", "Template is paused due to low quality."),
    132018: (400, "There was an issue with the parameters in your template",
             "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"),
    133010: (400, "Phone number not registered", ""),
}  # fmt: skip
MEDIA_TYPES = {
    "audio": {"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/opus"},
    "image": {"image/jpeg", "image/png"},
    "video": {"video/mp4", "video/3gpp"},
    "sticker": {"image/webp"},
    "document": {
        "application/pdf", "application/msword", "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint", "text/plain",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    },
}  # fmt: skip
UPLOADABLE = frozenset().union(*MEDIA_TYPES.values())
Message = dict[str, Any]


class GraphError(Exception):
    """A call that the Graph API refuses, by its code."""

    def __init__(self, code: int, details: str = "") -> None:
        super().__init__(code, details)
        self.code, self.details = code, details or ERRORS[code][2]


def check(message: Message) -> None:
    """Raise GraphError if the API would not take this message, whoever it is for."""
    if message.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if not message.get("to"):
        raise GraphError(100, "The parameter to is required.")
    if len(message.get("biz_opaque_callback_data") or "") > 512:
        raise GraphError(100, "Param biz_opaque_callback_data must be at most 512 characters")
    kind = message.get("type", "text")
    if kind not in KINDS:
        raise GraphError(131051)
    if not isinstance(message.get(kind), dict | list):
        raise GraphError(131008, f"Parameter of type {kind} is required")
    KINDS[kind](message[kind])


def _length(value: Any, name: str, most: int, least: int = 1) -> None:
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise GraphError(131009, f"{name} length invalid. Min length: {least}, Max length: {most}")


def _text(text: Message) -> None:
    if not text.get("body"):
        raise GraphError(100, "The parameter text['body'] is required.")
    if len(text["body"]) > 4096:
        raise GraphError(100, "Param text['body'] must be at most 4096 characters long.")


def _interactive(said: Message) -> None:
    _length(said.get("body", {}).get("text"), "Body text", 1024)
    _length(said.get("footer", {}).get("text", ""), "Footer text", 60, 0)
    header = said.get("header", {"type": "text", "text": "-"})
    if header.get("type") == "text":
        _length(header.get("text"), "Header text", 60)
    action = said.get("action") or {}
    if said.get("type") == "button":
        _buttons(action.get("buttons") or [])
    elif said.get("type") == "list":
        _list(action)
    elif said.get("type") not in {"location_request_message", "cta_url", "flow"}:
        raise GraphError(131009, "Unsupported Interactive Message type")


def _buttons(buttons: list[Message]) -> None:
    if not 1 <= len(buttons) <= 3:
        raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, Max: 3")
    replies = [button["reply"] for button in buttons]
    for reply in replies:
        _length(reply.get("title"), "Button title", 20)
        _length(reply.get("id"), "Button id", 256)
    _distinct([r["id"] for r in replies], "Button ids")
    _distinct([r["title"] for r in replies], "Button titles")


def _list(action: Message) -> None:
    _length(action.get("button"), "Button label", 20)
    sections = action.get("sections") or []
    rows = [row for section in sections for row in section["rows"]]
    if not 1 <= len(rows) <= 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    for section in sections if len(sections) > 1 else []:
        _length(section.get("title"), "Section title", 24)
    for row in rows:
        _length(row.get("title"), "Row title", 24)
        _length(row.get("description", ""), "Row description", 72, 0)
        _length(row.get("id"), "Row id", 200)
    _distinct([row["id"] for row in rows], "Row ids")


def _distinct(values: list[str], name: str) -> None:
    if len(set(values)) < len(values):
        raise GraphError(131009, f"{name} must be unique")


def _media(kind: str) -> Callable[[Message], None]:
    def media(said: Message) -> None:
        if bool(said.get("id")) == bool(said.get("link")):
            raise GraphError(100, f"One of {kind}['id'] or {kind}['link'] is required.")
        _length(said.get("caption", ""), "Caption", 1024, 0)

    return media


def _location(said: Message) -> None:
    try:
        latitude, longitude = float(said["latitude"]), float(said["longitude"])
    except (KeyError, ValueError) as error:
        raise GraphError(131008, "latitude and longitude are required") from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise GraphError(131009, "latitude or longitude out of range")


def _template(template: Message) -> None:
    if not (template.get("name") and template.get("language", {}).get("code")):
        raise GraphError(131008, "template name and language are required")
    for parameter in parameters_of(template):
        if re.search(r"[\n\t\r]| {5,}", parameter.get("text", "")):
            raise GraphError(132018)


def parameters_of(template: Message) -> list[Message]:
    """The parameters of the template's body."""
    bodies = [c for c in template.get("components", []) if c["type"].lower() == "body"]
    return [parameter for body in bodies for parameter in body.get("parameters", [])]


def _nothing(_said: Message) -> None:
    """Nothing of this kind is checked."""


KINDS: dict[str, Callable[[Message], None]] = {
    "text": _text, "interactive": _interactive, "template": _template, "location": _location,
    "contacts": _nothing, "reaction": _nothing, **{kind: _media(kind) for kind in MEDIA_TYPES},
}  # fmt: skip
