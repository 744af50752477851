"""What citizens do on WhatsApp, delivered to our webhook, signed over the bytes that are sent."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from typing import Any

import httpx

from tests.fakes.courier import Delivery
from tests.fakes.graph_webhooks import (
    Content,
    account_change,
    change_of,
    message_of,
    payload_of,
    status_of,
    text,
)
from tests.fakes.server import Gateway

WINDOW = 24 * 3600  # seconds
SIGNATURE_HEADER = "X-Hub-Signature-256"


class Citizens(Gateway):
    """The `push…` methods of the fake; `webhook` is where they go, `app_secret` signs."""

    phone_id = "106540352242922"
    app_secret = "not-a-real-app-secret"
    webhook = ""

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self.last_wrote: dict[str, float] = {}
        self.opaque: dict[str, str | None] = {}  # of our messages, by their id
        self.recipients: dict[str, str] = {}

    def push(self, citizen: str, content: Content) -> str:
        """A message (its contents from `graph_webhooks`) in a payload of its own; its id."""
        return self.push_together([(citizen, content)])[0]

    def push_text(self, citizen: str, words: str) -> str:
        return self.push(citizen, text(words))

    def push_together(self, said: list[tuple[str, Content]], shape: str = "messages") -> list[str]:
        """Several messages in one payload: as `messages`, `changes` or `entries` of it."""
        written = [message_of(citizen, self._wamid(citizen), c) for citizen, c in said]
        for message in written:
            self.last_wrote[message["from"]] = time.time()
            self._pushed(message["from"], message["id"], message)
        groups = [written] if shape == "messages" else [[message] for message in written]
        changes = [change_of(self.phone_id, messages=group) for group in groups]
        entries = [[c] for c in changes] if shape == "entries" else [changes]
        ids = [(m["from"], m["id"]) for m in written]
        self.push_payload(payload_of(*entries), lane=written[0]["from"], ids=ids)
        return [message["id"] for message in written]

    def push_status(self, wamid: str, status: str, code: int = 0) -> None:
        """What became of a message of ours. Statuses overtake each other, as Meta's do."""
        told = status_of(wamid, self.recipients[wamid], status, self.opaque.get(wamid), code)
        change = change_of(self.phone_id, statuses=[told])
        self.push_payload(payload_of([change]), lane=f"{wamid} {status}")

    def push_account_change(self, field: str, **value: Any) -> None:
        self.push_payload(payload_of([account_change(field, **value)]), lane=field)

    def push_payload(
        self, payload: Content, lane: str = "", ids: list[tuple[str, str]] | None = None
    ) -> None:
        """Any payload, signed and delivered until it is acknowledged."""
        body = json.dumps(payload).encode()
        headers = {SIGNATURE_HEADER: self.signature(body)}
        known = tuple((address, number) for address, number in ids or ())
        self.courier.post(Delivery(self.webhook, body, headers, lane, known))

    def signature(self, body: bytes) -> str:
        """The header's value for these bytes."""
        return "sha256=" + hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()

    def verify(self, verify_token: str) -> bool:
        """Ask our webhook for its challenge, as Meta does when it is registered."""
        asked = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": "1158"}
        answer = httpx.get(self.webhook, params=asked, timeout=10)
        return answer.status_code == 200 and answer.text == "1158"

    def open_window(self, citizen: str) -> None:
        """As if the citizen had just written."""
        self.last_wrote[citizen] = time.time()

    def close_window(self, citizen: str) -> None:
        """As if the citizen had last written more than a day ago."""
        self.last_wrote.pop(citizen, None)

    def has_window(self, citizen: str) -> bool:
        return time.time() - self.last_wrote.get(citizen, 0) < WINDOW

    def _wamid(self, citizen: str) -> str:
        return "wamid." + b64encode(f"{citizen}:{self._number()}".encode()).decode()
