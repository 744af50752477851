"""Staff accounts: who may do what. Only administrators change them."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import select

from bot.errors import SomosError
from bot.panel.core import HOME, Panel
from bot.services import staff as services
from bot.services.staff import ROLES, StaffMember
from storage.models import Casa, Staff
from storage.queries import audit
from storage.queries import staff as queries

PATH = f"{HOME}/cuentas"
Text = Annotated[str, Form()]


def make_router(panel: Panel) -> APIRouter:
    """`/panel/cuentas`."""
    router = APIRouter(prefix=PATH)

    @router.get("")
    async def accounts(request: Request, me: StaffMember = panel.reader("staff")) -> Response:
        async with panel.database.read() as session:
            everyone = await queries.all_staff(session)
            casas = (await session.execute(select(Casa).order_by(Casa.name))).scalars().all()
        return panel.page(request, "accounts.html", me, everyone=everyone, roles=ROLES,
                          casas={c.id: c.name for c in casas})  # fmt: skip

    @router.post("")
    async def add(
        request: Request, email: Text, name: Text, role: Text, institution: Text = "",
        unit: Text = "", casa_id: Text = "", sees_sensitive: Text = "",
        me: StaffMember = panel.writer("staff"),
    ) -> Response:  # fmt: skip
        # Shown once, on the answer itself: it is never stored nor sent.
        password = secrets.token_urlsafe(12)
        async with panel.database.write() as session:
            await services.add_staff(
                session, panel.clock(), me.email, email, password, role, name,
                institution or None, int(casa_id) if casa_id.isdigit() else None,
                bool(sees_sensitive), unit.strip() or None,
            )  # fmt: skip
        return panel.page(request, "account_added.html", me, email=email, password=password)

    @router.post("/{staff_id}/activa")
    async def set_active(
        staff_id: int, active: Text = "", me: StaffMember = panel.writer("staff")
    ) -> Response:
        if staff_id == me.id:
            raise SomosError("staff_not_yourself")
        async with panel.database.write() as session:
            staff = await session.get_one(Staff, staff_id)
            await services.set_active(session, panel.clock(), me.email, staff, bool(active))
        return panel.back(PATH, "account_enabled" if active else "account_disabled")

    @router.post("/{staff_id}/cerrar-sesiones")
    async def end_sessions(staff_id: int, me: StaffMember = panel.writer("staff")) -> Response:
        async with panel.database.write() as session:
            await queries.end_sessions(session, staff_id)
            audit.note(session, panel.clock(), me.email, "end_sessions", f"staff:{staff_id}")
        return panel.back(PATH, "sessions_ended")

    return router
