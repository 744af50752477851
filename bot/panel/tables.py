"""Tables that sqladmin edits (the catalogue), behind the panel's own sign-in and roles."""

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqladmin import ModelView
from sqladmin.authentication import AuthenticationBackend

from bot.panel.access import may
from bot.panel.catalogue_views import ArticleView, CasaView, EventView, WorkshopView
from bot.panel.core import HOME, NotAllowedError, SignInNeededError

if TYPE_CHECKING:
    from bot.panel.core import Panel

TABLES: tuple[type[ModelView], ...] = (CasaView, WorkshopView, EventView, ArticleView)
# Tables with rows of a Casa, which its manager may change; the view looks at each row.
OWN_ROWS = {"workshop"}
READING = {"index", "list", "details", "export", "statics", "ajax"}


class PanelSignIn(AuthenticationBackend):
    """sqladmin asks it before each of its pages; its own sign-in is never used."""

    def __init__(self, panel: "Panel") -> None:
        self.middlewares = []
        self.panel = panel

    async def login(self, _request: Request) -> Response | bool:
        """The panel's page does that."""
        return RedirectResponse(f"{HOME}/entrar", 303)

    async def logout(self, _request: Request) -> Response | bool:
        """The panel's page does that."""
        return RedirectResponse(HOME, 303)

    async def authenticate(self, request: Request) -> Response | bool:
        """Whether the signed-in member may read, or write, the catalogue."""
        try:
            member = await self.panel.member(request)
        except SignInNeededError:
            return RedirectResponse(f"{HOME}/entrar?a={request.url.path}", 303)
        request.state.now = self.panel.clock()
        route = request.scope.get("route")
        write = request.method not in {"GET", "HEAD"} or (getattr(route, "name", "") not in READING)
        is_own = request.path_params.get("identity") in OWN_ROWS
        if may(member.role, "workshops" if is_own and write else "catalogue", write):
            return True
        return self.panel.refusal(request, member, NotAllowedError("catalogue"))
