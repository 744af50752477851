"""Conversations with a person: who waits, what was said, replying live, handing back to the bot.

What was said in danger or as personal data was never kept: the page says so instead.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.staff_words import queue_words
from bot.panel.core import HOME, NotFoundError, Panel
from bot.services import handoff
from bot.services.handoff import Word
from bot.services.staff import StaffMember
from intents.interpreter import DANGER
from storage.models import HandoffCase, Inbound, Outbound
from storage.queries import handoff as queries

PATH = f"{HOME}/conversaciones"
SHOWN, SAID, SAID_LONG = 50, 40, 400


@dataclass(frozen=True)
class Line:
    """One message: `who` is citizen or somos; `hidden` says why there are no words."""

    who: str
    at: datetime
    text: str
    hidden: str = ""
    state: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Talk:
    """A case with what was said in its conversation, oldest first."""

    case: HandoffCase
    lines: list[Line]


async def read_talk(session: AsyncSession, case_id: int, limit: int) -> Talk:
    """A case and its last messages; raises NotFoundError."""
    case = await session.get(HandoffCase, case_id)
    if case is None:
        raise NotFoundError
    said = await queries.history(session, case.conversation_id, limit)
    files: dict[int, list[str]] = {}
    for media in await queries.media_of(session, [m.id for m in said if isinstance(m, Inbound)]):
        files.setdefault(media.inbound_id, []).append(media.kind)
    return Talk(case, [_heard(m, files) if isinstance(m, Inbound) else _told(m) for m in said])


def _heard(message: Inbound, files: dict[int, list[str]]) -> Line:
    kinds = tuple(files.get(message.id, ()))
    hidden = ""
    if message.text is None:
        hidden = "danger" if message.intent in DANGER else "personal"
    text = message.text or ""
    # A tapped button arrives as a command.
    state = "tapped" if text.startswith("/") else ""
    return Line("citizen", message.received_at, text, hidden, state, kinds)


def _told(message: Outbound) -> Line:
    text = str(message.body.get("text") or "")
    is_hidden = not text or bool(message.body.get("private"))
    return Line("somos", message.created_at, "" if is_hidden else text,
                "personal" if is_hidden else "", message.status)  # fmt: skip


def make_router(panel: Panel) -> APIRouter:
    """`/panel/conversaciones`."""
    router = APIRouter(prefix=PATH)
    _add_pages(router, panel)
    _add_writes(router, panel)
    return router


def _add_pages(router: APIRouter, panel: Panel) -> None:
    @router.get("")
    async def waiting(
        request: Request, after: int = 0, me: StaffMember = panel.reader("conversations")
    ) -> Response:
        async with panel.database.read() as session:
            found = await queries.open_cases_with_channel(session, after, SHOWN + 1)
        return panel.page(request, "conversations/list.html", me, found=found[:SHOWN],
                          now=panel.clock(),
                          next=found[SHOWN - 1][0].id if len(found) > SHOWN else None)  # fmt: skip

    @router.get("/{case_id}")
    async def conversation(
        request: Request, case_id: int, mas: bool = False,
        me: StaffMember = panel.reader("conversations"),
    ) -> Response:  # fmt: skip
        async with panel.database.read() as session:
            talk = await read_talk(session, case_id, SAID_LONG if mas else SAID)
        return panel.page(request, "conversations/one.html", me, talk=talk, case=talk.case,
                          is_long=mas, has_more=len(talk.lines) == SAID)  # fmt: skip

    @router.get("/{case_id}/mensajes")
    async def messages(
        request: Request, case_id: int, mas: bool = False,
        me: StaffMember = panel.reader("conversations"),
    ) -> Response:  # fmt: skip
        """What the page looks for every few seconds."""
        async with panel.database.read() as session:
            talk = await read_talk(session, case_id, SAID_LONG if mas else SAID)
        return panel.page(request, "conversations/lines.html", me, talk=talk, case=talk.case)


def _add_writes(router: APIRouter, panel: Panel) -> None:
    async def say(
        case_id: int, act: Callable[[AsyncSession], Awaitable[Word]], key: str = ""
    ) -> Response:
        async with panel.database.write() as session:
            queue_words(session, panel.renderer, [await act(session)], panel.clock)
        return panel.back(f"{PATH}/{case_id}", key)

    @router.post("/{case_id}/tomar")
    async def take(case_id: int, me: StaffMember = panel.writer("conversations")) -> Response:
        now = panel.clock()
        return await say(case_id, lambda s: handoff.take(s, case_id, me.email, now), "case_taken")

    @router.post("/{case_id}/responder")
    async def reply(
        case_id: int, text: Annotated[str, Form()] = "",
        me: StaffMember = panel.writer("conversations"),
    ) -> Response:  # fmt: skip
        now = panel.clock()
        return await say(case_id, lambda s: handoff.reply(s, case_id, text, me.email, now))

    @router.post("/{case_id}/cerrar")
    async def close(case_id: int, me: StaffMember = panel.writer("conversations")) -> Response:
        now = panel.clock()
        return await say(case_id, lambda s: handoff.close(s, case_id, me.email, now), "case_closed")
