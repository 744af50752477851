"""A webhook of our own to deliver to, for tests of the fakes: it fails as often as it is told."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes.server import Gateway
from tests.fakes.troubles import Troubles


class Receiver(Gateway):
    """Remembers what it was given, as (headers, body), acknowledged or not."""

    def __init__(self) -> None:
        route = Route("/", self._receive, methods=["GET", "POST"])
        super().__init__([route], Troubles(429, 500), 0, None)
        self.given: list[tuple[dict[str, str], bytes]] = []
        self.failures = 0

    async def _receive(self, request: Request) -> Response:
        if request.method == "GET":
            right = request.query_params["hub.verify_token"] == "right"
            return PlainTextResponse(request.query_params["hub.challenge"], 200 if right else 403)
        self.given.append((dict(request.headers), await request.body()))
        self.failures -= 1
        return PlainTextResponse("", 500 if self.failures >= 0 else 200)

    def json(self) -> list[Any]:
        return [json.loads(body) for _, body in self.given]
