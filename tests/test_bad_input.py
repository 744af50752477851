"""Whatever arrives, a turn ends with an answer and the next one works."""

import httpx
import pytest

from bot.app import Service, make_web
from tests.support import rows, said_to

NASTY = {
    "nothing": "",
    "ten thousand characters": "quiero un taller de cocina " * 400,
    "one endless word": "a" * 10_000,
    "emoji only": "😀🎉👩‍👩‍👧‍👦",
    "control characters": "ho\x00la\x07\x1b[31m \x7fveci",
    "broken surrogate": "hola \ud800 veci",
    "SQL": "'; DROP TABLE citizen; --",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template syntax": "{{7*7}} {name} {0} %s ${x} {choices}",
    "right to left": "\u202eveci aloh\u202c مرحبا بالعالم",
    "a dead button": '/enroll_workshop{"workshop": "99999999"}',
    "an unknown intent": "/fly_to_the_moon",
    "broken payload": '/ask_workshops{"page": ',
    "a payload of another shape": '/ask_workshops{"page": ["x"], "casa": {"a": 1}}',
    "a page that isn't a number": '/ask_workshops{"page": "zwei"}',
    "a huge number": '/ask_workshops{"workshop": "99999999999999999999999999"}',
    "newlines": "\n\n\n\t\n",
}
STATES = {
    "at rest": [],
    "asked for a name": ['/enroll_workshop{"workshop": "1"}', "/affirm", "para mí"],
    "asked for words": ["tengo una queja"],
    "asked where": ["hay basura sin recoger", "eso es todo"],
    "not understood before": ["xqzt wkjh"],
}


@pytest.mark.parametrize("state", STATES)
async def test_garbage_never_breaks_a_turn(state: str, service: Service) -> None:
    for name, garbage in NASTY.items():
        sender = f"{state} {name}"
        for step in STATES[state]:
            await said_to(service, step, sender)
        answer = await said_to(service, garbage, sender)
        assert answer.strip(), name
        assert "49" not in answer, name
        assert "911" in await said_to(service, "auxilio me quieren matar", sender), name
    failed = await rows(service, "SELECT text, error FROM inbound WHERE status = 'failed'")
    assert failed == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b'{"sender": "a"}', 422),
        (b'{"sender": "", "message": "hola"}', 422),
        (b'{"sender": 5, "message": "hola"}', 422),
        (b'{"sender": "a", "message": ' + b'"' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
async def test_a_malformed_body_gets_a_clear_4xx(
    body: bytes, status: int, service: Service
) -> None:
    transport = httpx.ASGITransport(make_web(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://somos") as client:
        answer = await client.post(
            "/webhooks/rest/webhook", content=body, headers={"content-type": "application/json"}
        )
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_a_failing_action_is_answered_kept_and_shows_no_trace(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setitem(service.turns.engine.executor.actions, "action_find_casas", broken)
    answer = await said_to(service, "dónde queda la casa somos de La Tola")
    assert "algo falló de nuestro lado" in answer
    assert "boom" not in answer
    kept = await rows(service, "SELECT text, error FROM inbound WHERE status = 'failed'")
    assert kept[0][0] == "dónde queda la casa somos de La Tola"
    assert "RuntimeError" in kept[0][1]
    assert "La Tola" not in caplog.text
    monkeypatch.undo()
    assert "La Tola" in await said_to(service, "dónde queda la casa somos de La Tola")


async def test_danger_is_answered_even_by_a_turn_that_fails(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setitem(service.turns.engine.executor.actions, "action_safety", broken)
    answer = await said_to(service, "mi esposo me pega")
    assert answer.startswith("Llame ahora al 911")
    kept = await rows(service, "SELECT text, status, intent FROM inbound")
    assert kept == [(None, "failed", "report_violence")]


async def test_the_same_message_twice_does_nothing_twice(service: Service) -> None:
    from bot.messages import Incoming

    once = Incoming("rest", "citizen", "same-id", "hola")
    first = await service.turns.handle(once)
    again = await service.turns.handle(once)
    assert [m.text for m in again] == [m.text for m in first]
    assert await rows(service, "SELECT count(*) FROM inbound") == [(1,)]
    assert await rows(service, "SELECT count(*) FROM outbound") == [(1,)]
