"""A gateway in a process of its own, so that it takes no time from the one that is measured.

`python -m tests.soak.gateway` prints its port; POST /send takes a chat, GET /sent tells when.
"""

import asyncio
import gc
import socket
from time import monotonic

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

sent: list[tuple[int, float]] = []


async def send(request: Request) -> JSONResponse:
    at = monotonic()
    sent.append((int((await request.json())["chat_id"]), at))
    return JSONResponse({"message_id": len(sent)})


async def tell(_request: Request) -> JSONResponse:
    return JSONResponse(sent)


def main() -> None:
    app = Starlette(routes=[Route("/send", send, methods=["POST"]), Route("/sent", tell)])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    # What measures must not pause by itself: it has no garbage worth a search.
    gc.disable()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    asyncio.run(server.serve(sockets=[listening]))


if __name__ == "__main__":
    main()
