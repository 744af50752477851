"""The web chat at `/`: static files with a strict content security policy, and its settings."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "web"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # What a person wrote must not be found with the "back" button later.
    "Cache-Control": "no-cache",
}


def make_router(is_demo: bool) -> APIRouter:
    """The page and what it needs to know."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(FOLDER / "index.html", headers=HEADERS)

    @router.get("/config.json", include_in_schema=False)
    async def config() -> dict[str, bool]:
        return {"demo": is_demo}

    return router


class _Files(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        # The page itself lies in this folder: without its policy it must not be had either.
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response


def static_files() -> StaticFiles:
    """Style sheet, script and icon, with the page's headers."""
    return _Files(directory=FOLDER)
