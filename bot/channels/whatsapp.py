"""WhatsApp: a webhook that acknowledges what it has stored, and nothing else.

Until it is acknowledged Meta delivers a payload again; what was stored is known by its id.
"""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import OperationalError

from bot.channels.tokens import payload_of
from bot.channels.whatsapp_forms import MAX_ID
from bot.channels.whatsapp_payload import CHANNEL, Event, Message, Payload, read_payload
from bot.delivery import note_receipts
from bot.errors import where
from bot.messages import Incoming
from bot.metrics import webhook_items
from storage.database import Database

log = logging.getLogger(__name__)
ROUTE = "/webhooks/whatsapp"
EVENTS = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_update",
        "message_template_quality_update",
        "message_template_status_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "template_category_update",
    }
)
# A template that can't be sent (any more); APPROVED and REINSTATED end it.
UNUSABLE = frozenset({"DISABLED", "FLAGGED", "PAUSED", "PENDING_DELETION", "REJECTED"})
USABLE = frozenset({"APPROVED", "REINSTATED"})
MOST_TYPING = 100


class Typing(Protocol):
    """Shows that a message was read."""

    async def show_typing(self, wamid: str) -> None:
        """Best effort; raises nothing."""


@dataclass
class WhatsAppWebhook:
    """What Meta posts to us; `store` is `Inbox.store`.

    `troubles` takes up what staff must mend: a `template` that may not be sent.
    """

    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    phone_id: str
    database: Database
    store: Callable[[Sequence[Incoming]], Awaitable[Sequence[Incoming]]]
    typing: Typing
    template: str = ""
    troubles: set[str] = field(default_factory=set)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def is_verified(self, mode: str, token: str) -> bool:
        """Whether whoever registers the webhook knows our token."""
        return mode == "subscribe" and hmac.compare_digest(
            token.encode(), self.verify_token.encode()
        )

    def is_signed(self, body: bytes, signature: str) -> bool:
        """Whether these very bytes come from who knows the app's secret."""
        known = "sha256=" + hmac.new(self.app_secret.encode(), body, sha256).hexdigest()
        return hmac.compare_digest(known.encode(), signature.encode("utf-8", "replace"))

    async def take(self, payload: dict[str, Any]) -> None:
        """Store all that a payload holds. Raises what the database raises, neighbours stored."""
        found = read_payload(payload, self.phone_id, datetime.now(UTC))
        self._count(found)
        for event in found.events:
            self._note(event)
        messages = [await self._resolved(message) for message in found.messages]
        new = await self._store(messages)
        if found.receipts:
            async with self.database.write() as session:
                await note_receipts(session, found.receipts)
        self._show_typing([m for m in messages if m.incoming.external_id in new])

    async def _resolved(self, message: Message) -> Message:
        """With the payload of a pressed button in place of its token."""
        if not message.pressed:
            return message
        said = message.incoming
        text = await payload_of(self.database, CHANNEL, said.sender, said.text, MAX_ID)
        return replace(message, incoming=replace(said, text=text))

    async def _store(self, messages: Sequence[Message]) -> set[str]:
        """Store messages; the ids of the new ones. One that can't be stored holds up no other."""
        said = [message.incoming for message in messages]
        if not said:
            return set()
        try:
            return {m.external_id for m in await self.store(said)}
        except OperationalError:
            # The database is away; none of them is to blame.
            raise
        except Exception:
            for one in said if len(said) > 1 else ():
                await self._store_alone(one)
            raise

    async def _store_alone(self, incoming: Incoming) -> None:
        try:
            await self.store([incoming])
        except Exception as error:  # noqa: BLE001 - Meta delivers it again, as the first one said
            log.error("whatsapp: one of several not stored: %s", where(error))

    def _count(self, found: Payload) -> None:
        webhook_items(CHANNEL, "message", len(found.messages))
        webhook_items(CHANNEL, "receipt", len(found.receipts))
        webhook_items(CHANNEL, "broken", found.broken)
        webhook_items(CHANNEL, "ignored", found.ignored)
        for event in found.events:
            webhook_items(CHANNEL, event.field if event.field in EVENTS else "other")

    def _note(self, event: Event) -> None:
        """Log an event about the account, and remember a template that may not be sent."""
        log.warning("whatsapp: %s: %s %s", event.field, event.now, event.name)
        if event.field == "message_template_status_update" and event.name == self.template:
            trouble = f"template {event.name}"
            if event.now in UNUSABLE:
                self.troubles.add(trouble)
            elif event.now in USABLE:
                self.troubles.discard(trouble)

    def _show_typing(self, messages: Sequence[Message]) -> None:
        latest = {message.incoming.sender: message.wamid for message in messages}
        for wamid in latest.values():
            if len(self._under_way) < MOST_TYPING:
                task = asyncio.create_task(self.typing.show_typing(wamid))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """End what nothing depends on."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


def make_router(webhook: WhatsAppWebhook) -> APIRouter:
    """The routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(ROUTE)
    async def verify(request: Request) -> PlainTextResponse:
        asked = request.query_params
        if not webhook.is_verified(asked.get("hub.mode", ""), asked.get("hub.verify_token", "")):
            raise HTTPException(403, "not verified")
        return PlainTextResponse(asked.get("hub.challenge", ""))

    @router.post(ROUTE)
    async def receive(request: Request) -> PlainTextResponse:
        body = await request.body()
        if not webhook.is_signed(body, request.headers.get("x-hub-signature-256", "")):
            raise HTTPException(401, "not signed")
        try:
            await webhook.take(_parsed(body))
        except HTTPException:
            raise
        except Exception as error:
            log.error("whatsapp: not stored: %s", where(error))
            raise HTTPException(503, "not stored") from error
        return PlainTextResponse("")

    return router


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise HTTPException(400, "not a JSON object")
    return payload
