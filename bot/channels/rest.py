"""Rasa's REST channel, its parse route, and its action server, on FastAPI.

Formats: `POST /webhooks/rest/webhook`, `POST /model/parse` and the action server's `POST /webhook`
of Rasa 3. https://rasa.com/docs/rasa/connectors/your-own-website#restinput
"""

import hashlib
import logging
from dataclasses import asdict
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, BeforeValidator, Field

from bot.dialogue.action_server import run_action
from bot.dialogue.turn import Turns
from bot.errors import where
from bot.messages import Incoming, Outgoing

log = logging.getLogger(__name__)
CHANNEL = "rest"


def _whole(text: Any) -> Any:
    # A text box may cut an emoji in half; JSON carries the half, UTF-8 can't.
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


Words = Annotated[str, BeforeValidator(_whole), Field(max_length=100_000)]
# Databases refuse some control characters, and no sender needs them.
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class RestMessage(BaseModel):
    """A message of Rasa's REST channel. The sender is the key to a chat: hard to guess."""

    sender: Name
    message: Words
    message_id: Name | None = None

    @property
    def external_id(self) -> str:
        """The id among all senders' messages; two senders may choose the same `message_id`."""
        if self.message_id is None:
            return uuid4().hex
        return hashlib.sha256(f"{self.sender}\n{self.message_id}".encode()).hexdigest()


class ParseRequest(BaseModel):
    """A text to understand."""

    text: Words


class ActionCall(BaseModel):
    """What a Rasa server sends to have an action run."""

    next_action: str
    sender_id: Name
    tracker: dict[str, Any]
    domain: dict[str, Any] = Field(default_factory=dict)


def answer_of(sender: str, said: list[Outgoing]) -> list[dict[str, Any]]:
    """Rasa's list of answers. A map is Rasa's `custom`, a file its `attachment`."""
    return [_answer(sender, message) for message in said]


def _answer(sender: str, message: Outgoing) -> dict[str, Any]:
    answer: dict[str, Any] = {"recipient_id": sender, "text": message.text}
    if message.buttons:
        answer["buttons"] = [{"title": b.title, "payload": b.payload} for b in message.buttons]
    if message.location is not None:
        answer["custom"] = {"location": asdict(message.location)}
    if message.document is not None:
        file = message.document
        src = f"data:{file.media_type};base64,{file.content}"
        answer["attachment"] = {"type": "file", "payload": {"src": src, "name": file.name}}
    return answer


# Pages of other origins can't use these routes: without CORS headers a browser sends them no JSON,
# and FastAPI reads nothing else. There is no CSRF to fear from who can (servers, `curl`): no route
# reads a cookie, so a request has no more rights than what is written in it.
def make_router(turns: Turns) -> APIRouter:
    """The routes, bound to one service."""
    router = APIRouter()

    @router.post("/webhooks/rest/webhook")
    async def receive(body: RestMessage) -> list[dict[str, Any]]:
        incoming = Incoming(CHANNEL, body.sender, body.external_id, body.message)
        try:
            said = await turns.handle(incoming)
        except Exception as error:
            log.error("not recorded: channel=%s %s", CHANNEL, where(error))
            raise HTTPException(503, "try again with the same message_id") from error
        return answer_of(body.sender, said)

    @router.post("/model/parse")
    async def parse(body: ParseRequest) -> dict[str, Any]:
        return turns.parse(body.text)

    @router.post("/webhook")
    async def run(call: ActionCall) -> dict[str, Any]:
        if call.next_action not in turns.engine.executor.actions:
            raise HTTPException(404, f"no action named {call.next_action!r}")
        try:
            result = await run_action(turns, call.next_action, call.sender_id, call.tracker)
        except Exception as error:
            # Neither answer nor log may carry the request out: it may hold a cédula.
            log.error("action server: %s failed: %s", call.next_action, where(error))
            raise HTTPException(500, f"action {call.next_action!r} failed") from error
        return dict(jsonable_encoder(result))

    return router
