"""What WhatsApp's webhook takes, refuses and makes of payloads; the table is `cases.yml`."""

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.channels.tokens import callback_data
from bot.channels.whatsapp_payload import read_payload
from bot.messages import Button, Outgoing
from bot.metrics import generate_latest
from storage.models import Outbound
from storage.queries.conversations import lock_conversation
from tests.channels.whatsapp.conftest import CITIZEN, NOW, VERIFY_TOKEN
from tests.fakes.graph_api import GraphApi

HERE = Path(__file__).parent
CASES = YAML(typ="safe").load((HERE / "cases.yml").read_text("utf-8"))
ROUTE = "/webhooks/whatsapp"
SENT_AT = datetime.fromtimestamp(1795278000, UTC)


def payload(name):
    return (HERE / "payloads" / f"{name}.json").read_bytes()


def signed(body, secret=GraphApi.app_secret):
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(
        secret.encode(), body, hashlib.sha256).hexdigest()}  # fmt: skip


async def deliver(client, body):
    return await client.post(ROUTE, content=body, headers=signed(body))


def shown(attachment):
    parts = (attachment.kind, attachment.reference, attachment.media_type, attachment.latitude,
             attachment.longitude, attachment.name, attachment.phone)  # fmt: skip
    return " ".join(str(p) for p in parts if p not in {None, ""})


def expected(message):
    return {"sender": CITIZEN, "text": "", "files": [], "pressed": False} | message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_a_payload_becomes(case):
    found = read_payload(json.loads(payload(case["payload"])), GraphApi.phone_id, NOW)
    messages = [
        {
            "sender": m.incoming.sender,
            "text": m.incoming.text,
            "files": [shown(a) for a in m.incoming.attachments],
            "pressed": m.pressed,
        }
        for m in found.messages
    ]
    receipts = [" ".join(filter(None, (r.status, str(r.row_id), r.error))) for r in found.receipts]
    events = [" ".join(filter(None, (e.field, e.now, e.name))) for e in found.events]
    assert messages == [expected(m) for m in case.get("messages", [])]
    assert receipts == case.get("receipts", [])
    assert events == case.get("events", [])
    assert (found.broken, found.ignored) == (case.get("broken", 0), case.get("ignored", 0))


def test_every_payload_file_is_in_the_table():
    files = {f.stem for f in (HERE / "payloads").iterdir()}
    assert files == {case["payload"] for case in CASES}


def test_an_id_is_kept_without_the_number_in_it_and_the_order_is_whatsapps():
    (message,) = read_payload(json.loads(payload("text")), GraphApi.phone_id, NOW).messages
    assert message.incoming.external_id == hashlib.sha256(b"wamid.1").hexdigest()
    assert message.incoming.order == int(SENT_AT.timestamp())


@pytest.mark.parametrize("told", ["", "x", "-4", 10**30, 1e400, True, None, [], "9" * 12])
def test_a_time_that_can_not_be_is_now(told):
    body = json.loads(payload("text"))
    body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = told
    (message,) = read_payload(body, GraphApi.phone_id, NOW).messages
    assert message.incoming.order == int(NOW.timestamp())


async def test_what_is_acknowledged_was_stored_and_is_shown_as_read(client, kept):
    answer = await deliver(client, payload("all_at_once"))
    assert answer.status_code == 200
    assert [m.text for m in kept.messages] == ["uno", "dos", "tres", "cuatro"]
    await asyncio.sleep(0)
    assert kept.shown == ["wamid.4", "wamid.3"]


async def test_the_same_again_does_nothing(client, kept):
    for _ in range(3):
        assert (await deliver(client, payload("all_at_once"))).status_code == 200
    await asyncio.sleep(0)
    assert (len(kept.messages), len(kept.shown)) == (4, 2)


async def test_what_could_not_be_stored_is_not_acknowledged(client, kept):
    kept.failures = [OperationalError("", {}, Exception())]
    assert (await deliver(client, payload("all_at_once"))).status_code == 503
    assert kept.messages == []
    assert (await deliver(client, payload("all_at_once"))).status_code == 200
    assert len(kept.messages) == 4


async def test_a_message_that_can_not_be_stored_holds_up_no_other(client, kept):
    kept.failures = [ValueError("secreto"), ValueError("secreto")]
    assert (await deliver(client, payload("all_at_once"))).status_code == 503
    assert [m.text for m in kept.messages] == ["dos", "tres", "cuatro"]


BODY = payload("text")
RIGHT = signed(BODY)["X-Hub-Signature-256"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": RIGHT.removeprefix("sha256=")},
        {"X-Hub-Signature-256": RIGHT.upper()},
        {"X-Hub-Signature-256": "sha256=" + RIGHT.removeprefix("sha256=").upper()},
        {"X-Hub-Signature-256": RIGHT[:-1]},
        {"X-Hub-Signature-256": "sha256=\xff\xfe"},
        {"X-Hub-Signature": RIGHT},
        signed(BODY + b" "),
        signed(BODY, "another secret"),
        signed(BODY, ""),
    ],
)
async def test_what_is_not_signed_by_meta_is_refused_and_nothing_is_stored(client, kept, headers):
    raw = {k: v.encode("latin-1") for k, v in headers.items()}
    answer = await client.post(ROUTE, content=BODY, headers=raw)
    assert answer.status_code == 401
    assert kept.messages == []


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN}, 200),
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN.upper()}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": ""}, 403),
        ({"hub.mode": "subscribe"}, 403),
        ({"hub.mode": "unsubscribe", "hub.verify_token": VERIFY_TOKEN}, 403),
        ({"hub.verify_token": VERIFY_TOKEN}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": "ñ"}, 403),
    ],
)
async def test_the_webhook_is_verified_by_our_token_alone(client, asked, status):
    answer = await client.get(ROUTE, params={**asked, "hub.challenge": "1158201444"})
    assert answer.status_code == status
    assert (answer.text == "1158201444") == (status == 200)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"hola", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'{"entry": ' + b"9" * 5000 + b"}", 400),
        (b"{}", 200),
        (b" " * 4_000_001, 413),
    ],
)
async def test_what_is_no_payload_is_refused(client, kept, body, status):
    assert (await deliver(client, body)).status_code == status
    assert kept.messages == []


async def test_a_payload_of_three_megabytes_passes(client, kept):
    body = BODY.rstrip()[:-1] + b', "more": "' + b"x" * 3_000_000 + b'"}'
    assert (await deliver(client, body)).status_code == 200
    assert len(kept.messages) == 1


LONG = '/enroll_workshop{"workshop": "' + "guitarra-" * 40 + '"}'


async def test_a_pressed_token_is_resolved_in_its_own_conversation_alone(client, kept, database):
    token = callback_data(LONG, 200)
    said = Outgoing("¿Cuál?", (Button("Guitarra", LONG),))
    async with database.write() as session:
        talk = await lock_conversation(session, "whatsapp", CITIZEN, NOW)
        session.add(Outbound(channel="whatsapp", conversation_id=talk.id, address=CITIZEN,
                             body=said.as_body(), status="sent", created_at=NOW))  # fmt: skip
    body = payload("button_reply").replace(
        json.dumps('/enroll_workshop{"workshop": "7"}').encode(), json.dumps(token).encode()
    )
    await deliver(client, body)
    other = body.replace(CITIZEN.encode(), b"593990000018").replace(b"wamid.1", b"wamid.2")
    await deliver(client, other)
    assert [m.text for m in kept.messages] == [LONG, f"/{token}"]


async def test_receipts_move_a_row_forwards_only(client, database):
    async with database.write() as session:
        talk = await lock_conversation(session, "whatsapp", CITIZEN, NOW)
        session.add(Outbound(id=12, channel="whatsapp", conversation_id=talk.id, address=CITIZEN,
                             body={"text": "hola"}, status="sent", created_at=NOW))  # fmt: skip
    for _ in range(2):
        assert (await deliver(client, payload("statuses"))).status_code == 200
    async with database.read() as session:
        assert (await session.execute(select(Outbound.status))).scalars().all() == ["read"]


async def test_what_is_counted_is_never_named_by_the_payload(client):
    await deliver(client, payload("quality").replace(b"phone_number_quality_update", b"made_up"))
    counted = generate_latest().decode()
    assert 'somos_webhook_items_total{channel="whatsapp",kind="other"}' in counted
    assert "made_up" not in counted


async def test_a_paused_template_is_a_trouble_until_it_is_approved_again(client, webhook):
    paused = payload("template_paused")
    await deliver(client, paused)
    assert webhook.troubles == {"template aviso"}
    await deliver(client, paused.replace(b'"PAUSED"', b'"APPROVED"'))
    assert webhook.troubles == set()
