"""Tables that sqladmin edits (the catalogue), behind the panel's own sign-in and roles."""

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqladmin import ModelView
from sqladmin.authentication import AuthenticationBackend

from bot.panel.access import may
from bot.panel.core import HOME, NotAllowedError, SignInNeededError

if TYPE_CHECKING:
    from bot.panel.core import Panel

TABLES: tuple[type[ModelView], ...] = ()
READING = {"index", "list", "details", "export", "statics", "ajax"}


class PanelSignIn(AuthenticationBackend):
    """sqladmin asks it before each of its pages; its own sign-in is never used."""

    def __init__(self, panel: "Panel") -> None:
        self.middlewares = []
        self._panel = panel

    async def login(self, _request: Request) -> Response | bool:
        """The panel's page does that."""
        return RedirectResponse(f"{HOME}/entrar", 303)

    async def logout(self, _request: Request) -> Response | bool:
        """The panel's page does that."""
        return RedirectResponse(HOME, 303)

    async def authenticate(self, request: Request) -> Response | bool:
        """Whether the signed-in member may read, or write, the catalogue."""
        try:
            member = await self._panel.member(request)
        except SignInNeededError:
            return RedirectResponse(f"{HOME}/entrar?a={request.url.path}", 303)
        route = request.scope.get("route")
        write = request.method not in {"GET", "HEAD"} or (getattr(route, "name", "") not in READING)
        if may(member.role, "catalogue", write):
            return True
        return self._panel.refusal(request, member, NotAllowedError("catalogue"))
