"""Photographs of a dialogue, and its documents to download."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, UploadFile
from fastapi.responses import FileResponse, Response

from bot.matrices import BUILDERS, report
from bot.matrices.writers import render, render_report
from bot.panel.core import HOME, Panel
from bot.panel.form_fields import row_by_id
from bot.services import dialogues as services
from bot.services import photographs
from bot.services.staff import StaffMember

PATH = f"{HOME}/dialogos"
Format = Literal["docx", "xlsx", "pdf", "csv"]
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
}


def make_router(panel: Panel) -> APIRouter:
    """Files of `/panel/dialogos/{slug}`."""
    router = APIRouter(prefix=PATH)

    @router.post("/{slug}/fotos")
    async def add(
        slug: str, file: UploadFile, caption: Annotated[str, Form()] = "",
        me: StaffMember = panel.writer("dialogues"),
    ) -> Response:  # fmt: skip
        content = await file.read(photographs.LARGEST + 1)
        made, width, height = await asyncio.to_thread(photographs.remade, content)
        digest = await asyncio.to_thread(photographs.keep, made, panel.settings.photographs_dir)
        async with panel.database.write() as session:
            dialogue = await services.find(session, slug)
            await photographs.add(session, dialogue, digest, (width, height), caption, me.email,
                                  panel.clock())  # fmt: skip
        return panel.back(f"{PATH}/{slug}#fotos", "photograph_added")

    @router.post("/{slug}/fotos/{number}/quitar")
    async def remove(
        slug: str, number: str, me: StaffMember = panel.writer("dialogues")
    ) -> Response:
        async with panel.database.write() as session:
            dialogue = await services.find(session, slug)
            photograph = row_by_id(dialogue.photographs, number)
            if photograph is not None:
                await photographs.remove(session, dialogue, photograph, me.email, panel.clock())
        return panel.back(f"{PATH}/{slug}#fotos", "photograph_removed")

    @router.get("/{slug}/fotos/{number}", dependencies=[panel.reader("dialogues")])
    async def photograph(slug: str, number: str) -> Response:
        async with panel.database.read() as session:
            dialogue = await services.find(session, slug, lock=False)
        found = row_by_id(dialogue.photographs, number)
        path = panel.settings.photographs_dir / f"{found.digest}.jpg" if found else Path()
        if found is None or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="image/jpeg")

    @router.get("/{slug}/descargar/{kind}.{format}", dependencies=[panel.reader("dialogues")])
    async def download(slug: str, kind: str, format: Format) -> Response:
        if kind not in ("report", "alerts", "commitments", "attendance"):
            raise HTTPException(404)
        if kind != "report":
            return await tables_file(panel, kind, slug, format)
        async with panel.database.read() as session:
            (found,) = await report.build(session, slug, panel.settings.photographs_dir)
        folder = panel.settings.templates_dir
        content = await asyncio.to_thread(render_report, found, format, folder)
        return attachment(content, f"{slug}-informe", format)

    return router


NAMES = {"alerts": "alertas", "commitments": "compromisos", "attendance": "asistencia",
         "workplan": "plan-de-trabajo"}  # fmt: skip


async def tables_file(panel: Panel, kind: str, slug: str | None, format: Format) -> Response:
    """A matrix of one dialogue or plan, or of all, to download."""
    async with panel.database.read() as session:
        tables = await BUILDERS[kind](session, slug)
    folder = panel.settings.templates_dir
    content = await asyncio.to_thread(render, tables, format, kind, folder)
    return attachment(content, f"{slug or 'todos'}-{NAMES[kind]}", format)


def attachment(content: bytes, name: str, format: Format) -> Response:
    """A file that the browser keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return Response(content, media_type=TYPES[format], headers=headers)
