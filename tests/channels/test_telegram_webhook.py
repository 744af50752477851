"""Telegram by webhook: who doesn't know the secret is refused; 200 means that it is stored."""

import asyncio

import httpx
import pytest
import typer
from fastapi import FastAPI

from bot.channels.refusals import BodyLimit
from bot.channels.telegram import Webhook
from bot.channels.telegram_webhook import PATH, make_router
from bot.terminal import read_settings
from tests.fakes.bot_api import HANG_UP, until

SECRET = "Kq7-a_secret-of-Telegram"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
CHAT = 990017


@pytest.fixture
def delivered(make_telegram):
    return make_telegram(webhook=Webhook("https://somos.example.ec" + PATH, SECRET))


def update(number, text="hola"):
    message = {"message_id": number, "date": 1767625200, "text": text,
               "chat": {"id": CHAT, "type": "private"}}  # fmt: skip
    return {"update_id": number, "message": message}


async def post(telegram, headers=(), **body):
    app = FastAPI()
    app.add_middleware(BodyLimit)
    app.include_router(make_router(telegram))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.post(PATH, headers=dict(headers), **body)


async def test_an_update_is_stored_and_then_answered(delivered, inbox):
    answer = await post(delivered, {HEADER: SECRET}, json=update(7))
    assert answer.status_code == 200
    assert inbox.texts == ["hola"]


async def test_the_name_of_the_header_may_be_in_any_case(delivered, inbox):
    assert (await post(delivered, {HEADER.lower(): SECRET}, json=update(7))).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {HEADER: ""}, {HEADER: "wrong"}, {HEADER: SECRET.upper()}, {HEADER: SECRET[:-1]},
     {HEADER: SECRET + "x"}, {HEADER: "ñ"}, {"Authorization": SECRET}],
)  # fmt: skip
async def test_without_the_very_secret_nothing_is_stored(delivered, inbox, headers):
    headers = {k: v.encode() for k, v in headers.items()}
    answer = await post(delivered, headers, json=update(7))
    assert answer.status_code == 403
    assert inbox.seen == []
    assert SECRET not in answer.text


async def test_where_somos_polls_there_is_no_such_route(telegram, inbox):
    assert (await post(telegram, {HEADER: ""}, json=update(7))).status_code == 404
    assert (await post(None, {HEADER: SECRET}, json=update(7))).status_code == 404
    assert inbox.seen == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"7", b'"hola"', b"[]", b"{}", b"\xff\xfe", b"[" * 100_000,
     b'{"update_id": 1e999}', b'{"update_id": 7, "message": {"chat": 5}}', b"9" * 10_000],
    ids=lambda body: body[:12],
)  # fmt: skip
async def test_what_is_no_update_is_no_failure_of_ours(delivered, inbox, body):
    answer = await post(delivered, {HEADER: SECRET}, content=body)
    assert answer.status_code in (200, 400)
    assert inbox.seen == []


async def test_a_body_without_end_is_refused(delivered):
    answer = await post(delivered, {HEADER: SECRET}, content=b" " * 1_000_001)
    assert answer.status_code == 413


async def test_what_could_not_be_stored_is_asked_for_again(delivered, inbox, caplog):
    inbox.failures = 1
    assert (await post(delivered, {HEADER: SECRET}, json=update(7, "secreto"))).status_code == 503
    assert (await post(delivered, {HEADER: SECRET}, json=update(7, "secreto"))).status_code == 200
    assert inbox.texts == ["secreto"]
    assert "RuntimeError" in caplog.text
    assert "secreto" not in caplog.text


@pytest.mark.parametrize("trouble", [None, 429, 500, HANG_UP])
async def test_telegram_is_told_where_to_deliver_until_it_has_heard(api, delivered, trouble):
    if trouble is not None:
        api.fail(trouble, method="setWebhook", times=2,
                 retry_after=0.01 if trouble == 429 else None)  # fmt: skip
    async with asyncio.timeout(5):
        await delivered.run(asyncio.Event())
    calls = [params for method, params in api.calls if method == "setWebhook"]
    assert len(calls) == (1 if trouble is None else 3)
    assert calls[-1]["url"] == "https://somos.example.ec/webhooks/telegram"
    assert calls[-1]["secret_token"] == SECRET
    assert calls[-1]["allowed_updates"] == ["message", "callback_query", "my_chat_member"]
    assert not any(method == "getUpdates" for method, _ in api.calls)


async def test_polling_takes_a_webhook_away_that_was_left(api, inbox, telegram):
    api.webhook.update({"url": "http://127.0.0.1:9/", "secret_token": ""})
    stop = asyncio.Event()
    task = asyncio.create_task(telegram.run(stop))
    await until(lambda: not api.webhook)
    api.push_text(CHAT, "hola")
    await until(lambda: inbox.seen)
    stop.set()
    await task


@pytest.mark.parametrize("given", ["https://a.ec", "https://a.ec/", "https://a.ec" + PATH])
def test_the_path_may_be_left_out_of_the_address(given):
    assert Webhook.at(given, PATH, SECRET).url == "https://a.ec/webhooks/telegram"


def test_a_path_behind_a_proxy_stays_as_it_is():
    assert Webhook.at("https://a.ec/bot/in", PATH, SECRET).url == "https://a.ec/bot/in"


@pytest.mark.parametrize("secret", ["", "con espacio", "ñandú", "x" * 257])
def test_a_webhook_without_a_secret_does_not_start(monkeypatch, capsys, secret):
    monkeypatch.setenv("SOMOS_TELEGRAM_WEBHOOK_URL", "https://somos.example.ec")
    monkeypatch.setenv("SOMOS_TELEGRAM_WEBHOOK_SECRET", secret)
    with pytest.raises(typer.Exit) as ended:
        read_settings()
    said = capsys.readouterr().err
    assert ended.value.exit_code == 2
    assert said.startswith("SOMOS_TELEGRAM_WEBHOOK_SECRET: ")
    assert "openssl rand -hex 32" in said
    assert not secret or secret not in said
