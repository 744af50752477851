"""Messages in and out, free of any channel's format."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Incoming:
    """A citizen's message. `external_id` is the gateway's id; the same one twice is one message.

    `earlier`: messages of the same thought, sent just before and not answered on their own.
    """

    channel: str
    sender: str
    external_id: str
    text: str
    earlier: tuple["Incoming", ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A choice that can be pressed; `payload` is Rasa's `/intent{"entity": "value"}` or text."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a citizen. The text makes sense without its buttons."""

    text: str
    buttons: tuple[Button, ...] = field(default=())

    def as_body(self) -> dict[str, Any]:
        """The JSON that an outbound row keeps."""
        return asdict(self)

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> "Outgoing":
        """The message of an outbound row."""
        return cls(body["text"], tuple(Button(**b) for b in body.get("buttons", ())))
