"""Wires the panel into the web application: guard, pages, sqladmin for the catalogue's tables."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from sqladmin import Admin

from bot.clock import LOCAL, Clock
from bot.errors import SomosError
from bot.panel import (
    accounts,
    audit_log,
    broadcast_decisions,
    broadcast_drafts,
    broadcasts,
    catalogue,
    commitment_pages,
    conversations,
    dialogue_files,
    dialogue_list,
    dialogue_matrices,
    dialogue_page,
    enrollments,
    grids,
    overview,
    report_page,
    report_queue,
    report_writing,
    sign_in,
    unclear,
    work_plan_page,
)
from bot.panel.access import may
from bot.panel.core import (
    FOLDER,
    HOME,
    NotAllowedError,
    NotFoundError,
    Panel,
    Showing,
    SignInNeededError,
    Words,
    menu_of,
)
from bot.panel.guard import PanelGuard
from bot.panel.tables import TABLES, PanelSignIn
from bot.settings import Settings
from intents.interpreter import Interpreter
from responses.render import Renderer
from storage.database import Database

TEMPLATES = FOLDER / "templates"
TABLES_AT = f"{HOME}/tablas"
# Each module's make_router(panel).
PAGES: tuple[Callable[[Panel], APIRouter], ...] = (
    sign_in.make_router,
    overview.make_router,
    report_queue.make_router,
    report_page.make_router,
    report_writing.make_router,
    enrollments.make_router,
    conversations.make_router,
    unclear.make_router,
    catalogue.make_router,
    grids.make_router,
    dialogue_list.make_router,
    dialogue_page.make_router,
    dialogue_matrices.make_router,
    dialogue_files.make_router,
    commitment_pages.make_router,
    work_plan_page.make_router,
    broadcast_drafts.make_router,
    broadcast_decisions.make_router,
    broadcasts.make_router,
    accounts.make_router,
    audit_log.make_router,
)


def mount_panel(
    web: FastAPI,
    database: Database,
    clock: Clock,
    renderer: Renderer,
    settings: Settings,
    shown: Showing,
    interpreter: Interpreter | None = None,
) -> Panel:
    """Add `/panel` to the application."""
    words = Words(renderer)
    loaders = [FileSystemLoader(TEMPLATES), PackageLoader("sqladmin", "templates")]
    templates = Environment(loader=ChoiceLoader(loaders), autoescape=True, trim_blocks=True)
    panel = Panel(database, clock, renderer, words, templates, settings, shown, interpreter)
    for make_router in PAGES:
        web.include_router(make_router(panel), include_in_schema=False)
    web.mount(f"{HOME}/archivos", StaticFiles(directory=FOLDER / "static"), name="panel_files")
    admin = Admin(
        web,
        session_maker=database.session_maker(),
        base_url=TABLES_AT,
        title="Somos",
        templates_dir=str(TEMPLATES),
        authentication_backend=PanelSignIn(panel),
    )
    for table in TABLES:
        admin.add_view(table)
    for environment in (templates, admin.templates.env):
        environment.globals.update(words=words, menu_of=menu_of, may=may, local=_local)
    web.add_middleware(PanelGuard)
    web.add_exception_handler(SignInNeededError, _to_sign_in)

    async def refuse(request: Request, error: Exception) -> Response:
        if not request.url.path.startswith(HOME):
            raise error
        return panel.refusal(request, getattr(request.state, "member", None), error)

    web.add_exception_handler(NotAllowedError, refuse)
    web.add_exception_handler(NotFoundError, refuse)
    web.add_exception_handler(SomosError, refuse)
    return panel


async def _to_sign_in(request: Request, _error: Exception) -> Response:
    path = request.url.path if request.method == "GET" else HOME
    return RedirectResponse(f"{HOME}/entrar?a={path}", 303)


def _local(instant: object) -> object:
    """An instant as the clocks of Ecuador show it; for templates."""
    return instant.astimezone(LOCAL) if hasattr(instant, "astimezone") else instant
