"""A Bot API server on loopback: Telegram's offsets and refusals, and troubles on demand.

with BotApi() as api:
    api.push_text(7, "hola")      # what a citizen does
    api.sent                      # what the bot said; `api.url` is SOMOS_TELEGRAM_API_URL
"""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

JSON_FIELDS = {"reply_markup", "commands", "allowed_updates", "link_preview_options"}
HANG_UP = 0
DESCRIPTIONS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: can't use getUpdates method while webhook is active",
    429: "Too Many Requests: retry later",
    500: "Internal Server Error",
}


@dataclass(frozen=True)
class Sent:
    """A message as the citizen sees it; `at` is monotonic seconds."""

    chat: int
    text: str
    buttons: list[tuple[str, str]]
    params: dict[str, Any]
    message_id: int
    at: float = field(default_factory=time.monotonic)


@dataclass
class Trouble:
    """An answer that replaces the next `times` real ones, of a method and maybe of one chat.

    So many as `skip` says still pass before it begins.
    """

    method: str
    status: int
    chat: int | None
    times: int
    skip: int
    retry_after: float | None
    description: str
    after_doing: bool

    def concerns(self, method: str, params: dict[str, Any]) -> bool:
        chat = params.get("chat_id")
        mine = self.chat is None or (chat is not None and int(chat) == self.chat)
        if self.times == 0 or method != self.method or not mine:
            return False
        self.skip -= 1
        return self.skip < 0


class RefusalError(Exception):
    """A call that Telegram would refuse with a 400."""


class HangUp(Response):
    """Promises a body and closes the connection instead."""

    async def __call__(self, scope, receive, send):
        headers = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class BotApi:
    """The server, in a thread of its own; a test reads its lists and pushes updates."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.sent: list[Sent] = []
        self.answered: list[str] = []
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.troubles: list[Trouble] = []
        self._next_update, self._next_message = 1000, 1
        self._methods = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "sendMessage": self._send_message,
            "answerCallbackQuery": self._answer_callback_query,
            "setMyCommands": self._set_my_commands,
            "editMessageReplyMarkup": self._edit_message_reply_markup,
            "deleteWebhook": self._delete_webhook,
        }
        route = Route("/bot{token}/{method}", self._call, methods=["GET", "POST"])
        config = uvicorn.Config(
            Starlette(routes=[route]), loop="asyncio", http="h11", ws="none", lifespan="off",
            log_config=None, log_level="critical", timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)

    def __enter__(self) -> "BotApi":
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def clear(self) -> None:
        """Forget all that happened, so that the next test may use the same server."""
        for kept in (self.updates, self.sent, self.answered, self.commands, self.calls):
            kept.clear()
        self.troubles.clear()

    # What citizens do.

    def push_text(self, chat: int, text: str, kind: str = "private") -> int:
        """A text message; returns the update's id."""
        return self.push_message(chat, kind, text=text)

    def push_message(self, chat: int, kind: str = "private", **content: Any) -> int:
        """A message of any content, such as `photo=[…]`."""
        return self._push({"message": {**self._message(chat, kind), **content}})

    def push_callback(self, chat: int, data: str, kind: str = "private") -> int:
        """A press of a button."""
        query = {
            "id": f"query-{self._next_update}",
            "from": _person(chat),
            "chat_instance": "1",
            "message": {**self._message(chat, kind), "text": "…"},
            "data": data,
        }
        return self._push({"callback_query": query})

    def _push(self, content: dict[str, Any]) -> int:
        self._next_update += 1
        self.updates.append({"update_id": self._next_update, **content})
        return self._next_update

    def _message(self, chat: int, kind: str) -> dict[str, Any]:
        self._next_message += 1
        return {
            "message_id": self._next_message,
            "date": int(time.time()),
            "chat": {"id": chat, "type": kind},
            "from": _person(chat),
        }

    # What goes wrong.

    def fail(
        self,
        status: int,
        *,
        chat: int | None = None,
        times: int = 1,
        skip: int = 0,
        method: str = "sendMessage",
        retry_after: float | None = None,
        description: str = "",
        after_doing: bool = False,
    ) -> None:
        """Answer with an HTTP status, or hang up with HANG_UP; `after_doing` loses the answer."""
        description = description or DESCRIPTIONS.get(status, "")
        trouble = Trouble(method, status, chat, times, skip, retry_after, description, after_doing)
        self.troubles.append(trouble)

    # What the bot calls.

    async def _call(self, request: Request) -> Response:
        method, params = request.path_params["method"], await _params(request)
        self.calls.append((method, params))
        trouble = next((t for t in self.troubles if t.concerns(method, params)), None)
        if trouble is not None:
            trouble.times -= 1
            if trouble.after_doing:
                await self._do(method, params)
            return _answer_of(trouble)
        return await self._do(method, params)

    async def _do(self, method: str, params: dict[str, Any]) -> Response:
        action = self._methods.get(method)
        if action is None:
            return _refused(404, "Not Found")
        try:
            return JSONResponse({"ok": True, "result": await action(params)})
        except RefusalError as refusal:
            return _refused(400, f"Bad Request: {refusal}")

    async def _get_me(self, _params: dict[str, Any]) -> Any:
        return {"id": 1, "is_bot": True, "first_name": "Somos", "username": "somos_test_bot"}

    async def _get_updates(self, params: dict[str, Any]) -> Any:
        """Forgets what is below the offset; waits up to the timeout for something above it."""
        offset, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        # One by one: a test in the other thread may push meanwhile.
        for update in list(self.updates):
            if update["update_id"] < offset:
                self.updates.remove(update)
        deadline = time.monotonic() + float(params.get("timeout", 0))
        while not (self.updates or time.monotonic() > deadline or self._server.should_exit):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return self.updates[:limit]

    async def _send_message(self, params: dict[str, Any]) -> Any:
        chat, text = int(params["chat_id"]), params.get("text", "")
        keyboard = params.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [(b["text"], b["callback_data"]) for row in keyboard for b in row]
        if not text.strip():
            raise RefusalError("message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            raise RefusalError("message is too long")
        if not all(1 <= len(data.encode()) <= 64 for _, data in buttons):
            raise RefusalError("BUTTON_DATA_INVALID")
        message = self._message(chat, "private")
        self.sent.append(Sent(chat, text, buttons, params, message["message_id"]))
        return {**message, "text": text}

    async def _answer_callback_query(self, params: dict[str, Any]) -> Any:
        self.answered.append(params["callback_query_id"])
        return True

    async def _set_my_commands(self, params: dict[str, Any]) -> Any:
        self.commands[params.get("language_code", "")] = params["commands"]
        return True

    async def _edit_message_reply_markup(self, params: dict[str, Any]) -> Any:
        return {**self._message(int(params["chat_id"]), "private"), "text": "…"}

    async def _delete_webhook(self, _params: dict[str, Any]) -> Any:
        return True


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that the bot's doing brings about; fails after some seconds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.005)


async def _params(request: Request) -> dict[str, Any]:
    body = (await request.body()).decode()
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(json.loads(body or "{}"))
    params: dict[str, Any] = {**request.query_params, **dict(parse_qsl(body))}
    return {k: json.loads(v) if k in JSON_FIELDS else v for k, v in params.items()}


def _answer_of(trouble: Trouble) -> Response:
    if trouble.status == HANG_UP:
        return HangUp()
    wait = trouble.retry_after
    extra = {} if wait is None else {"parameters": {"retry_after": wait}}
    return _refused(trouble.status, trouble.description, **extra)


def _refused(status: int, description: str, **extra: Any) -> Response:
    body = {"ok": False, "error_code": status, "description": description, **extra}
    return JSONResponse(body, status)


def _person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Rosa", "language_code": "es"}
