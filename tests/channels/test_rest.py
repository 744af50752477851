"""Rasa's HTTP API and what lies beside it: shapes, refusals, and nothing of a request in a log."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from rasa_sdk.executor import ActionExecutor
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.app import Service, make_web
from bot.messages import Incoming
from bot.settings import Settings
from storage.database import Database
from tests.conftest import settings_for
from tests.support import national_id, rows

REST = "/webhooks/rest/webhook"
NATIONAL_ID = national_id(4711)
NAME = "Rosa Elvira Quishpe"


@pytest.fixture
def data(filled_sqlite: Path, tmp_path: Path) -> Settings:
    """On one database only: what HTTP says doesn't depend on it."""
    shutil.copytree(filled_sqlite, tmp_path, dirs_exist_ok=True)
    return settings_for("", tmp_path)


@pytest_asyncio.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """The application as a server runs it: an unhandled exception would fail the test."""
    transport = httpx.ASGITransport(make_web(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://somos") as client:
        yield client


def tracker(message: dict[str, Any] | None = None) -> dict[str, Any]:
    """The least that a Rasa server sends."""
    return {
        "sender_id": "rasa-user",
        "slots": {},
        "latest_message": message or {"text": None, "intent": {}, "entities": []},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }


def call(action: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"next_action": action, "sender_id": "rasa-user", "tracker": told or tracker()}


async def say(client: httpx.AsyncClient, **body: Any) -> list[dict[str, Any]]:
    answer = await client.post(REST, json={"sender": "citizen", "message": "hola", **body})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


# --- the REST channel ---


async def test_the_answer_has_the_shape_of_rasas_rest_channel(client: httpx.AsyncClient) -> None:
    (answer,) = await say(client)
    assert set(answer) == {"recipient_id", "text", "buttons"}
    assert answer["recipient_id"] == "citizen"
    assert answer["text"].startswith("Hola")
    assert all(set(b) == {"title", "payload"} for b in answer["buttons"])
    assert answer["buttons"][0] == {"title": "Talleres", "payload": "/ask_workshops"}


async def test_an_answer_without_buttons_has_none(client: httpx.AsyncClient) -> None:
    answers = await say(client, message="gracias")
    assert [set(a) for a in answers] == [{"recipient_id", "text"}]


async def test_a_message_without_an_id_is_always_a_new_one(
    client: httpx.AsyncClient, service: Service
) -> None:
    for _ in range(2):
        await say(client)
    assert await rows(service, "SELECT count(*) FROM inbound") == [(2,)]


async def test_two_senders_may_choose_the_same_message_id(
    client: httpx.AsyncClient, service: Service
) -> None:
    first = await say(client, sender="one", message="hola", message_id="1")
    second = await say(client, sender="two", message="qué casas hay en La Tola", message_id="1")
    # Else the second would read what the first was answered, which may be personal data.
    assert second[0]["recipient_id"] == "two"
    assert [a["text"] for a in second] != [a["text"] for a in first]
    assert await say(client, sender="one", message="hola", message_id="1") == first
    assert await rows(service, "SELECT count(*) FROM inbound") == [(2,)]


async def test_half_an_emoji_is_answered_like_any_text(client: httpx.AsyncClient) -> None:
    body = b'{"sender": "citizen", "message": "hola \\ud83d"}'
    answer = await client.post(REST, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()[0]["text"].startswith("Hola")


@pytest.mark.parametrize(
    "body",
    [
        b'{"sender": NaN, "message": "hola"}',
        b'{"sender": "\\ud83d", "message": "hola"}',
        b'{"sender": "a\\u0000b", "message": "hola"}',
        b'{"sender": "a", "message": "hola", "message_id": "a\\nb"}',
        b'{"sender": "a", "message": NaN}',
        b'{"sender": "a", "messages": "1714307103"}',
        b"\xff\xfe",
    ],
)
async def test_a_refusal_says_what_is_wrong_and_quotes_nothing(
    body: bytes, client: httpx.AsyncClient
) -> None:
    answer = await client.post(REST, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert all(set(problem) == {"loc", "msg", "type"} for problem in answer.json()["detail"])
    assert "1714307103" not in answer.text


async def test_a_turn_that_cannot_even_be_recorded_is_a_503_that_may_be_sent_again(
    client: httpx.AsyncClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = {"message": f"mi cédula es {NATIONAL_ID}", "message_id": "7"}
    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", broken_database())
        answer = await client.post(REST, json={"sender": "citizen", **body})
    assert answer.status_code == 503
    assert NATIONAL_ID not in answer.text + caplog.text
    assert "OperationalError" in caplog.text
    assert await say(client, **body)
    assert await rows(service, "SELECT status FROM inbound") == [("done",)]


def broken_database() -> Callable[[Database], AbstractAsyncContextManager[Any]]:
    def refuse(_: Database) -> AbstractAsyncContextManager[Any]:
        raise OperationalError("INSERT", {"text": NATIONAL_ID}, Exception(f"full: {NATIONAL_ID}"))

    return refuse


async def test_a_long_body_is_refused_also_without_a_declared_length(
    client: httpx.AsyncClient,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"sender": "citizen", "message": "'
        for _ in range(11):
            yield b"x" * 100_000
        yield b'"}'

    answer = await client.post(REST, content=chunks(), headers={"content-type": "application/json"})
    assert "content-length" not in answer.request.headers
    assert (answer.status_code, answer.json()) == (413, {"detail": "at most 1000000 bytes"})


# --- other origins ---


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_what_a_page_of_another_origin_can_send_unasked_is_not_read(
    content_type: str | None, client: httpx.AsyncClient, service: Service
) -> None:
    headers = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    headers |= {"content-type": content_type} if content_type else {}
    body = json.dumps({"sender": "citizen", "message": "hola"}).encode()
    assert (await client.post(REST, content=body, headers=headers)).status_code == 422
    assert await rows(service, "SELECT count(*) FROM inbound") == [(0,)]


async def test_no_other_origin_is_allowed_to_send_more_or_to_read(
    client: httpx.AsyncClient,
) -> None:
    origin = {"origin": "https://elsewhere.example"}
    asked = {**origin, "access-control-request-method": "POST",
             "access-control-request-headers": "content-type"}  # fmt: skip
    preflight = await client.options(REST, headers=asked)
    assert preflight.status_code == 405
    answer = await client.post(REST, json={"sender": "a", "message": "hola"}, headers=origin)
    for headers in (preflight.headers, answer.headers):
        assert not [h for h in headers if h.startswith("access-control-")]
    # No cookie: a request has no more rights than what is written in it.
    assert "set-cookie" not in answer.headers


# --- parse ---


async def test_parse_answers_rasas_parse_object(client: httpx.AsyncClient) -> None:
    words = "cocina los sábados en La Tola"
    parsed = (await client.post("/model/parse", json={"text": words})).json()
    assert parsed["text"] == words
    assert parsed["intent"]["name"] == "ask_workshops"
    assert 0 < parsed["intent"]["confidence"] <= 1
    assert parsed["intent_ranking"][0] == parsed["intent"]
    assert {"category", "casa"} & {e["entity"] for e in parsed["entities"]}
    for entity in parsed["entities"]:
        assert {"entity", "value", "start", "end", "extractor"} <= set(entity)
        assert 0 <= entity["start"] < entity["end"] <= len(words)


async def test_parse_understands_payloads_as_rasa_does(client: httpx.AsyncClient) -> None:
    body = {"text": '/ask_workshops{"category": "cocina"}'}
    parsed = (await client.post("/model/parse", json=body)).json()
    assert parsed["intent"] == {"name": "ask_workshops", "confidence": 1.0}
    assert [(e["entity"], e["value"]) for e in parsed["entities"]] == [("category", "cocina")]
    unknown = await client.post("/model/parse", json={"text": "/fly_to_the_moon"})
    assert unknown.json()["intent"]["name"] == "nlu_fallback"


# --- the action server ---


async def test_an_action_runs_for_a_rasa_server(client: httpx.AsyncClient) -> None:
    heard = await client.post("/model/parse", json={"text": "dónde queda la casa de La Tola"})
    ran = await client.post("/webhook", json=call("action_find_casas", tracker(heard.json())))
    assert ran.status_code == 200
    assert set(ran.json()) == {"events", "responses"}
    assert "La Tola" in ran.json()["responses"][0]["text"]
    assert ran.json()["events"] == []


async def test_an_unknown_action_is_a_404(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhook", json=call("action_fly"))
    assert answer.status_code == 404
    assert "action_fly" in answer.json()["detail"]


@pytest.mark.parametrize("error", [RuntimeError, KeyError, OperationalError])
async def test_an_actions_error_shows_nothing_of_the_request(
    error: type[Exception],
    client: httpx.AsyncClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: object) -> None:
        words = f"{NATIONAL_ID} of {NAME}"
        raise (
            error("INSERT", words, Exception(words)) if error is OperationalError else error(words)
        )

    executor: ActionExecutor = service.turns.engine.executor
    monkeypatch.setitem(executor.actions, "action_find_casas", broken)
    told = tracker({"text": f"soy {NAME}", "entities": [{"national_id": NATIONAL_ID}]})
    answer = await client.post("/webhook", json=call("action_find_casas", told))
    assert answer.status_code == 500
    assert answer.json() == {"detail": "action 'action_find_casas' failed"}
    assert error.__name__ in caplog.text
    assert NATIONAL_ID not in caplog.text
    assert NAME not in caplog.text


async def test_a_tracker_that_is_none_is_an_error_of_one_request(
    client: httpx.AsyncClient, service: Service
) -> None:
    answer = await client.post("/webhook", json={**call("action_find_casas"), "tracker": {"a": 1}})
    assert answer.status_code == 500
    ran = await client.post("/webhook", json=call("action_find_casas"))
    assert ran.status_code == 200
    assert await rows(service, "SELECT count(*) FROM account") == [(1,)]


# --- operations and the page ---


async def test_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok\n"
    ready = await client.get("/readyz")
    assert ready.json() == {"status": "ready", "database": "ok", "model": "ok"}


async def test_without_a_database_it_is_alive_but_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "read", broken_database())
    assert (await client.get("/healthz")).status_code == 200
    unready = await client.get("/readyz")
    assert (unready.status_code, unready.json()["database"]) == (503, "does not answer")
    # The counters matter most now.
    assert "somos_turn_seconds_count" in (await client.get("/metrics")).text


async def test_the_page_knows_whether_its_data_is_invented(client: httpx.AsyncClient) -> None:
    assert (await client.get("/config.json")).json() == {"demo": True}


@pytest.mark.parametrize("path", ["/", "/static/index.html", "/static/chat.js"])
async def test_the_page_runs_only_its_own_scripts_and_in_no_frame(
    path: str, client: httpx.AsyncClient
) -> None:
    headers = (await client.get(path)).headers
    policy = [part.strip() for part in headers["content-security-policy"].split(";")]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


# --- metrics ---


async def scrape(client: httpx.AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = (line.rpartition(" ") for line in answer.text.splitlines() if line[:1] != "#")
    return {name: float(value) for name, _, value in lines}


async def test_turns_are_counted_by_channel_and_by_how_they_ended(
    client: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    before = await scrape(client)
    for _ in range(2):
        await say(client, message_id="1")
    await say(client, message="auxilio me quieren matar", message_id="2")
    await say(client, message="auxilio me quieren matar", message_id="2")
    monkeypatch.setitem(service.turns.engine.executor.actions, "action_find_casas", broken)
    await say(client, message="dónde queda la casa somos de La Tola")
    after = await scrape(client)

    def grown(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    ended = {o: grown(f'somos_turns_total{{channel="rest",outcome="{o}"}}')
             for o in ("answered", "duplicate", "failed")}  # fmt: skip
    assert ended == {"answered": 2, "duplicate": 2, "failed": 1}
    assert grown("somos_turn_seconds_count") == 5
    assert grown("somos_safety_answers_total") == 1


async def test_the_queue_is_counted_when_it_is_asked_for(
    client: httpx.AsyncClient, service: Service
) -> None:
    waiting = 'somos_outbound_queued{channel="telegram"}'
    assert waiting not in await scrape(client)
    await service.turns.handle(Incoming("telegram", "7", "1", "hola"))
    assert (await scrape(client))[waiting] == 1
    async with service.database.write() as session:
        await session.execute(text("UPDATE outbound SET status = 'sent'"))
    assert waiting not in await scrape(client)


async def test_no_metric_says_anything_about_people(client: httpx.AsyncClient) -> None:
    await say(client, sender="a-person")
    names = {name for name in await scrape(client) if name.startswith("somos_")}
    labels = {part.split("=")[0].strip("{,") for name in names if "{" in name
              for part in name[name.index("{") : -1].split('",')}  # fmt: skip
    # Webhooks' numbers are there only once something came through one.
    assert labels - {"kind"} == {"channel", "outcome", "le"}
    assert "a-person" not in "".join(names)
