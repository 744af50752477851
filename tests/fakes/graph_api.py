"""The WhatsApp Cloud API on loopback: its limits, its 24 hours, its errors, and troubles on demand.

with GraphApi() as graph:
    graph.webhook = "http://127.0.0.1:8000/webhooks/whatsapp"
    graph.push_text("593990000017", "hola")   # what a citizen does
    graph.sent                                # what the bot said; `graph.url` is the base URL

As a process: `python -m tests.fakes.graph_api --port N --journal FILE`, driven by `server.Remote`.
"""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.graph_inbox import Citizens
from tests.fakes.graph_limits import UPLOADABLE, GraphError, check, parameters_of
from tests.fakes.graph_webhooks import NUMBER
from tests.fakes.graph_wire import answer_of, digits, refused, shown
from tests.fakes.server import parts_of, serve, until
from tests.fakes.troubles import FINE, HANG_UP, Trouble, Troubles

__all__ = ["FINE", "HANG_UP", "GraphApi", "Sent", "until"]

LANGUAGE = "es"


@dataclass(frozen=True)
class Sent:
    """A message as the citizen sees it: its words, and (id, title) of what may be pressed."""

    citizen: str
    kind: str
    text: str
    options: list[tuple[str, str]]
    payload: dict[str, Any]
    wamid: str
    at: float = field(default_factory=time.monotonic)


class GraphApi(Citizens):
    """The server. What citizens do: `graph_inbox`; what they write: `graph_webhooks`.

    `templates`: (name, language) and how many parameters each has. `follow_up`: the statuses that
    come by themselves after each message. `refuse_late`: closed windows and unreachable citizens
    are accepted first and `failed` afterwards, as Meta mostly does.
    """

    token = "not-a-real-token"
    follow_up: tuple[str, ...] = ()
    refuse_late = False

    def __init__(self, port: int = 0, journal: Path | None = None) -> None:
        number = "/{version}/{number}"
        routes = [
            Route("/files/{number}", self._call(self._download)),
            Route(f"{number}/messages", self._call(self._messages), methods=["POST"]),
            Route(f"{number}/media", self._call(self._upload), methods=["POST"]),
            Route(number, self._call(self._look), methods=["GET"]),
            Route(number, self._call(self._delete), methods=["DELETE"]),
        ]
        super().__init__(routes, Troubles(throttled=130429, broken=131000), port, journal)
        self.sent: list[Sent] = []
        self.seen: list[str] = []  # ids that the bot marked as read
        self.typing: list[str] = []
        self.files: dict[str, tuple[str, bytes]] = {}  # media id: type, content
        self.blocked: set[str] = set()
        self.templates: dict[tuple[str, str], int] = {}

    def clear(self) -> None:
        """Forget all that happened, so that the next test may use the same server."""
        super().clear()
        for kept in (self.sent, self.seen, self.typing, self.files, self.blocked, self.templates,
                     self.last_wrote, self.opaque, self.recipients):  # fmt: skip
            kept.clear()
        for own in ("token", "follow_up", "refuse_late", "webhook", "app_secret", "phone_id"):
            self.__dict__.pop(own, None)

    def configure(self, **how: Any) -> None:
        """Set token, phone_id, app_secret, webhook, follow_up or refuse_late, from afar too."""
        for name, value in how.items():
            if not hasattr(GraphApi, name):
                raise AttributeError(name)
            setattr(self, name, value)

    def add_template(self, name: str, parameters: int = 0, language: str = LANGUAGE) -> None:
        """Approve a template."""
        self.templates[name, language] = parameters

    def add_file(self, content: str | bytes, mime_type: str) -> str:
        """A file that a citizen sends: its media id."""
        number = str(self._number())
        data = content if isinstance(content, bytes) else content.encode()
        self.files[number] = (mime_type, data)
        return number

    def block(self, citizen: str) -> None:
        """From now on nothing reaches this citizen."""
        self.blocked.add(citizen)

    def fail(
        self, code: int, *, citizen: str | None = None, call: str = "messages", **how: Any
    ) -> None:
        """Answer with a Graph error's code or an HTTP 5xx, HANG_UP, or be late with FINE.

        `call`: messages, media (the upload), look, download, delete; the rest: see `Trouble`.
        """
        self.troubles.scripted.append(Trouble(call, code, citizen, **how))

    # What our service calls.

    def _call(
        self, do: Callable[[Request, Any, bool], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        name = {"_upload": "media"}.get(do.__name__, do.__name__.strip("_"))

        async def call(request: Request) -> Response:
            body = json.loads(await request.body() or "{}") if name == "messages" else {}
            citizen = digits(body["to"]) if body.get("to") else None

            async def answer(answered: bool) -> Response:
                try:
                    self._check_access(request)
                    return await do(request, body, answered)
                except GraphError as error:
                    return refused(error.code, error.details)

            return await self._through_troubles(self.troubles.of(name, citizen), answer, answer_of)

        return call

    def _check_access(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise GraphError(190)

    def _check_number(self, request: Request) -> None:
        if request.path_params["number"] != self.phone_id:
            raise GraphError(100, "Object with this ID does not exist")

    async def _messages(self, request: Request, body: Any, answered: bool) -> Response:
        self._check_number(request)
        if body.get("status") == "read":
            return self._read(body)
        check(body)
        citizen = digits(body["to"])
        problem = self._problem(citizen, body)
        if problem and not self.refuse_late:
            raise GraphError(problem)
        return self._accept(citizen, body, problem, answered)

    def _read(self, body: dict[str, Any]) -> Response:
        if not body.get("message_id"):
            raise GraphError(131008, "message_id is required")
        self.seen.append(body["message_id"])
        if body.get("typing_indicator"):
            self.typing.append(body["message_id"])
        return JSONResponse({"success": True})

    def _problem(self, citizen: str, body: dict[str, Any]) -> int:
        """Why this can't reach the citizen: a code, or 0; raises what Meta always says at once."""
        kind = body.get("type", "text")
        said = body[kind]
        if isinstance(said, dict) and said.get("id", "") not in {"", *self.files}:
            raise GraphError(131053, "Media ID not found")
        if kind == "template":
            self._check_template(said)
        elif not self.has_window(citizen):
            return 131047
        return 131026 if citizen in self.blocked else 0

    def _check_template(self, template: dict[str, Any]) -> None:
        wanted = self.templates.get((template["name"], template["language"]["code"]))
        if wanted is None:
            raise GraphError(132001)
        given = len(parameters_of(template))
        if given != wanted:
            raise GraphError(132000, f"body: number of localizable_params ({given}) != {wanted}")

    def _accept(self, citizen: str, body: dict[str, Any], problem: int, answered: bool) -> Response:
        wamid, kind = self._wamid(citizen), body.get("type", "text")
        self.opaque[wamid] = body.get("biz_opaque_callback_data")
        self.recipients[wamid] = citizen
        if problem:
            self.push_status(wamid, "failed", problem)
        else:
            words, options = shown(kind, body[kind])
            self.sent.append(Sent(citizen, kind, words, options, body, wamid))
            self._sent(citizen, wamid, body, answered)
            for status in self.follow_up:
                self.push_status(wamid, status)
        more = {"message_status": "accepted"} if kind == "template" else {}
        return JSONResponse({
            "messaging_product": "whatsapp",
            "contacts": [{"input": body["to"], "wa_id": citizen}],
            "messages": [{"id": wamid, **more}],
        })  # fmt: skip

    async def _upload(self, request: Request, _body: Any, _answered: bool) -> Response:
        self._check_number(request)
        form = parts_of(await request.body(), request.headers.get("content-type", ""))
        if form.get("messaging_product", ("", "", b""))[2] != b"whatsapp" or "file" not in form:
            raise GraphError(100, "The parameters messaging_product and file are required.")
        _, kind, content = form["file"]
        if kind.partition(";")[0] not in UPLOADABLE:
            raise GraphError(100, f"Param file must be of a supported type. Received {kind}.")
        return JSONResponse({"id": self.add_file(content, kind)})

    async def _look(self, request: Request, _body: Any, _answered: bool) -> Response:
        """Where a file is, or what is known of our own number."""
        number = request.path_params["number"]
        if number == self.phone_id:
            about = {"verified_name": "Somos", "quality_rating": "GREEN", "id": number}
            return JSONResponse({**about, "display_phone_number": NUMBER})
        kind, content = self._file(number)
        return JSONResponse({
            "messaging_product": "whatsapp",
            "url": f"{self.url}/files/{number}",
            "mime_type": kind,
            "sha256": hashlib.sha256(content).hexdigest(),
            "file_size": len(content),
            "id": number,
        })  # fmt: skip

    async def _download(self, request: Request, _body: Any, _answered: bool) -> Response:
        kind, content = self._file(request.path_params["number"])
        return Response(content, media_type=kind)

    async def _delete(self, request: Request, _body: Any, _answered: bool) -> Response:
        self._file(request.path_params["number"])
        del self.files[request.path_params["number"]]
        return JSONResponse({"success": True})

    def _file(self, number: str) -> tuple[str, bytes]:
        if number not in self.files:
            raise GraphError(100, "Object with this ID does not exist")
        return self.files[number]


if __name__ == "__main__":
    serve(GraphApi)
