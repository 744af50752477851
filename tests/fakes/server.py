"""What both fake gateways share: a server on loopback, troubles, a journal, and remote control.

In a process of its own a fake is driven through `Remote`: the same methods, over HTTP.
"""

import asyncio
import json
import socket
import threading
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.courier import Courier
from tests.fakes.journal import ACKNOWLEDGED, PUSHED, SENT, Entry, Journal
from tests.fakes.troubles import FINE, HANG_UP, Trouble, Troubles


class Cut(Response):
    """Closes the connection without a word."""

    async def __call__(self, scope, receive, send):
        scope["hang_up"]()
        # Once uvicorn has seen it close, it no longer wants an answer.
        await receive()


class Gateway:
    """A server in a thread of its own; a test reads its lists and says what citizens do."""

    def __init__(self, routes: list[Route], troubles: Troubles, port: int, journal: Path | None):
        self.troubles = troubles
        self.journal = Journal(journal)
        self.courier = Courier(self._acknowledged)
        control = Route("/_control/{name}", self._control, methods=["POST"])
        self._app = Starlette(routes=[control, *routes])
        config = uvicorn.Config(
            self._outermost, interface="asgi3", proxy_headers=False, loop="asyncio", http="h11",
            ws="none", lifespan="off", log_config=None, log_level="critical",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._port = port
        # Ids are not given twice, not even by the next process on the same journal.
        self._numbers = count(1000 * (len(self.journal.entries) + 1))

    def __enter__(self) -> Self:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self.courier.close()
        self._server.should_exit = True
        self._thread.join(10)
        self.journal.close()

    def clear(self) -> None:
        """Forget all that happened, so that the next test may use the same server."""
        self.troubles.clear()
        self.courier.clear()
        self.journal.entries.clear()

    # What a process in charge of this one may ask, beside what citizens do.

    def misbehave(self, seed: int, calls: list[str], **shares: float) -> None:
        """A share of these calls goes wrong from now on; see `Troubles.by_chance`."""
        self.troubles.by_chance(seed, calls, **shares)

    def deliver(self, **how: Any) -> None:
        """How webhooks are delivered from now on: the courier's `Manner`, and a `seed`."""
        if "seed" in how:
            how["dice"] = Random(how.pop("seed"))
        for name, value in how.items():
            if not hasattr(self.courier.manner, name):
                raise AttributeError(name)
            setattr(self.courier.manner, name, value)

    def undelivered(self) -> int:
        """What citizens did that our service hasn't acknowledged yet."""
        return self.courier.waiting

    # For the gateways themselves.

    def _number(self) -> int:
        return next(self._numbers)

    def _pushed(self, address: str, number: str, payload: Any) -> None:
        self.journal.write(Entry(PUSHED, address, number, payload))

    def _acknowledged(self, address: str, number: str) -> None:
        self.journal.write(Entry(ACKNOWLEDGED, address, number))

    def _sent(self, address: str, number: str, payload: Any, answered: bool) -> None:
        self.journal.write(Entry(SENT, address, number, payload, answered))

    async def _through_troubles(
        self,
        trouble: Trouble | None,
        do: Callable[[bool], Awaitable[Response]],
        refusal: Callable[[Trouble], Response],
    ) -> Response:
        """Do what was asked, unless something is to go wrong; `do` hears if it is answered."""
        if trouble is None:
            return await do(True)
        await asyncio.sleep(trouble.delay)
        if trouble.answer == FINE:
            return await do(True)
        if trouble.after_doing:
            await do(False)
        return Cut() if trouble.answer == HANG_UP else refusal(trouble)

    async def _outermost(self, scope, receive, send):
        # ASGI has no word for hanging up; uvicorn's own `send` knows its connection.
        scope["hang_up"] = send.__self__.transport.close
        await self._app(scope, receive, send)

    async def _control(self, request: Request) -> Response:
        name = request.path_params["name"]
        method = None if name.startswith("_") else getattr(self, name, None)
        if not callable(method):
            return JSONResponse({"error": f"no {name}"}, 404)
        # In a thread: what it does may wait for this very server.
        result = await asyncio.to_thread(method, **json.loads(await request.body() or "{}"))
        return JSONResponse(result)


class Remote:
    """A gateway in another process: `Remote(url).push_text(chat=7, text="hola")`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(**arguments: Any) -> Any:
            answer = httpx.post(
                f"{self.url}/_control/{name}", json=arguments, timeout=30, verify=False
            )
            return answer.raise_for_status().json()

        return ask


def serve(make: Callable[..., Gateway]) -> None:
    """Run a gateway as a process until it is told to end; its journal is appended to."""
    parser = ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path)
    asked = parser.parse_args()
    gateway = make(port=asked.port, journal=asked.journal)
    with gateway:
        print(gateway.url, flush=True)
        gateway._thread.join()


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that the bot's doing brings about; fails after some seconds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.005)


def parts_of(body: bytes, content_type: str) -> dict[str, tuple[str, str, bytes]]:
    """A multipart form: by field its file name, type and content; no library of ours reads one."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = {}
    for chunk in body.split(b"--" + boundary)[1:-1]:
        head, _, content = chunk[2:-2].partition(b"\r\n\r\n")
        headers = {}
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        said = {
            key.strip(): value.strip('"')
            for key, _, value in (
                piece.partition("=") for piece in headers["content-disposition"].split(";")
            )
        }
        kind = headers.get("content-type", "")
        parts[said["name"]] = (said.get("filename", ""), kind, content)
    return parts
