"""One turn is one transaction: receive, understand, decide, act, speak, commit.

A message that was acknowledged was answered and its effects are stored; the same external id
again does nothing. A turn that fails is rolled back, kept for staff and answered with an apology.
"""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actions.context import TurnContext, speaking
from bot.clock import LOCAL, Clock
from bot.dialogue.choices import StaleChoiceError, parse_payload, resolve_choice
from bot.dialogue.context import in_context
from bot.dialogue.engine import Engine
from bot.dialogue.message_rows import (
    IMMEDIATE,
    as_one,
    clean,
    inbound_row,
    joined_rows,
    outbound_rows,
    tells_of_person,
)
from bot.dialogue.requests import SEVERAL, handle_requests, several
from bot.dialogue.tracker import Tracker
from bot.errors import where
from bot.messages import Button, Incoming, Outgoing
from bot.metrics import counted_turn, mark, mark_safety
from bot.services.learning import learn
from intents.interpreter import DANGER, MAX_PARSED, Interpreter
from intents.normalise import normalise
from intents.openers import asks_for_more
from responses.render import Renderer
from storage.database import Database
from storage.models import Conversation, Inbound
from storage.queries.conversations import (
    answers_to,
    conversation_of,
    is_known_inbound,
    lock_conversation,
)

log = logging.getLogger(__name__)
# What rasa-sdk's dispatcher always sends along; the rest are a template's values.
RESERVED = frozenset({SEVERAL, "response", "text", "buttons", "elements", "custom", "template",
                      "image", "attachment"})  # fmt: skip
# Whatever else breaks, danger is answered.
SAFETY_REPLIES = {"report_violence": "utter_violence", "emergency": "utter_emergency"}


@dataclass(frozen=True)
class Turns:
    """Handles messages with one engine, interpreter, renderer and database."""

    database: Database
    interpreter: Interpreter
    engine: Engine
    renderer: Renderer
    clock: Clock

    async def handle(self, incoming: Incoming) -> list[Outgoing]:
        """Answer a message. One that was already handled does nothing: where the answer goes back
        in the request it is the same as the first time, elsewhere there is none.

        Raises only when not even the failure could be recorded: the gateway then delivers again.
        """
        with counted_turn(incoming.channel):
            return await self._handle(clean(incoming))

    async def _handle(self, incoming: Incoming) -> list[Outgoing]:
        try:
            async with self.database.write() as session:
                return await self._turn(session, incoming)
        except IntegrityError as error:
            # The same message in two processes at once: the other one has it.
            async with self.database.read() as session:
                if await is_known_inbound(session, incoming.channel, incoming.external_id):
                    return await self._again(session, incoming)
            return await self._apologise(incoming, error)
        except Exception as error:  # noqa: BLE001 - whatever broke, the citizen gets an answer
            return await self._apologise(incoming, error)

    async def _turn(self, session: AsyncSession, incoming: Incoming) -> list[Outgoing]:
        now = self.clock()
        conversation = await lock_conversation(session, incoming.channel, incoming.sender, now)
        if await is_known_inbound(session, incoming.channel, incoming.external_id):
            return await self._again(session, incoming)
        said = await self._answer(session, conversation, await as_one(session, incoming))
        conversation.updated_at = conversation.account.last_inbound_at = now
        # Who writes to us has unblocked us.
        conversation.account.blocked = False
        return said

    async def _again(self, session: AsyncSession, incoming: Incoming) -> list[Outgoing]:
        """The answer that a page lost on the way; gateways get theirs from delivery."""
        mark("duplicate")
        if incoming.channel not in IMMEDIATE:
            return []
        rows = await answers_to(session, incoming.channel, incoming.external_id)
        said = [Outgoing.from_body(row.body) for row in rows if row.body["text"]]
        # An anonymous report left no words behind; that it was taken can still be said.
        return said or [self._speak({"response": "utter_already_taken"}, "es")]

    async def _answer(
        self, session: AsyncSession, conversation: Conversation, incoming: Incoming
    ) -> list[Outgoing]:
        saved = conversation.state
        tracker = Tracker.restore(incoming.sender, self.engine.domain, saved)
        asked = tracker.slots.get("requested_slot")
        context = TurnContext(session, conversation.account, conversation, self.clock(),
                              self.interpreter, saved.get("said", []))  # fmt: skip
        responses, message = await self._decide(tracker, context, incoming.text)
        await self._notify(session, context)
        language = tracker.slots["language"]
        said = self._speak_all(responses, language)
        in_danger = message is not None and message["intent"]["name"] in DANGER
        if in_danger:
            mark_safety()
        conversation.language = language
        conversation.state = {
            **tracker.dump(),
            "offered": _offered(
                said if several(responses) else said[-1:], saved.get("offered", []), tracker.loop
            ),
            # What was said in danger or anonymously must not come back on the screen later.
            "said": [] if in_danger or context.is_private else [s.as_body() for s in said],
            "was_free": asked is None,
        }
        inbound = inbound_row(conversation, incoming, message, asked, self.clock())
        if context.is_private or tells_of_person(tracker.slots, saved.get("slots", {})):
            inbound.text = None
        elif message is not None and asked is None:
            await learn(session, self.interpreter, message, inbound, saved.get("was_free", False))
        session.add_all(joined_rows(conversation, incoming, self.clock()))
        await self._store(session, conversation, inbound, said, context.is_private)
        return said

    async def _decide(
        self, tracker: Tracker, context: TurnContext, text: str
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """What to say, and how the message was understood (None where it wasn't looked at)."""
        if not text:
            # A photo, a voice message: whatever is under way stays as it is.
            return [{"response": "utter_text_only"}], None
        offered = context.conversation.state.get("offered", [])
        try:
            heard = self.understand(text, offered, tracker.loop is not None)
            requests = self._requests(heard, in_context(heard, tracker, text), tracker)
        except StaleChoiceError:
            return [{"response": "utter_stale_choice"}], None
        with speaking(context):
            return await handle_requests(self.engine, tracker, requests), requests[0]

    def _requests(
        self, heard: dict[str, Any], meant: dict[str, Any], tracker: Tracker
    ) -> list[dict[str, Any]]:
        """The requests of a message; inside a form, and after what was shown, it is one."""
        if tracker.loop is not None or meant is not heard or heard["text"].startswith("/"):
            return [meant]
        return self.interpreter.requests(heard, self.clock().astimezone(LOCAL).date())

    async def _store(
        self,
        session: AsyncSession,
        conversation: Conversation,
        inbound: Inbound,
        said: list[Outgoing],
        is_private: bool = False,
    ) -> None:
        session.add(inbound)
        await session.flush()
        rows = outbound_rows(conversation, said, self.clock(), inbound.id)
        for row in rows if is_private else ():
            # Sent messages forget their words; these are sent now, or by delivery.
            row.body = {"text": ""} if row.status == "sent" else {**row.body, "private": True}
        session.add_all(rows)

    async def _notify(self, session: AsyncSession, context: TurnContext) -> None:
        """Queue what the turn says to others. Who can't be written to sees it when they ask."""
        for notice in context.notices:
            other = await conversation_of(session, notice.account_id)
            if other is not None and other.account.channel not in IMMEDIATE:
                response = {"response": notice.response, **notice.values}
                said = [self._speak(response, other.language)]
                session.add_all(outbound_rows(other, said, self.clock()))

    def is_urgent(self, text: str) -> bool:
        """Whether a message is answered without waiting for another: danger, a choice, a file."""
        said = text.strip()
        danger = self.interpreter.guard.check(normalise(said[:MAX_PARSED]))
        return not said or said.startswith("/") or said.isdigit() or danger is not None

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse object for a text or payload, as `POST /model/parse` answers it."""
        try:
            return self.understand(text, [], False)
        except StaleChoiceError:
            return self.interpreter.parse(text, self.clock().astimezone(LOCAL).date())

    async def run_action(self, name: str, sender: str, tracker: dict[str, Any]) -> dict[str, Any]:
        """Run one action for a Rasa server, which keeps the dialogue state itself.

        Returns Rasa's `events` and `responses`, texts rendered. Raises LookupError for an unknown
        action, and what the action raises.
        """
        if name not in self.engine.executor.actions:
            raise LookupError(name)
        async with self.database.write() as session:
            conversation = await lock_conversation(session, "rasa", sender, self.clock())
            context = TurnContext(
                session, conversation.account, conversation, self.clock(), self.interpreter
            )
            call = {"next_action": name, "sender_id": sender, "tracker": tracker,
                    "domain": self.engine.domain.raw}  # fmt: skip
            with speaking(context):
                result = await self.engine.executor.run(call)
            if result is None:
                raise LookupError(name)
            language = (tracker.get("slots") or {}).get("language") or "es"
            said = [self._speak(r, language).as_body() for r in result.responses]
            return {"events": result.events, "responses": said}

    def understand(self, text: str, offered: list[list[str]], is_open: bool) -> dict[str, Any]:
        """The Rasa parse of a text or button payload; raises StaleChoiceError.

        `is_open`: a form's question is open, which a bare number may answer.
        """
        chosen = resolve_choice(text, offered)
        domain = self.engine.domain
        is_number = text.strip().isdigit() and len(text.strip()) <= 2
        if chosen == text and (asks_for_more(text) or (is_number and not is_open)):
            raise StaleChoiceError
        payload = parse_payload(chosen, domain.intents, domain.entities)
        if payload is not None:
            return dict(payload)
        return self.interpreter.parse(chosen, self.clock().astimezone(LOCAL).date())

    def _speak_all(self, responses: list[dict[str, Any]], language: str) -> list[Outgoing]:
        """The messages. Where several requests are answered their choices are numbered through,
        those of the last message first: "el primero" is said of what was read last.
        """
        said: list[Outgoing] = []
        number = 1
        for response in reversed(responses):
            message = self._speak(response, language, number)
            # A form that asks again what was just listed adds nothing.
            if message not in said:
                said.append(message)
                number += len(message.buttons) if several(responses) else 0
        return said[::-1]

    def _speak(self, response: dict[str, Any], language: str, first: int = 1) -> Outgoing:
        buttons = response.get("buttons") or []
        if response.get("response"):
            values = {k: v for k, v in response.items() if k not in RESERVED}
            shown = self.renderer.render(response["response"], language, values, buttons, first)
            return Outgoing(shown.text, tuple(Button(t, p) for t, p in shown.buttons))
        return Outgoing(response["text"], tuple(Button(b["title"], b["payload"]) for b in buttons))

    async def _apologise(self, incoming: Incoming, error: Exception) -> list[Outgoing]:
        mark("failed")
        problem = where(error)
        log.error(
            "turn failed: channel=%s message=%s %s", incoming.channel, incoming.external_id, problem
        )
        async with self.database.write() as session:
            now = self.clock()
            conversation = await lock_conversation(session, incoming.channel, incoming.sender, now)
            if await is_known_inbound(session, incoming.channel, incoming.external_id):
                return await self._again(session, incoming)
            incoming = await as_one(session, incoming)
            danger = self.interpreter.guard.check(normalise(incoming.text[:MAX_PARSED]))
            reply = SAFETY_REPLIES.get(danger or "", "utter_failure")
            said = [self._speak({"response": reply}, conversation.language)]
            asked = conversation.state.get("slots", {}).get("requested_slot")
            row = inbound_row(conversation, incoming, None, asked, now)
            row.status, row.error, row.intent = "failed", problem, danger
            if danger:
                row.text = None
            session.add_all(joined_rows(conversation, incoming, now))
            await self._store(session, conversation, row, said)
            return said


def _offered(said: list[Outgoing], before: list[list[str]], loop: str | None) -> list[list[str]]:
    """The choices that a number now means: an aside without any keeps those before it."""
    now = [[b.title, b.payload] for s in reversed(said) for b in s.buttons]
    return before if not now and loop is None else now
