"""What every answer of the panel carries, and which requests never reach it.

A write must come from a page of ours: browsers say where a request comes from (Fetch Metadata,
Origin), and who says nothing is no browser. No script or style but our files: what a citizen
wrote can't run.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/panel"
SAFE = {"GET", "HEAD", "OPTIONS"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PanelGuard:
    """Middleware for the paths below `/panel`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse cross-site writes with 403; add the headers to all answers."""
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(f"{PREFIX}/")):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if not path.startswith(f"{PREFIX}/statics/"):
                    # On a shared computer "back" must not show what the one before saw.
                    headers["Cache-Control"] = "no-store"
            await send(message)

        app = self.app if is_own(scope) else PlainTextResponse("cross-site request refused\n", 403)
        await app(scope, receive, with_headers)


def is_own(scope: Scope) -> bool:
    """Whether a request only reads, or comes from a page of this host."""
    if scope["method"] in SAFE:
        return True
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host")
    return site == "same-origin"
