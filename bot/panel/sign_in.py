"""Signing in and out, and a member's own account: password, second factor, open sessions."""

from typing import Annotated

import pyotp
import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.panel.core import COOKIE, HOME, Panel, safe_path
from bot.services import staff as services
from bot.services.staff import SESSION_HOURS, SignIn, StaffMember
from storage.models import Staff
from storage.queries import staff as queries

ACCOUNT = f"{HOME}/mi-cuenta"
Text = Annotated[str, Form()]


def make_router(panel: Panel) -> APIRouter:  # noqa: C901 - a page each, and none is long
    """`/panel/entrar`, `/panel/salir`, `/panel/mi-cuenta`."""
    router = APIRouter(prefix=HOME)

    @router.get("/entrar")
    async def form(request: Request, a: str = HOME) -> Response:
        return panel.page(request, "sign_in.html", None, a=safe_path(a))

    @router.post("/entrar")
    async def enter(
        request: Request, email: Text = "", password: Text = "", code: Text = "", a: Text = HOME
    ) -> Response:
        place = request.client.host if request.client else ""
        tried = SignIn(email, password, code.strip().replace(" ", ""), place)
        error = ""
        try:
            async with panel.database.write() as session:
                token = await services.sign_in(session, panel.clock(), tried)
        except SomosError as refused:
            token, error = None, panel.words(refused.key, **refused.values)
        if token is None:
            error = error or panel.words("sign_in_wrong")
            return panel.page(request, "sign_in.html", None, status=403, a=safe_path(a),
                              error=error, email=email[:254])  # fmt: skip
        response = RedirectResponse(safe_path(a), 303)
        response.set_cookie(
            COOKIE, token, int(SESSION_HOURS.total_seconds()), path=HOME, httponly=True,
            samesite="lax", secure=request.url.scheme == "https",
        )  # fmt: skip
        return response

    @router.post("/salir")
    async def leave(request: Request) -> Response:
        async with panel.database.write() as session:
            await queries.end_session(session, services.digest(request.cookies.get(COOKIE, "")))
        response = RedirectResponse(f"{HOME}/entrar", 303)
        response.delete_cookie(COOKIE, path=HOME)
        return response

    @router.get("/mi-cuenta")
    async def account(request: Request, me: StaffMember = panel.signed_in()) -> Response:
        async with panel.database.read() as session:
            staff = await _own(session, me)
        secret = pyotp.random_base32()
        uri = pyotp.TOTP(secret).provisioning_uri(name=me.email, issuer_name="Somos")
        picture = segno.make(uri).svg_data_uri(scale=5, border=2)
        return panel.page(request, "account.html", me, staff=staff, secret=secret, picture=picture)

    @router.post("/mi-cuenta/clave")
    async def change_password(
        old: Text, new: Text, me: StaffMember = panel.signed_in()
    ) -> Response:
        async with panel.database.write() as session:
            staff = await _own(session, me)
            if not services.is_password(staff.password_hash, old):
                return panel.back(ACCOUNT, "password_wrong", "danger")
            await services.change_password(session, panel.clock(), me.email, staff, new)
        return panel.back(f"{HOME}/entrar", "password_changed")

    @router.post("/mi-cuenta/codigo")
    async def second_factor(
        secret: Text = "", code: Text = "", me: StaffMember = panel.signed_in()
    ) -> Response:
        async with panel.database.write() as session:
            await services.set_totp(session, panel.clock(), await _own(session, me), secret, code)
        return panel.back(ACCOUNT, "totp_on" if secret else "totp_off")

    @router.post("/mi-cuenta/cerrar-sesiones")
    async def leave_everywhere(me: StaffMember = panel.signed_in()) -> Response:
        async with panel.database.write() as session:
            await queries.end_sessions(session, me.id)
        return panel.back(f"{HOME}/entrar", "sessions_ended")

    return router


async def _own(session: AsyncSession, me: StaffMember) -> Staff:
    return await session.get_one(Staff, me.id)
