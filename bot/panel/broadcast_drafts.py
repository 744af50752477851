"""Composing what is sent to many: draft, preview, for whom, test, submit, and a second person."""

import base64
import hashlib
from datetime import date
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.panel.broadcast_form import Draft, read_day, read_draft
from bot.panel.broadcast_looks import audience_of, get, part, previews_of
from bot.panel.broadcasts import PATH
from bot.panel.core import COOKIE, Panel
from bot.panel.wishes import KINDS
from bot.services.broadcasts import lifecycle
from bot.services.broadcasts.agenda import LANGUAGES, draft_agenda, monday_of, next_monday
from bot.services.broadcasts.content import Content, Item
from bot.services.broadcasts.corrections import draft_correction
from bot.services.broadcasts.lifecycle import By, stamp_of
from bot.services.broadcasts.segments import CHANNELS, Segment
from bot.services.staff import StaffMember

Text = Annotated[str, Form()]


def make_router(panel: Panel) -> APIRouter:
    """The pages below `/panel/difusiones` that write."""
    router = APIRouter(prefix=PATH)

    @router.post("")
    async def begin(
        kind: Text,
        week: Text = "",
        event: Annotated[int, Form()] = 0,
        me: StaffMember = panel.writer("broadcasts"),
    ) -> Response:
        by = By(me.email, panel.clock())
        async with panel.database.write() as session:
            made = await _begun(panel, session, kind, week, event, by)
        if made is None:
            return panel.back(PATH, "broadcast_no_agenda", "danger")
        return RedirectResponse(f"{PATH}/{made}/editar", 303)

    @router.get("/{broadcast_id}/editar")
    async def edit(
        request: Request, broadcast_id: int, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        async with panel.database.read() as session:
            found = await get(session, broadcast_id)
            if found.status != "draft":
                return RedirectResponse(f"{PATH}/{broadcast_id}", 303)
            content, segment = Content.restore(found.content), Segment.restore(found.segment)
            audience = await audience_of(panel, session, segment)
        return panel.page(
            request, "broadcasts/draft.html", me, found=found, kinds=KINDS,
            days=_days(panel, content), stamp=stamp_of(found), languages=LANGUAGES,
            channels=CHANNELS, code=code_of(request),
            previews=previews_of(panel, content, "all"), settings=panel.settings,
            draft=Draft(found.title, segment, content), **audience,
        )  # fmt: skip

    @router.post("/{broadcast_id}/vista")
    async def look(
        request: Request, broadcast_id: int, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        form = await request.form()
        async with panel.database.read() as session:
            draft = read_draft(form, await get(session, broadcast_id))
        reason = str(form.get("as_reason", "all"))
        return part(panel, "broadcasts/preview.html", me, settings=panel.settings,
                    previews=previews_of(panel, draft.content, reason))  # fmt: skip

    @router.post("/{broadcast_id}/destinatarios")
    async def audience(
        request: Request, broadcast_id: int, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        form = await request.form()
        async with panel.database.read() as session:
            draft = read_draft(form, await get(session, broadcast_id))
            found = await audience_of(panel, session, draft.segment)
        return part(panel, "broadcasts/audience.html", me, settings=panel.settings, **found)

    @router.post("/{broadcast_id}/guardar")
    async def save(
        request: Request, broadcast_id: int, me: StaffMember = panel.writer("broadcasts")
    ) -> Response:
        async with panel.database.write() as session:
            await save_form(panel, session, request, broadcast_id, me)
        return panel.back(f"{PATH}/{broadcast_id}/editar", "broadcast_saved")

    return router


async def _begun(
    panel: Panel, session: AsyncSession, kind: str, week: str, event: int, by: By
) -> int | None:
    """A new draft's id; None where that week has an agenda already, or no events."""
    if kind == "agenda":
        day = read_day(week)
        monday = monday_of(day) if day else next_monday(by.now.astimezone(LOCAL).date())
        return await draft_agenda(session, panel.renderer, monday, by.actor, by.now)
    if kind == "correction":
        return (await draft_correction(session, panel.renderer, event, by)).id
    title = panel.words("kind_notice")
    made = await lifecycle.create(
        session, by, "notice", title, Segment(("all",)), Content(dict.fromkeys(LANGUAGES, ""))
    )
    return made.id


def _days(panel: Panel, content: Content) -> list[tuple[str, list[tuple[int, Item]]]]:
    """Day by day its lines, with their numbers in the form."""
    numbered = sorted(enumerate(content.items), key=lambda pair: pair[1].day)
    return [
        (panel.words("agenda_day", day=date.fromisoformat(day)), list(lines))
        for day, lines in groupby(numbered, lambda pair: pair[1].day)
    ]


async def save_form(
    panel: Panel, session: AsyncSession, request: Request, broadcast_id: int, me: StaffMember
) -> None:
    """Save what was typed. Raises SomosError where somebody else changed the draft meanwhile."""
    form = await request.form()
    draft = read_draft(form, await get(session, broadcast_id))
    await lifecycle.edit(
        session, broadcast_id, By(me.email, panel.clock()), title=draft.title,
        segment=draft.segment, content=draft.content, seen=str(form.get("seen", "")),
    )  # fmt: skip


def code_of(request: Request) -> str:
    """What a member says to the bot so that it knows their chat: another in each session."""
    token = request.cookies.get(COOKIE, "")
    made = hashlib.sha256(f"test chat {token}".encode()).digest()
    return f"PRUEBA {base64.b32encode(made).decode()[:6]}"
