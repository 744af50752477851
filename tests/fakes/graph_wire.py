"""How the Graph API's answers are written, and what of a message a citizen sees."""

from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.fakes.graph_limits import ERRORS, parameters_of
from tests.fakes.troubles import Trouble


def digits(phone: str) -> str:
    """A number as Meta knows it, however it was written."""
    return "".join(c for c in phone if c.isdigit())


def shown(kind: str, said: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """The words of a message, and what of it may be pressed."""
    if kind == "text":
        return said["body"], []
    if kind == "template":
        return " ".join([said["name"], *(p.get("text", "") for p in parameters_of(said))]), []
    if kind != "interactive":
        return said.get("caption", ""), []
    action = said["action"]
    replies = [button["reply"] for button in action.get("buttons", [])]
    rows = [row for section in action.get("sections", []) for row in section["rows"]]
    return said["body"]["text"], [(o["id"], o["title"]) for o in (*replies, *rows)]


def answer_of(trouble: Trouble) -> Response:
    """A trouble's code as a Graph error, an HTTP status as a page."""
    wait = {} if trouble.retry_after is None else {"Retry-After": f"{trouble.retry_after:g}"}
    if trouble.answer in ERRORS:
        return refused(trouble.answer, trouble.description, wait)
    # What stands in front of the API knows no JSON.
    return HTMLResponse("<html>Sorry, something went wrong.</html>", trouble.answer, wait)


def refused(code: int, details: str = "", headers: dict[str, str] | None = None) -> Response:
    """The error as Meta writes it."""
    status, title, usual = ERRORS[code]
    error: dict[str, Any] = {
        "message": title if code == 190 else f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AyUmjG0DS0cEXZZwn8esb2q",
    }
    if code == 190:
        error["error_subcode"] = 463
    else:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details or usual}
    return JSONResponse({"error": error}, status, headers)
