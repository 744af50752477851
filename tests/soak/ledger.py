"""What the database and the gateways' journals say after the soak; the books are made of it."""

import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text

from tests.fakes.journal import PUSHED, Entry
from tests.soak.citizens import Acknowledged
from tests.soak.processes import blocking
from tests.soak.script import Citizen

TELEGRAM_TOKEN = "1:not-a-real-token"
_TAGS = re.compile(r"<[^>]*>")


@dataclass
class InboundRow:
    """A message that arrived."""

    id: int
    channel: str
    address: str
    external_id: str
    status: str
    error: str | None


@dataclass
class OutboundRow:
    """A message to send."""

    id: int
    channel: str
    address: str
    inbound_id: int | None
    kind: str
    text: str
    status: str
    doubtful: int
    external_id: str | None


@dataclass
class EnrollmentRow:
    """An enrolment, with its citizen's document."""

    address: str
    folio: str
    document: str
    status: str
    turn: int | None


@dataclass
class ReportRow:
    """A report, with its words."""

    address: str
    folio: str
    words: str


@dataclass
class Ledger:
    """All rows of one trial; `sent` and `pushed` are the gateways' own, by channel.

    `told`: what REST answered. `in_order`: the gateways kept the order of a citizen's messages.
    """

    citizens: list[Citizen]
    inbound: list[InboundRow]
    outbound: list[OutboundRow]
    enrollments: list[EnrollmentRow]
    reports: list[ReportRow]
    pushed: dict[str, set[str]]
    unconfirmed: dict[str, int]
    sent: dict[str, list[Entry]]
    told: list[Acknowledged]
    problems: list[str]
    in_order: bool


def read_rows(url: str) -> dict[str, list[Any]]:
    """The tables that the books need."""
    engine = create_engine(blocking(url))
    with engine.connect() as connection:
        found = {
            name: [tuple(r) for r in connection.execute(text(q))] for name, q in QUERIES.items()
        }
    engine.dispose()
    return {
        "inbound": [InboundRow(*r) for r in found["inbound"]],
        "outbound": [OutboundRow(*r) for r in found["outbound"]],
        "enrollments": [EnrollmentRow(*r) for r in found["enrollments"]],
        "reports": [ReportRow(*r) for r in found["reports"]],
    }


QUERIES = {
    "inbound": """SELECT i.id, i.channel, a.address, i.external_id, i.status, i.error FROM inbound i
        LEFT JOIN conversation c ON c.id = i.conversation_id
        LEFT JOIN account a ON a.id = c.account_id ORDER BY i.id""",
    "outbound": """SELECT id, channel, address, inbound_id, kind, CAST(body AS TEXT), status,
        doubtful, external_id FROM outbound ORDER BY id""",
    "enrollments": """SELECT a.address, e.folio, p.document_number, e.status, e.turn
        FROM enrollment e LEFT JOIN account a ON a.id = e.account_id
        LEFT JOIN citizen p ON p.id = e.citizen_id ORDER BY e.id""",
    "reports": """SELECT a.address, r.folio, r.words FROM report r
        LEFT JOIN account a ON a.id = r.account_id ORDER BY r.id""",
}


def pushed_ids(
    journals: Mapping[str, Sequence[Entry]], said: Sequence[Acknowledged]
) -> dict[str, set[str]]:
    """The ids under which the service must know what citizens did."""
    ids = {
        channel: {ID_OF[channel](entry) for entry in entries if entry.what == PUSHED}
        for channel, entries in journals.items()
    }
    return {**ids, "rest": {one.key for one in said}}


def _telegram_id(entry: Entry) -> str:
    query = entry.payload.get("callback_query")
    message = query["message"] if query else entry.payload["message"]
    known = f"{TELEGRAM_TOKEN.partition(':')[0]}/{message['chat']['id']}/{message['message_id']}"
    if query is not None:
        known += f"/{hashlib.sha256(query['data'].encode()).hexdigest()[:16]}"
    return hashlib.sha256(known.encode()).hexdigest()


def _whatsapp_id(entry: Entry) -> str:
    return hashlib.sha256(entry.id.encode()).hexdigest()


ID_OF = {"telegram": _telegram_id, "whatsapp": _whatsapp_id}


def letters(words: str) -> str:
    """Letters and digits alone: what every channel's form of a text has in common."""
    return "".join(c for c in html.unescape(_TAGS.sub("", words)).lower() if c.isalnum())


def words_of(entry: Entry) -> str:
    """The words of what reached a gateway."""
    said = entry.payload
    if entry.what != PUSHED and "type" in said:
        kind = said[said["type"]]
        body = kind.get("body", "")
        return body["text"] if isinstance(body, dict) else str(body)
    return str(said.get("text", ""))
