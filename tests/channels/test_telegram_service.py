"""The whole service behind Telegram's webhook: delivered again, in any order, is one turn."""

import asyncio
import os
from contextlib import asynccontextmanager
from random import Random

import httpx
import pytest

from bot.app import make_web, start
from tests.channels.conftest import TOKEN
from tests.fakes.bot_api import until
from tests.support import rows

SECRET = "a-secret-of-Telegram"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
GROUP = -100200
# The trial of all: REDELIVERED=1000. It takes minutes where others work as well.
COUNT = int(os.environ.get("REDELIVERED", "60"))


@pytest.fixture
def telegram_settings(data, api):
    given = {"telegram_token": TOKEN, "telegram_api_url": api.url, "burst_seconds": 0,
             "telegram_webhook_url": "https://somos.example.ec", "telegram_rate": 10_000,
             "telegram_webhook_secret": SECRET}  # fmt: skip
    return type(data)(**(data.model_dump() | given))


@asynccontextmanager
async def serving(settings):
    """The service, and a client as Telegram is one."""
    service = await start(settings)
    web = make_web(service)
    async with (
        web.router.lifespan_context(web),
        httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://here",
                          headers=HEADERS) as client,
    ):  # fmt: skip
        yield service, client


async def quiet(service):
    """Wait until nothing waits for its turn."""
    async with asyncio.timeout(60 + COUNT):
        waiting = "SELECT 1 FROM inbound WHERE status = 'waiting' LIMIT 1"
        while await rows(service, waiting):  # noqa: ASYNC110 - turns run beside us
            await asyncio.sleep(0.05)


def press(number, data="/thank"):
    chat = {"id": 1 + number % 100, "type": "private"}
    message = {"message_id": number, "date": 1767625200, "chat": chat, "text": "…"}
    who = {"id": chat["id"], "is_bot": False, "first_name": "Rosa"}
    return {"update_id": number, "callback_query": {"id": f"q{number}", "from": who, "data": data,
            "chat_instance": "1", "message": message}}  # fmt: skip


@pytest.mark.parametrize("data", ["sqlite"], indirect=True)
async def test_updates_delivered_three_times_and_shuffled_are_one_turn_each(telegram_settings, api):
    deliveries = [press(number) for number in range(1, COUNT + 1)] * 3
    Random(4).shuffle(deliveries)
    async with serving(telegram_settings) as (service, client):
        for update in deliveries:
            answer = await client.post("/webhooks/telegram", json=update)
            assert answer.status_code == 200
        await quiet(service)
        replies = "SELECT count(*), count(DISTINCT inbound_id) FROM outbound"
        states = "SELECT status, count(*) FROM inbound GROUP BY status"
        assert await rows(service, states) == [("done", COUNT)]
        assert await rows(service, replies) == [(COUNT, COUNT)]


@pytest.mark.parametrize("data", ["sqlite"], indirect=True)
async def test_in_a_group_nothing_personal_is_asked_and_a_link_leads_to_us(telegram_settings, api):
    async with serving(telegram_settings) as (_, client):
        chat = {"id": GROUP, "type": "supergroup", "title": "Barrio"}
        message = {"message_id": 41, "date": 1767625200, "chat": chat,
                   "from": {"id": 7, "is_bot": False, "first_name": "Rosa"},
                   "text": "@somos_test_bot quiero reportar que el CDI no abre"}  # fmt: skip
        await client.post("/webhooks/telegram", json={"update_id": 1, "message": message})
        await until(lambda: api.sent, seconds=20)
    (sent,) = api.sent
    assert sent.chat == GROUP
    assert sent.params["reply_parameters"]["message_id"] == 41
    assert [url for _, url in sent.buttons] == ["https://t.me/somos_test_bot?start=hola"]
