"""WhatsApp with the whole service over real HTTP: from a citizen's message to its receipt."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import select

from bot.app import make_web, start
from storage.models import Inbound, Media, Outbound
from tests.channels.whatsapp.conftest import CITIZEN, VERIFY_TOKEN
from tests.fakes.graph_api import until
from tests.fakes.graph_webhooks import list_reply, media, reaction

ROUTE = "/webhooks/whatsapp"


@asynccontextmanager
async def running(settings):
    """The service on loopback: its address and itself."""
    service = await start(settings)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(make_web(service), log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", service
    server.should_exit = True
    await task


@pytest.fixture
async def somos(data, graph):
    ours = {
        "burst_seconds": 0,
        "whatsapp_token": SecretStr(graph.token),
        "whatsapp_phone_id": graph.phone_id,
        "whatsapp_app_secret": SecretStr(graph.app_secret),
        "whatsapp_verify_token": SecretStr(VERIFY_TOKEN),
        "whatsapp_api_url": graph.url,
    }
    async with running(data.model_copy(update=ours)) as (url, service):
        graph.webhook = url + ROUTE
        yield service


async def rows(service, column):
    async with service.database.read() as session:
        return list((await session.execute(select(column).order_by("id"))).scalars())


async def test_a_conversation_arrives_once_and_its_receipts_are_noted(graph, somos):
    graph.configure(follow_up=("sent", "delivered", "read"))
    graph.deliver(copies=3)
    graph.push_text(CITIZEN, "talleres de guitarra")
    await until(lambda: graph.sent, 20)
    (first,) = graph.sent
    assert first.options
    token, title = first.options[0]
    graph.push(CITIZEN, list_reply(token, title, first.wamid))
    graph.push(CITIZEN, reaction(first.wamid))
    await until(lambda: len(graph.sent) > 1 and graph.undelivered() == 0, 20)
    assert await rows(somos, Inbound.status) == ["done", "done"]
    assert graph.typing
    async with asyncio.timeout(20):
        while set(await rows(somos, Outbound.status)) != {"read"}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(graph.sent) == len(await rows(somos, Outbound.id))


async def test_a_photo_comes_to_the_media_folder(graph, somos):
    graph.push(CITIZEN, media("image", graph.add_file("una foto", "image/jpeg"), "image/jpeg"))
    await until(lambda: graph.sent, 20)
    async with asyncio.timeout(20):
        while await rows(somos, Media.status) != ["stored"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    (file,) = somos.settings.media_dir.iterdir()
    assert file.read_bytes() == b"una foto"


async def test_meta_can_register_the_webhook(graph, somos):
    assert await asyncio.to_thread(graph.verify, VERIFY_TOKEN)
    assert not await asyncio.to_thread(graph.verify, VERIFY_TOKEN.upper())


@pytest.mark.parametrize("missing", ["whatsapp_app_secret", "whatsapp_verify_token", "all"])
async def test_where_whatsapp_is_not_configured_there_is_no_webhook(data, missing):
    ours = {
        "whatsapp_token": SecretStr("not-a-real-token"),
        "whatsapp_phone_id": "1",
        "whatsapp_app_secret": SecretStr("x"),
        "whatsapp_verify_token": SecretStr("y"),
    }
    ours |= {missing: SecretStr("")} if missing != "all" else dict.fromkeys(ours, SecretStr(""))
    if missing == "all":
        ours["whatsapp_phone_id"] = ""
    service = await start(data.model_copy(update=ours))
    transport = httpx.ASGITransport(make_web(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://somos") as client:
        asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
        assert (await client.get(ROUTE, params=asked)).status_code == 404
        assert (await client.post(ROUTE, content=b"{}")).status_code == 404
    await service.database.close()
