"""What every HTTP route refuses, before it is read or understood. A refusal quotes nothing."""

import re

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000
# WhatsApp gathers up to a thousand items, at most 3 MB; what is refused it delivers for days.
LARGER = {
    "/webhooks/whatsapp": 4_000_000,
    # A quarter's workshops, and the same once more as the page carries it to the second step.
    "/panel/catalogo/importar": 2_000_000,
    "/panel/catalogo/importar/guardar": 4_000_000,
}
# A photograph of up to 10 MB, with the form around it.
PHOTOGRAPHS, PHOTOGRAPH = re.compile(r"/panel/dialogos/[^/]+/fotos"), 11_000_000


def most_of(path: str) -> int:
    """The bytes that a body sent there may have."""
    return PHOTOGRAPH if PHOTOGRAPHS.fullmatch(path) else LARGER.get(path, MAX_BODY)


class BodyLimit:
    """Counts a body's bytes as they arrive: the length that a client declares proves nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; whoever reads too much of the body gets the 413."""
        seen = 0
        longest = most_of(str(scope.get("path", "")))

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > longest:
                raise HTTPException(413, f"at most {longest} bytes")
            return message

        await self.app(scope, counted, send)


async def refuse_shape(_request: Request, error: Exception) -> JSONResponse:
    """FastAPI's 422 without `input`: a body may hold a cédula, or what JSON can't write."""
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    shown = [{"loc": p["loc"], "msg": p["msg"], "type": p["type"]} for p in problems]
    return JSONResponse({"detail": shown}, status_code=422)
