"""A round-robin in front of the processes, on loopback: each request goes to the next one.

Where nobody listens it asks the next; an answer that breaks off breaks off for the client too.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

NOBODY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Balancer:
    """Listens once entered; `url` is what clients are told."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turns = count()

    async def __aenter__(self) -> "Balancer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # One request a connection: only so does each go to another process.
        # Connections that are open when the trial ends are cancelled with its loop.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await _request(reader)
            answer = await self._ask(request)
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def _ask(self, request: bytes) -> bytes:
        for _ in self._ports:
            port = self._ports[next(self._turns) % len(self._ports)]
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            try:
                writer.write(request)
                return await reader.read(-1)
            finally:
                writer.close()
        return NOBODY


async def _request(reader: asyncio.StreamReader) -> bytes:
    """A whole request, asking for no second answer on its connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *headers = head[:-4].split(b"\r\n")
    kept = [h for h in headers if not h.lower().startswith(b"connection:")]
    sizes = [int(h.split(b":")[1]) for h in kept if h.lower().startswith(b"content-length:")]
    body = await reader.readexactly(sum(sizes))
    return b"\r\n".join([first, *kept, b"connection: close", b"", b""]) + body
