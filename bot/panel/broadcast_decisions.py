"""A draft on its way: a test to oneself, submitted, and agreed to by a second person, or not."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.message_rows import outbound_rows
from bot.errors import SomosError
from bot.panel.broadcast_drafts import code_of, save_form
from bot.panel.broadcast_form import read_time
from bot.panel.broadcast_looks import get
from bot.panel.broadcasts import PATH, back_to
from bot.panel.core import Panel
from bot.services.broadcasts import lifecycle
from bot.services.broadcasts.agenda import LANGUAGES
from bot.services.broadcasts.content import Content, compose
from bot.services.broadcasts.lifecycle import By
from bot.services.broadcasts.segments import CHANNELS
from bot.services.staff import StaffMember
from storage.queries.audit import note
from storage.queries.conversations import who_said

Text = Annotated[str, Form()]
# So long after somebody said the code, that chat is theirs.
SAID_WITHIN = timedelta(hours=1)
LONGEST_REASON = 300


def make_router(panel: Panel) -> APIRouter:
    """What is decided below `/panel/difusiones/{id}`."""
    router = APIRouter(prefix=PATH)

    @router.post("/{broadcast_id}/mandar")
    async def submit(
        request: Request, broadcast_id: int, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        now = panel.clock()
        at = read_time(await request.form(), now)
        async with panel.database.write() as session:
            await save_form(panel, session, request, broadcast_id, me)
            size = panel.settings.broadcast_approval_size
            done = await lifecycle.submit(session, broadcast_id, By(me.email, now), at, size)
        return back_to(panel, broadcast_id, f"broadcast_now_{done.status}")

    @router.post("/{broadcast_id}/probar")
    async def test(
        request: Request, broadcast_id: int, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        async with panel.database.write() as session:
            await save_form(panel, session, request, broadcast_id, me)
            await _test(panel, session, request, broadcast_id, me)
        return panel.back(f"{PATH}/{broadcast_id}/editar", "broadcast_tested")

    @router.post("/{broadcast_id}/aprobar")
    async def approve(
        broadcast_id: int, seen: Text, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        async with panel.database.write() as session:
            await lifecycle.approve(session, broadcast_id, By(me.email, panel.clock()), seen)
        return back_to(panel, broadcast_id, "broadcast_approved")

    @router.post("/{broadcast_id}/devolver")
    async def send_back(
        broadcast_id: int, why: Text = "", me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        async with panel.database.write() as session:
            by = By(me.email, panel.clock())
            await lifecycle.send_back(session, broadcast_id, by, why.strip()[:LONGEST_REASON])
        return back_to(panel, broadcast_id, "broadcast_sent_back")

    return router


async def _test(
    panel: Panel, session: AsyncSession, request: Request, broadcast_id: int, me: StaffMember
) -> None:
    """Send it to the chat in which the member just said their code: to no citizen by mistake."""
    form, code, now = await request.form(), code_of(request), panel.clock()
    chat = await who_said(session, code, CHANNELS, now - SAID_WITHIN)
    if chat is None:
        raise SomosError("staff_broadcast_no_chat", code=code)
    content = Content.restore((await get(session, broadcast_id)).content)
    said = [
        compose(panel.renderer, content, str(form.get("as_reason", "all")), language)
        for language in LANGUAGES
        if content.intro.get(language)
    ]
    session.add_all(outbound_rows(chat, said, now, kind="notice"))
    told = {"channel": chat.account.channel, "account": chat.account_id}
    note(session, now, me.email, "test", f"broadcast:{broadcast_id}", after=told)
