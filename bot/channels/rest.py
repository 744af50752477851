"""Rasa's REST channel, its parse route, and its action server, on FastAPI.

Formats: `POST /webhooks/rest/webhook`, `POST /model/parse` and the action server's `POST /webhook`
of Rasa 3. https://rasa.com/docs/rasa/connectors/your-own-website#restinput
"""

import logging
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field

from bot.dialogue.turn import Turns
from bot.messages import Incoming, Outgoing

log = logging.getLogger(__name__)
CHANNEL = "rest"


class RestMessage(BaseModel):
    """A message of Rasa's REST channel. The sender is the key to a chat: hard to guess."""

    sender: str = Field(min_length=1, max_length=200)
    message: str = Field(max_length=100_000)
    message_id: str | None = Field(default=None, min_length=1, max_length=100)


class ParseRequest(BaseModel):
    """A text to understand."""

    text: str = Field(max_length=100_000)


class ActionCall(BaseModel):
    """What a Rasa server sends to have an action run."""

    next_action: str
    sender_id: str
    tracker: dict[str, Any]
    domain: dict[str, Any] = Field(default_factory=dict)


def answer_of(sender: str, said: list[Outgoing]) -> list[dict[str, Any]]:
    """Rasa's list of answers."""
    return [
        {"recipient_id": sender, "text": message.text}
        | (
            {"buttons": [{"title": b.title, "payload": b.payload} for b in message.buttons]}
            if message.buttons
            else {}
        )
        for message in said
    ]


def make_router(turns: Turns) -> APIRouter:
    """The routes, bound to one service."""
    router = APIRouter()

    @router.post("/webhooks/rest/webhook")
    async def receive(body: RestMessage) -> list[dict[str, Any]]:
        external_id = body.message_id or uuid4().hex
        said = await turns.handle(Incoming(CHANNEL, body.sender, external_id, body.message))
        return answer_of(body.sender, said)

    @router.post("/model/parse")
    async def parse(body: ParseRequest) -> dict[str, Any]:
        return turns.parse(body.text)

    @router.post("/webhook")
    async def run_action(call: ActionCall) -> dict[str, Any]:
        try:
            result = await turns.run_action(call.next_action, call.sender_id, call.tracker)
        except LookupError as error:
            raise HTTPException(404, f"no action named {call.next_action!r}") from error
        except Exception as error:
            # The error must not carry the request out: it may hold a cédula.
            log.exception("action server: %s failed", call.next_action)
            raise HTTPException(500, f"action {call.next_action!r} failed") from error
        return dict(jsonable_encoder(result))

    return router
