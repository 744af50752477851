"""A Bot API server on loopback: Telegram's offsets, webhooks and refusals, and troubles on demand.

with BotApi() as api:
    api.push_text(7, "hola")      # what a citizen does; polled, or delivered once setWebhook came
    api.sent                      # what the bot said; `api.url` is SOMOS_TELEGRAM_API_URL

As a process: `python -m tests.fakes.bot_api --port N --journal FILE`, driven by `server.Remote`.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.bot_rules import (
    MAX_DOWNLOAD,
    RefusalError,
    buttons_of,
    check_caption,
    check_text,
    plain,
)
from tests.fakes.bot_updates import BOT, Citizens
from tests.fakes.bot_wire import DESCRIPTIONS, answer_of, fine, params_of, refused, shown
from tests.fakes.server import serve, until
from tests.fakes.troubles import FINE, HANG_UP, Trouble, Troubles

__all__ = ["FINE", "HANG_UP", "BotApi", "Sent", "until"]

MOVED = "Bad Request: group chat was upgraded to a supergroup chat"
FILES = {"sendDocument": "document", "sendPhoto": "photo"}


@dataclass(frozen=True)
class Sent:
    """A message as the citizen sees it; `at` is monotonic seconds, `file` its name and content."""

    chat: int
    text: str
    buttons: list[tuple[str, str]]
    params: dict[str, Any]
    message_id: int
    at: float = field(default_factory=time.monotonic)
    method: str = "sendMessage"
    file: tuple[str, bytes] | None = None


class BotApi(Citizens):
    """The server, in a thread of its own; a test reads its lists and pushes updates."""

    def __init__(self, port: int = 0, journal: Path | None = None) -> None:
        route = Route("/bot{token}/{method}", self._call, methods=["GET", "POST"])
        file = Route("/file/bot{token}/{path:path}", self._download, methods=["GET"])
        super().__init__([route, file], Troubles(throttled=429, broken=500), port, journal)
        self.sent: list[Sent] = []
        self.answered: list[str] = []
        self.edited: list[dict[str, Any]] = []
        self.typing: list[int] = []
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.files: dict[str, bytes] = {}
        self.blocked: set[int] = set()
        self.moved: dict[int, int] = {}  # groups that became supergroups, and their new ids
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "answerCallbackQuery": self._answer_callback_query,
            "setMyCommands": self._set_my_commands,
            "editMessageReplyMarkup": self._edit,
            "editMessageText": self._edit,
            "sendChatAction": self._send_chat_action,
            "getFile": self._get_file,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
        }
        self._sends = {"sendMessage", "sendDocument", "sendPhoto", "sendLocation"}

    def clear(self) -> None:
        """Forget all that happened, so that the next test may use the same server."""
        super().clear()
        for kept in (self.updates, self.sent, self.answered, self.commands, self.calls,
                     self.edited, self.typing, self.files, self.blocked, self.moved, self.webhook,
                     self._allowed):  # fmt: skip
            kept.clear()

    # What citizens do, beside `Citizens`, and what goes wrong.

    def block(self, chat: int) -> int:
        """The citizen blocks the bot; from now on it is refused."""
        self.blocked.add(chat)
        return self.push_membership(chat, "member", "kicked")

    def unblock(self, chat: int) -> int:
        self.blocked.discard(chat)
        return self.push_membership(chat, "kicked", "member")

    def fail(
        self,
        status: int,
        *,
        chat: int | None = None,
        method: str = "sendMessage",
        description: str = "",
        **how: Any,
    ) -> None:
        """Answer with an HTTP status, hang up with HANG_UP, or be late with FINE; see `Trouble`."""
        description = description or DESCRIPTIONS.get(status, "")
        address = None if chat is None else str(chat)
        self.troubles.scripted.append(
            Trouble(method, status, address, description=description, **how)
        )

    # What the bot calls.

    async def _call(self, request: Request) -> Response:
        method, params = request.path_params["method"], await params_of(request)
        self.calls.append((method, params))
        chat = params.get("chat_id")
        trouble = self.troubles.of(method, None if chat is None else str(chat))

        async def do(answered: bool) -> Response:
            return await self._do(method, params, answered)

        return await self._through_troubles(trouble, do, answer_of)

    async def _do(self, method: str, params: dict[str, Any], answered: bool) -> Response:
        if int(params.get("chat_id", 0)) in self.blocked:
            return refused(403, DESCRIPTIONS[403])
        new = self.moved.get(int(params.get("chat_id", 0)))
        if new is not None:
            return refused(400, MOVED, parameters={"migrate_to_chat_id": new})
        try:
            if method in self._sends:
                return fine(self._send(method, params, answered))
            if method not in self._methods:
                return refused(404, "Not Found")
            return fine(await self._methods[method](params))
        except RefusalError as refusal:
            return refused(refusal.status, str(refusal))

    def _send(self, method: str, params: dict[str, Any], answered: bool) -> dict[str, Any]:
        said = params.get("text", "") if method == "sendMessage" else params.get("caption", "")
        text = plain(said, params.get("parse_mode"))
        if method == "sendMessage":
            check_text(text)
        check_caption(text) if method in FILES else None
        file = params.get(FILES.get(method, ""))
        if method in FILES and not file:
            raise RefusalError("there is no document in the request")
        file = file if isinstance(file, tuple) else None
        buttons = buttons_of(params.get("reply_markup") or {})
        chat = int(params["chat_id"])
        message = {**self._message(chat, "private"), "from": BOT}
        number = message["message_id"]
        self.sent.append(Sent(chat, text, buttons, params, number, method=method, file=file))
        self._sent(str(chat), str(number), {"method": method, **shown(params)}, answered)
        return {**message, **self._content(method, params, text, file)}

    def _content(
        self, method: str, params: dict[str, Any], text: str, file: tuple[str, bytes] | None
    ) -> dict[str, Any]:
        """What the answer shows of the message beside its text."""
        if method == "sendMessage":
            return {"text": text}
        if method == "sendLocation":
            return {"location": {k: float(params[k]) for k in ("latitude", "longitude")}}
        name, content = file or (str(params[FILES[method]]), b"")
        stored = self._file(content)
        if method == "sendPhoto":
            return {"caption": text, "photo": [{**stored, "width": 9, "height": 9}]}
        return {"caption": text, "document": {**stored, "file_name": name}}

    async def _get_me(self, _params: dict[str, Any]) -> Any:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False,
                "supports_inline_queries": False}  # fmt: skip

    async def _answer_callback_query(self, params: dict[str, Any]) -> Any:
        self.answered.append(params["callback_query_id"])
        return True

    async def _set_my_commands(self, params: dict[str, Any]) -> Any:
        self.commands[params.get("language_code", "")] = params["commands"]
        return True

    async def _edit(self, params: dict[str, Any]) -> Any:
        """The message as it is now; refuses an edit that changes nothing, as Telegram does."""
        text = plain(params.get("text", "…"), params.get("parse_mode"))
        check_text(text)
        buttons_of(params.get("reply_markup") or {})
        asked = {k: params.get(k) for k in ("chat_id", "message_id", "text", "reply_markup")}
        same = [e for e in self.edited if e["message_id"] == asked["message_id"]][-1:]
        if same == [asked]:
            raise RefusalError("message is not modified")
        self.edited.append(asked)
        message = {**self._message(int(params["chat_id"]), "private"), "from": BOT, "text": text}
        return {**message, "message_id": int(params["message_id"])}

    async def _send_chat_action(self, params: dict[str, Any]) -> Any:
        self.typing.append(int(params["chat_id"]))
        return True

    async def _get_file(self, params: dict[str, Any]) -> Any:
        content = self.files.get(params["file_id"])
        if content is None:
            raise RefusalError("wrong file_id or the file is temporarily unavailable")
        if len(content) > MAX_DOWNLOAD:
            raise RefusalError("file is too big")
        number = params["file_id"]
        about = {"file_unique_id": f"u-{number}", "file_size": len(content)}
        return {"file_id": number, **about, "file_path": f"documents/{number}"}

    async def _download(self, request: Request) -> Response:
        content = self.files.get(request.path_params["path"].removeprefix("documents/"))
        return refused(404, "Not Found") if content is None else Response(content)


if __name__ == "__main__":
    serve(BotApi)
