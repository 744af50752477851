"""What all pages of the panel share. A page is a module with `make_router(panel) -> APIRouter`:

    def make_router(panel: Panel) -> APIRouter:
        router = APIRouter(prefix="/panel/reportes")

        @router.get("")
        async def queue(request: Request, me: StaffMember = panel.reader("reports")) -> Response:
            return panel.page(request, "reports/queue.html", me, rows=...)

        @router.post("/{folio}/accept")
        async def accept(folio: str, me: StaffMember = panel.writer("reports")) -> Response:
            async with panel.database.write() as session: ...
            return panel.back("/panel/reportes", "report_accepted", folio=folio)

Add it to `PAGES` in `bot/panel/mount.py`, its link to `MENU` below, its templates (extending
`panel.html`) below `templates/`. A SomosError that escapes is shown in words, with 409.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment
from ruamel.yaml import YAML

from bot.clock import Clock
from bot.errors import SomosError
from bot.messages import Outgoing, Shown
from bot.panel.access import Area, may
from bot.services import staff as services
from bot.services.staff import StaffMember
from bot.settings import Settings
from intents.interpreter import Interpreter
from responses.render import Renderer
from storage.database import Database

FOLDER = Path(__file__).parent
COOKIE, NOTICE = "somos_staff", "somos_notice"
HOME = "/panel"
# Path, area, key of the label in words.yml, icon of the Tabler set.
MENU: tuple[tuple[str, Area, str, str], ...] = (
    ("/panel", "overview", "menu_overview", "ti-home"),
    ("/panel/reportes", "reports", "menu_reports", "ti-message-report"),
    ("/panel/inscripciones", "enrollments", "menu_enrollments", "ti-clipboard-list"),
    ("/panel/conversaciones", "conversations", "menu_conversations", "ti-messages"),
    ("/panel/no-entendidos", "learning", "menu_unclear", "ti-bulb"),
    ("/panel/catalogo", "catalogue", "menu_catalogue", "ti-books"),
    ("/panel/dialogos", "dialogues", "menu_dialogues", "ti-messages"),
    ("/panel/compromisos", "dialogues", "menu_commitments", "ti-checklist"),
    ("/panel/plan-de-trabajo", "dialogues", "menu_work_plan", "ti-calendar"),
    ("/panel/difusiones", "broadcasts", "menu_broadcasts", "ti-speakerphone"),
    ("/panel/cuentas", "staff", "menu_staff", "ti-users"),
    ("/panel/auditoria", "audit", "menu_audit", "ti-history"),
)


class SignInNeededError(Exception):
    """Nobody is signed in: the browser is sent to the sign-in page, and back afterwards."""


class NotAllowedError(Exception):
    """The role may not do that: 403."""


class NotFoundError(Exception):
    """There is no such thing, or none that the member may see: 404."""


class Words:
    """What the panel says: `words.yml`, and the responses for errors of services."""

    def __init__(self, renderer: Renderer) -> None:
        self._words: dict[str, str] = YAML(typ="safe").load(FOLDER / "words.yml")
        self._renderer = renderer

    def __call__(self, key: str, **values: Any) -> str:
        """The words of a key, with its values; raises KeyError for an unknown one."""
        if key in self._words:
            return self._words[key].format(**values)
        return self._renderer.render(key, "es", values).text

    def __contains__(self, key: str) -> bool:
        return key in self._words or key in self._renderer.templates


# How channels show a message in a language.
Showing = Callable[[Outgoing, str], Sequence[Shown]]


@dataclass(frozen=True)
class Panel:
    """What pages use: the database, the clock, templates, words, and who may."""

    database: Database
    clock: Clock
    renderer: Renderer
    words: Words
    templates: Environment
    settings: Settings
    shown: Showing
    # Reads what staff correct, so that it can be learned; none: nothing is learned.
    interpreter: Interpreter | None = None

    def reader(self, area: Area) -> Any:
        """A dependency: the signed-in member, who may read the area."""
        return Depends(self._allowed(area, write=False))

    def writer(self, area: Area) -> Any:
        """A dependency: the signed-in member, who may change the area."""
        return Depends(self._allowed(area, write=True))

    def signed_in(self) -> Any:
        """A dependency: the signed-in member, whatever their role."""
        return Depends(self.member)

    def _allowed(self, area: Area, write: bool) -> Callable[[Request], Any]:
        async def check(request: Request) -> StaffMember:
            member = await self.member(request)
            if not may(member.role, area, write):
                raise NotAllowedError(area)
            return member

        # So that a test can ask each route for whom it is.
        vars(check).update(area=area, write=write)
        return check

    async def member(self, request: Request) -> StaffMember:
        """Who is signed in; raises SignInNeededError."""
        token = request.cookies.get(COOKIE)
        if token:
            now = self.clock()
            async with self.database.read() as session:
                found = await services.who(session, now, token)
            if found is not None:
                member, is_stale = found
                request.state.member = member
                if is_stale:
                    async with self.database.write() as session:
                        await services.touch(session, now, token)
                return member
        raise SignInNeededError

    def page(
        self, request: Request, template: str, me: StaffMember | None, *, status: int = 200,
        **values: Any,
    ) -> HTMLResponse:  # fmt: skip
        """A page; a notice that `back` left is shown once."""
        request.state.member = me
        notice = self._notice(request)
        html = self.templates.get_template(template).render(
            request=request, me=me, notice=notice, **values
        )
        response = HTMLResponse(html, status)
        if notice:
            response.delete_cookie(NOTICE, path=HOME)
        return response

    def back(
        self, path: str, key: str = "", tone: str = "success", **values: Any
    ) -> RedirectResponse:
        """Go to a page of ours after a write, and say there what was done."""
        response = RedirectResponse(path, 303)
        if key:
            kept = quote(json.dumps({"key": key, "tone": tone, "values": values}))
            response.set_cookie(NOTICE, kept, 60, path=HOME, httponly=True, samesite="lax")
        return response

    def _notice(self, request: Request) -> dict[str, str]:
        try:
            said = json.loads(unquote(request.cookies.get(NOTICE, "")))
            text = self.words(said["key"], **said["values"])
        except (ValueError, KeyError, TypeError):
            return {}
        return {"text": text, "tone": "danger" if said.get("tone") == "danger" else "success"}

    def refusal(self, request: Request, me: StaffMember | None, error: Exception) -> Response:
        """The page for what we refuse."""
        if isinstance(error, SomosError):
            text = self.words(error.key, **error.values)
            return self.page(request, "error.html", me, status=409, text=text)
        if isinstance(error, NotFoundError):
            return self.page(request, "error.html", me, status=404, text=self.words("not_found"))
        return self.page(request, "error.html", me, status=403, text=self.words("not_allowed"))


def menu_of(member: StaffMember | None) -> list[tuple[str, Area, str, str]]:
    """The links that a member may follow."""
    return [m for m in MENU if member is not None and may(member.role, m[1])]


def safe_path(path: str) -> str:
    """The path if it is one of the panel's, else the panel's first page (no open redirects)."""
    is_ours = path == HOME or path.startswith(f"{HOME}/")
    is_plain = not any(c in path for c in "\\\r\n\t") and "//" not in path
    return path if is_ours and is_plain else HOME
