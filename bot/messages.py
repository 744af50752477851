"""Messages in and out, free of any channel's format."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

AttachmentKind = Literal[
    "photo", "voice", "audio", "video", "document", "sticker", "location", "contact", "other"
]


@dataclass(frozen=True, slots=True)
class Attachment:
    """What came with a message that isn't text.

    `reference` is what the gateway hands the file out for; `media_type` as in MIME; `size` in
    bytes, where the gateway tells. A location has degrees, a contact its phone as it was sent.
    """

    kind: AttachmentKind
    reference: str = ""
    media_type: str = ""
    name: str = ""
    size: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""

    @property
    def is_file(self) -> bool:
        """Whether there is something to download."""
        return bool(self.reference)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A citizen's message. `external_id` is the gateway's id; the same one twice is one message.

    `order` is the gateway's own (a counter or a time): of messages that wait, the lower comes
    first. `album` joins what was sent as one. `is_public`: others read along, as in a group.
    """

    channel: str
    sender: str
    external_id: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    order: int = 0
    album: str = ""
    is_public: bool = False


def as_one(messages: Sequence[Incoming]) -> Incoming:
    """Messages of one thought as a turn takes them: the last one, with all words and files."""
    return replace(
        messages[-1],
        text="\n".join(m.text for m in messages if m.text),
        attachments=tuple(a for m in messages for a in m.attachments),
    )


@dataclass(frozen=True, slots=True)
class Button:
    """A choice that can be pressed; `payload` is Rasa's `/intent{"entity": "value"}` or text.

    `description`: a second line, for channels whose lists have one; the text has it anyway.
    """

    title: str
    payload: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file to send, small enough to live in the outbound row (base64 in `content`)."""

    name: str
    media_type: str
    content: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place to show on a map, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a citizen. The text makes sense without its buttons, file or map."""

    text: str
    buttons: tuple[Button, ...] = field(default=())
    document: Document | None = None
    location: Location | None = None

    def as_body(self) -> dict[str, Any]:
        """The JSON that an outbound row keeps."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> "Outgoing":
        """The message of an outbound row."""
        document, location = body.get("document"), body.get("location")
        return cls(
            body["text"],
            tuple(Button(**b) for b in body.get("buttons", ())),
            Document(**document) if document else None,
            Location(**location) if location else None,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a channel shows it, in one part or several.

    `form` is text, or template for who last wrote long ago; `length` of `limit` UTF-16 units are
    used (no limit: None). Longer text goes in more parts; a template's is cut, `is_cut`.
    """

    channel: str
    form: Literal["text", "template"]
    parts: tuple[str, ...]
    length: int
    limit: int | None = None
    is_cut: bool = False


async def at_once() -> None:
    """A pace that never waits."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """An outbound row on its way to a gateway.

    `last_inbound_at`: when the person last wrote, for gateways that let free text through only
    for some hours after that; `language` is theirs. Who sends it in several pieces awaits
    `next_piece` before each but the first.
    """

    row_id: int
    address: str
    message: Outgoing
    language: str = "es"
    last_inbound_at: datetime | None = None
    next_piece: Callable[[], Awaitable[None]] = at_once
