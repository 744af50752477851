"""One dialogue: its page to edit, the document as it leaves, and what the report tells of it."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from bot.matrices import alerts, paper
from bot.matrices.report import Picture, Prose, report_of
from bot.matrices.tables import Table
from bot.panel.access import may
from bot.panel.core import HOME, Panel
from bot.panel.form_fields import number, text
from bot.services import commitments, matrix_entries, rows
from bot.services import dialogues as services
from bot.services.staff import StaffMember
from storage.models import Dialogue

PATH = f"{HOME}/dialogos"
SIGNERS = ("prepared_by", "approved_by")
# Empty rows that the form offers for more.
SPARE = 3


def make_router(panel: Panel) -> APIRouter:
    """`/panel/dialogos/{slug}` and its document."""
    router = APIRouter(prefix=PATH)

    @router.get("/{slug}")
    async def edit(
        request: Request, slug: str, me: StaffMember = panel.reader("dialogues")
    ) -> Response:
        async with panel.database.read() as session:
            dialogue = await services.find(session, slug, lock=False)
        if not may(me.role, "dialogues", write=True):
            return _document(panel, request, me, dialogue)
        entries = {kind: matrix_entries.of_kind(dialogue, kind) for kind, *_ in alerts.QUESTIONS}
        return panel.page(
            request, "dialogues/edit.html", me, dialogue=dialogue, entries=entries,
            questions=alerts.QUESTIONS, open_reports=alerts.open_reports, spare=SPARE,
            mark_entry=lambda e: rows.mark(e, matrix_entries.NAMES),
            mark_commitment=lambda c: rows.mark(c, commitments.NAMES),
            mark_dialogue=rows.mark(dialogue, services.EDITED),
        )  # fmt: skip

    @router.get("/{slug}/documento")
    async def document(
        request: Request, slug: str, me: StaffMember = panel.reader("dialogues")
    ) -> Response:
        async with panel.database.read() as session:
            dialogue = await services.find(session, slug, lock=False)
        return _document(panel, request, me, dialogue)

    @router.post("/{slug}/datos")
    async def save(
        request: Request, slug: str, me: StaffMember = panel.writer("dialogues")
    ) -> Response:
        async with request.form() as form, panel.database.write() as session:
            dialogue = await services.find(session, slug)
            fields, now = _fields(dialogue, form), panel.clock()
            services.edit(session, dialogue, fields, me.email, now, text(form, "seen") or None)
            await services.set_attentions(session, dialogue, _attentions(form), me.email, now)
        return panel.back(f"{PATH}/{slug}#datos", "dialogue_saved")

    return router


def _document(panel: Panel, request: Request, me: StaffMember, dialogue: Dialogue) -> Response:
    report = report_of(dialogue, panel.settings.photographs_dir)
    return panel.page(
        request, "dialogues/document.html", me, dialogue=dialogue, report=report, grid=paper.cells,
        is_table=lambda part: isinstance(part, Table), is_prose=lambda p: isinstance(p, Prose),
        is_picture=lambda part: isinstance(part, Picture),
    )  # fmt: skip


def _fields(dialogue: Dialogue, form: FormData) -> dict[str, Any]:
    lines = {name: rows.tidy(text(form, name))[:300] for name in services.HEAD}
    short = {name: lines[name][:80] for name in ("province", "canton", "parish")}
    prose = {name: services.paragraphs(text(form, name)) for name in services.PROSE}
    general = rows.tidy(text(form, "general_objective"))
    signed = {s: {k: rows.tidy(text(form, f"{s}_{k}"))[:300] for k in ("name", "role")}
              for s in SIGNERS}  # fmt: skip
    when = text(form, "report_date").strip()
    return {
        **lines, **short, "held_on": services.read_date(lines["held_on"]),
        "attendance_total": number(text(form, "attendance_total")),
        "attendance_description": rows.tidy(text(form, "attendance_description")),
        "attendance_groups": _groups(form),
        "sections": {**dialogue.sections, **prose, "general_objective": general},
        "conclusions": services.paragraphs(text(form, "conclusions")),
        "signatures": {
            **dialogue.signatures, **signed,
            "report_date": services.read_date(when).isoformat() if when else "",
        },
    }  # fmt: skip


def _groups(form: FormData) -> list[dict[str, Any]]:
    pairs = zip(form.getlist("group"), form.getlist("group_people"), strict=False)
    return [{"group": rows.tidy(str(group))[:80], "people": number(str(people))}
            for group, people in pairs if str(group).strip()]  # fmt: skip


def _attentions(form: FormData) -> list[dict[str, Any]]:
    names = ("attention_institution", "attention_people", "attention_description")
    found = zip(*(form.getlist(name) for name in names), strict=False)
    return [{"institution": rows.tidy(str(who))[:300], "people": number(str(people)),
             "description": rows.tidy(str(what))}
            for who, people, what in found if str(who).strip()]  # fmt: skip
