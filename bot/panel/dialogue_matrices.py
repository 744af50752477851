"""The two matrices of a dialogue, edited in place: one form a matrix, so that no press of a button
loses what was written in another row.
"""

import re

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from bot.matrices import alerts
from bot.panel.core import HOME, Panel
from bot.panel.form_fields import fields_of, row_by_id, text, wish
from bot.panel.report_queue import sight_of
from bot.services import commitments, matrix_entries
from bot.services import dialogues as services
from bot.services.staff import StaffMember
from intents.documents import find_documents
from storage.models import Dialogue

PATH = f"{HOME}/dialogos"
STEPS = {"up": -1, "down": 1}


def make_router(panel: Panel) -> APIRouter:
    """Saving `/panel/dialogos/{slug}/alertas` and `/compromisos`."""
    router = APIRouter(prefix=PATH)

    @router.post("/{slug}/alertas")
    async def save_alerts(
        request: Request, slug: str, me: StaffMember = panel.writer("dialogues")
    ) -> Response:
        async with request.form() as form, panel.database.write() as session:
            dialogue = await services.find(session, slug)
            saving = _Saving(panel, session, dialogue, form, me)
            await saving.entries()
            await saving.entry_wish()
        return panel.back(f"{PATH}/{slug}#{_place(form, 'fila', 'alertas')}", "matrix_saved")

    @router.post("/{slug}/compromisos")
    async def save_commitments(
        request: Request, slug: str, me: StaffMember = panel.writer("dialogues")
    ) -> Response:
        async with request.form() as form, panel.database.write() as session:
            dialogue = await services.find(session, slug)
            saving = _Saving(panel, session, dialogue, form, me)
            await saving.commitments()
            await saving.commitment_wish()
        place = _place(form, "compromiso", "compromisos")
        return panel.back(f"{PATH}/{slug}#{place}", "matrix_saved")

    return router


def _place(form: FormData, row: str, all_rows: str) -> str:
    """Where the page opens again: at the row whose button was pressed."""
    what, which = wish(form)
    number = which.partition(":")[0]
    return f"{row}-{number}" if what in {*STEPS, "link", "unlink"} and number else all_rows


class _Saving:
    """Writes what a form of a matrix holds."""

    def __init__(
        self, panel: Panel, session: AsyncSession, dialogue: Dialogue, form: FormData,
        me: StaffMember,
    ) -> None:  # fmt: skip
        self.session, self.dialogue, self.form = session, dialogue, form
        self.actor, self.now, self.sight = me.email, panel.clock(), sight_of(me)

    async def entries(self) -> None:
        """Rows that were changed, folios that were named, and what stands in the empty rows."""
        for entry in list(self.dialogue.entries):
            fields = fields_of(self.form, matrix_entries.NAMES, entry.id)
            if fields is None or wish(self.form) == ("remove", str(entry.id)):
                continue
            seen = text(self.form, f"seen-{entry.id}") or None
            matrix_entries.edit(
                self.session, entry, **fields, actor=self.actor, now=self.now, seen=seen
            )
            folios = _folios(text(self.form, f"link-{entry.id}"))
            if folios:
                await matrix_entries.link(
                    self.session, entry, folios, self.sight, self.actor, self.now
                )
        for kind, *_ in alerts.QUESTIONS:
            fields = fields_of(self.form, matrix_entries.NAMES, f"new-{kind}")
            if fields and fields["text"].strip():
                await matrix_entries.add(
                    self.session, self.dialogue, kind, **fields, actor=self.actor, now=self.now
                )

    async def entry_wish(self) -> None:
        """Move, remove, or take a folio away."""
        what, which = wish(self.form)
        number, _, folio = which.partition(":")
        entry = row_by_id(self.dialogue.entries, number)
        if entry is None:
            return
        by = (self.actor, self.now)
        if what in STEPS:
            await matrix_entries.move(self.session, self.dialogue, entry, STEPS[what], *by)
        elif what == "remove":
            await matrix_entries.remove(self.session, self.dialogue, entry, *by)
        elif what == "unlink":
            await matrix_entries.unlink(self.session, entry, folio, *by)

    async def commitments(self) -> None:
        """Rows that were changed, the entries they were born of, and what is new."""
        for commitment in list(self.dialogue.commitments):
            fields = fields_of(self.form, commitments.NAMES, commitment.id)
            if fields is None or wish(self.form) == ("remove", str(commitment.id)):
                continue
            seen = text(self.form, f"seen-{commitment.id}") or None
            by = (self.actor, self.now)
            commitments.edit(self.session, commitment, _line(fields), *by, seen=seen)
            chosen = set(self.form.getlist(f"origin-{commitment.id}"))
            born_of = [e for e in self.dialogue.entries if str(e.id) in chosen]
            commitments.set_origins(self.session, commitment, born_of, *by)
        fields = fields_of(self.form, commitments.NAMES, "new")
        if fields and any(value.strip() for value in fields.values()):
            await commitments.add(self.session, self.dialogue, _line(fields), self.actor, self.now)

    async def commitment_wish(self) -> None:
        """Move or remove."""
        what, number = wish(self.form)
        commitment = row_by_id(self.dialogue.commitments, number)
        if commitment is None:
            return
        by = (self.actor, self.now)
        if what in STEPS:
            await commitments.move(self.session, self.dialogue, commitment, STEPS[what], *by)
        elif what == "remove":
            await commitments.remove(self.session, self.dialogue, commitment, *by)


def _line(fields: dict[str, str]) -> dict[str, str]:
    return fields | {"term": fields["term"][:300]}


def _folios(written: str) -> list[str]:
    """Folios as people write them, in any case and without hyphens."""
    parts = [part for part in re.split(r"[\s,;]+", written) if part]
    found = [[m.value for m in find_documents(part) if m.entity == "folio"] for part in parts]
    return list(dict.fromkeys((f or [p])[0] for f, p in zip(found, parts, strict=True)))
