"""How calls of the Bot API are read, and its answers written."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.server import parts_of
from tests.fakes.troubles import Trouble

JSON_FIELDS = {"reply_markup", "commands", "allowed_updates", "link_preview_options", "scope",
               "reply_parameters"}  # fmt: skip
DESCRIPTIONS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: can't use getUpdates method while webhook is active",
    429: "Too Many Requests: retry later",
    500: "Internal Server Error",
}


async def params_of(request: Request) -> dict[str, Any]:
    """The call's parameters; a file that came along is (name, content)."""
    body, kind = await request.body(), request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return dict(json.loads(body or "{}"))
    if kind.startswith("multipart/form-data"):
        parts = parts_of(body, kind).items()
        form = {k: (name, data) if name else data.decode() for k, (name, _, data) in parts}
        return {k: json.loads(v) if k in JSON_FIELDS else v for k, v in form.items()}
    params: dict[str, Any] = {**request.query_params, **dict(parse_qsl(body.decode()))}
    return {k: json.loads(v) if k in JSON_FIELDS else v for k, v in params.items()}


def shown(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters for the books: of a file, its name."""
    return {k: v[0] if isinstance(v, tuple) else v for k, v in params.items()}


def fine(result: Any) -> Response:
    return JSONResponse({"ok": True, "result": result})


def answer_of(trouble: Trouble) -> Response:
    wait = trouble.retry_after
    extra = {} if wait is None else {"parameters": {"retry_after": wait}}
    description = trouble.description or DESCRIPTIONS.get(trouble.answer, "")
    return refused(trouble.answer, description, **extra)


def refused(status: int, description: str, **extra: Any) -> Response:
    body = {"ok": False, "error_code": status, "description": description, **extra}
    return JSONResponse(body, status)
