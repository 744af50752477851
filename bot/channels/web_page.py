"""The web chat at `/`: static files with a strict content security policy, and its settings."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "web"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
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


def static_files() -> StaticFiles:
    """Style sheet, script and icon."""
    return StaticFiles(directory=FOLDER)
