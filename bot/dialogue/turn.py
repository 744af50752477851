"""One turn is one transaction: receive, understand, decide, act, speak, commit.

A message whose turn was committed is answered and its effects are stored; the same external id
again does nothing. A turn that fails is rolled back, kept for staff and answered with an apology.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actions.context import TurnContext, speaking
from bot.clock import Clock
from bot.dialogue.attachments import reply_to, wanted_media, words_of
from bot.dialogue.choices import StaleChoiceError
from bot.dialogue.context import in_context
from bot.dialogue.engine import Engine
from bot.dialogue.hearing import Hearing
from bot.dialogue.message_rows import (
    IMMEDIATE,
    clean,
    new_row,
    note_understanding,
    outbound_rows,
    tells_of_person,
)
from bot.dialogue.requests import handle_requests, opening_intents, several
from bot.dialogue.speaking import choices_now, speak, speak_all
from bot.dialogue.staff_questions import SLOT as STAFF_QUESTION
from bot.dialogue.staff_questions import answer_staff
from bot.dialogue.tracker import Tracker
from bot.errors import where
from bot.logs import turn_of
from bot.messages import Incoming, Outgoing
from bot.metrics import counted_turn, mark, mark_safety
from bot.services.handoff import leave
from bot.services.learning import learn
from bot.services.office import Office
from intents.interpreter import DANGER, Interpreter
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
# Whatever else breaks, danger is answered.
SAFETY_REPLIES = {"report_violence": "utter_violence", "emergency": "utter_emergency"}
# The command by which a citizen ends a conversation with staff.
LEAVE = "/cancel"
IN_PRIVATE = {"response": "utter_in_private"}
# What is not answered where others read along, besides all that opens a form.
CONFIDENTIAL = frozenset({"check_enrollment", "check_report", "talk_to_human"})
Responses = list[dict[str, Any]]


@dataclass(frozen=True)
class Turns:
    """Handles messages with one engine, interpreter, renderer and database."""

    database: Database
    interpreter: Interpreter
    engine: Engine
    renderer: Renderer
    clock: Clock
    office: Office = field(default_factory=Office)

    @property
    def hearing(self) -> Hearing:
        """How messages are read; the interpreter's model may be replaced between two of them."""
        return Hearing(self.interpreter, self.engine.domain, self.clock)

    async def handle(self, incoming: Incoming) -> list[Outgoing]:
        """Answer a message at once. One that was already handled does nothing: where the answer
        goes back in the request it is the same as the first time, elsewhere there is none.

        Raises only when not even the failure could be recorded: the sender then tries again.
        """
        with turn_of(incoming.channel, incoming.external_id), counted_turn(incoming.channel):
            return await self._handle(clean(incoming))

    async def _handle(self, incoming: Incoming) -> list[Outgoing]:
        try:
            async with self.database.write() as session:
                conversation, known = await self._receive(session, incoming)
                if known is not None:
                    return known
                row = new_row(conversation, incoming, self.clock())
                return await self.answer(session, conversation, incoming, [row])
        except IntegrityError as error:
            # The same message in two processes at once: the other one has it.
            async with self.database.read() as session:
                if await is_known_inbound(session, incoming.channel, incoming.external_id):
                    return await self._again(session, incoming)
            return await self._fail(incoming, error)
        except Exception as error:  # noqa: BLE001 - whatever broke, the citizen gets an answer
            return await self._fail(incoming, error)

    async def _receive(
        self, session: AsyncSession, incoming: Incoming
    ) -> tuple[Conversation, list[Outgoing] | None]:
        """The locked conversation, and the answer that the message already had."""
        now = self.clock()
        conversation = await lock_conversation(session, incoming.channel, incoming.sender, now)
        if await is_known_inbound(session, incoming.channel, incoming.external_id):
            return conversation, await self._again(session, incoming)
        return conversation, None

    async def _again(self, session: AsyncSession, incoming: Incoming) -> list[Outgoing]:
        """The answer that a page lost on the way; gateways get theirs from delivery."""
        mark("duplicate")
        if incoming.channel not in IMMEDIATE:
            return []
        rows = await answers_to(session, incoming.channel, incoming.external_id)
        said = [Outgoing.from_body(row.body) for row in rows if row.body["text"]]
        # An anonymous report left no words behind; that it was taken can still be said.
        return said or [speak(self.renderer, {"response": "utter_already_taken"}, "es")]

    async def answer(
        self,
        session: AsyncSession,
        conversation: Conversation,
        incoming: Incoming,
        rows: Sequence[Inbound],
    ) -> list[Outgoing]:
        """Answer one thought in the open transaction; `rows` are its messages, the last one's row
        takes how it was understood. `conversation` is locked.
        """
        now = self.clock()
        if conversation.held_case is not None and not self._is_danger(incoming.text):
            return await self._leave_to_staff(session, conversation, incoming, rows)
        saved = conversation.state
        tracker = Tracker.restore(incoming.sender, self.engine.domain, saved)
        asked = tracker.slots.get("requested_slot")
        context = TurnContext(
            session, conversation.account, conversation, now, self.interpreter,
            saved.get("said", []), office=self.office,
            can_be_written_to=incoming.channel not in IMMEDIATE,
        )  # fmt: skip
        responses, message = await self._decide(tracker, context, incoming)
        if incoming.is_public and tracker.loop is not None:
            # A form that opened where others read along: as if it hadn't.
            tracker = Tracker.restore(incoming.sender, self.engine.domain, saved)
            responses = [IN_PRIVATE]
        await self._notify(session, context)
        language = tracker.slots["language"]
        said = speak_all(self.renderer, responses, language)
        in_danger = message is not None and message["intent"]["name"] in DANGER
        if in_danger:
            mark_safety()
        conversation.language = language
        conversation.state = {
            **tracker.dump(),
            "offered": choices_now(
                said if several(responses) else said[-1:],
                saved.get("offered", []),
                None if in_danger else tracker.loop,
            ),
            # What was said in danger or anonymously must not come back on the screen later.
            "said": [] if in_danger or context.is_private else [s.as_body() for s in said],
            "was_free": asked is None,
        }
        row = rows[-1]
        if context.answered_staff:
            asked = STAFF_QUESTION
        note_understanding(row, incoming, message, asked)
        if context.is_private or tells_of_person(tracker.slots, saved.get("slots", {})):
            row.text = None
        elif message is not None and asked is None:
            await learn(session, self.interpreter, message, row, saved.get("was_free", False))
        await self._store(session, conversation, rows, said, context.is_private)
        if not (in_danger or context.is_private):
            session.add_all(wanted_media(row, incoming.attachments, now))
        conversation.updated_at = conversation.account.last_inbound_at = now
        # Who writes to us has unblocked us.
        conversation.account.blocked = False
        return said

    async def _leave_to_staff(
        self,
        session: AsyncSession,
        conversation: Conversation,
        incoming: Incoming,
        rows: Sequence[Inbound],
    ) -> list[Outgoing]:
        """Keep a message for who holds the conversation, and say nothing."""
        case, now, row = conversation.held_case, self.clock(), rows[-1]
        said = []
        if case is not None and incoming.text.strip() == LEAVE:
            leave(case, now)
            said = [speak(self.renderer, {"response": "utter_handoff_left"}, conversation.language)]
        elif case is not None:
            case.last_word_at = now
        row.text, row.attachments, row.status = incoming.text, None, "done" if said else "held"
        await self._store(session, conversation, rows, said)
        session.add_all(wanted_media(row, incoming.attachments, now))
        return said

    async def _decide(
        self, tracker: Tracker, context: TurnContext, incoming: Incoming
    ) -> tuple[Responses, dict[str, Any] | None]:
        """What to say, and how the message was understood (None where it wasn't looked at)."""
        text = words_of(incoming, tracker.slots.get("requested_slot"))
        if not text:
            # A photo, a voice message: whatever is under way stays as it is.
            return [reply_to(incoming.attachments)], None
        offered = context.conversation.state.get("offered", [])
        try:
            heard = self.hearing.understand(text, offered, tracker.loop is not None)
            requests = self._requests(heard, in_context(heard, tracker, text), tracker)
        except StaleChoiceError:
            return [{"response": "utter_stale_choice"}], None
        named = {request["intent"]["name"] for request in requests}
        if incoming.is_public and named & (CONFIDENTIAL | opening_intents(self.engine)):
            return [IN_PRIVATE], requests[0]
        answered = await answer_staff(context, tracker, heard)
        if answered is not None:
            context.answered_staff = True
            return answered, heard
        with speaking(context):
            return await handle_requests(self.engine, tracker, requests), requests[0]

    def _is_danger(self, text: str) -> bool:
        return self.hearing.parse(text)["intent"]["name"] in DANGER

    def _requests(
        self, heard: dict[str, Any], meant: dict[str, Any], tracker: Tracker
    ) -> list[dict[str, Any]]:
        """The requests of a message; inside a form, and after what was shown, it is one."""
        if tracker.loop is not None or meant is not heard or heard["text"].startswith("/"):
            return [meant]
        return self.hearing.requests(heard)

    async def _store(
        self,
        session: AsyncSession,
        conversation: Conversation,
        rows: Sequence[Inbound],
        said: list[Outgoing],
        is_private: bool = False,
    ) -> None:
        *earlier, row = rows
        for joined in earlier:
            joined.status, joined.text, joined.attachments = "joined", None, None
        session.add_all(rows)
        await session.flush()
        replies = outbound_rows(conversation, said, self.clock(), row.id)
        for reply in replies if is_private else ():
            # Sent messages forget their words; these are sent now, or by delivery.
            sent = reply.status == "sent"
            reply.body = {"text": ""} if sent else {**reply.body, "private": True}
        session.add_all(replies)

    async def _notify(self, session: AsyncSession, context: TurnContext) -> None:
        """Queue what the turn says to others. Who can't be written to sees it when they ask."""
        for notice in context.notices:
            other = await conversation_of(session, notice.account_id)
            if other is not None and other.account.channel not in IMMEDIATE:
                response = {"response": notice.response, **notice.values}
                said = [speak(self.renderer, response, other.language)]
                session.add_all(outbound_rows(other, said, self.clock(), kind="notice"))

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse object for a text or payload, as `POST /model/parse` answers it."""
        return self.hearing.parse(text)

    async def _fail(self, incoming: Incoming, error: Exception) -> list[Outgoing]:
        async with self.database.write() as session:
            conversation, known = await self._receive(session, incoming)
            if known is not None:
                return known
            row = new_row(conversation, incoming, self.clock())
            return await self.apologise(session, conversation, incoming, [row], where(error))

    async def apologise(
        self,
        session: AsyncSession,
        conversation: Conversation,
        incoming: Incoming,
        rows: Sequence[Inbound],
        problem: str,
    ) -> list[Outgoing]:
        """Record that a thought could not be answered, and say so; danger gets its lines.

        `problem`: what broke and where, without anybody's words.
        """
        mark("failed")
        danger = self.hearing.danger(incoming.text)
        reply = SAFETY_REPLIES.get(danger or "", "utter_failure")
        said = [speak(self.renderer, {"response": reply}, conversation.language)]
        row = rows[-1]
        note_understanding(
            row, incoming, None, conversation.state.get("slots", {}).get("requested_slot")
        )
        row.status, row.error, row.intent = "failed", problem, danger
        if danger:
            row.text = None
        await self._store(session, conversation, rows, said)
        log.error("turn failed: channel=%s message=%s %s", incoming.channel, row.id, problem)
        return said
