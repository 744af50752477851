"""The fakes are as strict as what they stand for; else a test against them proves nothing."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError

from tests.fakes import graph_webhooks as says
from tests.fakes.bot_api import HANG_UP, BotApi, until
from tests.fakes.graph_api import GraphApi
from tests.fakes.journal import ACKNOWLEDGED, PUSHED, SENT, most_in, read
from tests.fakes.receiver import Receiver
from tests.fakes.server import Remote
from tests.process import free_port

ROOT = Path(__file__).parents[2]
CHAT, CITIZEN = 990017, "593990000017"


@pytest.fixture(scope="module")
def servers():
    with BotApi() as api, GraphApi() as graph, Receiver() as receiver:
        yield api, graph, receiver


@pytest.fixture
def api(servers):
    yield servers[0]
    servers[0].clear()


@pytest.fixture
def receiver(servers):
    yield servers[2]
    servers[2].given.clear()
    servers[2].failures = 0


@pytest.fixture
def graph(servers, receiver):
    servers[1].webhook = receiver.url
    servers[1].open_window(CITIZEN)
    yield servers[1]
    servers[1].clear()


@pytest.fixture
async def bot(api):
    async with Bot("1:x", base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot") as bot:
        yield bot


def send(graph, kind="text", **said):
    message = {"messaging_product": "whatsapp", "to": CITIZEN, "type": kind, kind: said}
    return call(graph, "messages", json=message)


def call(graph, what, method="POST", **how):
    headers = {"Authorization": f"Bearer {graph.token}"}
    url = f"{graph.url}/v23.0/{graph.phone_id}/{what}" if "://" not in what else what
    return httpx.request(method, url, headers=headers, verify=False, **how)


def buttons(*titles, body="¿Seguimos?"):
    made = [{"type": "reply", "reply": {"id": f"/{t}", "title": t}} for t in titles]
    return {"type": "button", "body": {"text": body}, "action": {"buttons": made}}


def rows(*titles, description="d"):
    made = [{"id": t, "title": t, "description": description} for t in titles]
    action = {"button": "Ver", "sections": [{"title": "s", "rows": made}]}
    return {"type": "list", "body": {"text": "¿Cuál?"}, "action": action}


def template(name, *words):
    body = {"type": "body", "parameters": [{"type": "text", "text": w} for w in words]}
    return {"name": name, "language": {"code": "es"}, "components": [body]}


# Telegram


async def test_a_webhook_is_delivered_with_its_secret_until_it_is_acknowledged(api, bot, receiver):
    receiver.failures = 2
    api.push_text(CHAT, "before")
    await bot.set_webhook(receiver.url, secret_token="hush")
    api.push_text(CHAT, "after")
    await until(lambda: api.undelivered() == 0)
    texts = [update["message"]["text"] for update in receiver.json()]
    assert texts == ["before", "before", "before", "after"]
    assert {headers["x-telegram-bot-api-secret-token"] for headers, _ in receiver.given} == {"hush"}
    assert len(api.journal.of(PUSHED)) == len(api.journal.of(ACKNOWLEDGED)) == 2
    with pytest.raises(Conflict):
        await bot.get_updates()


async def test_of_two_that_poll_the_later_one_wins(api, bot):
    earlier = asyncio.create_task(bot.get_updates(timeout=20))
    await until(lambda: any(method == "getUpdates" for method, _ in api.calls))
    async with Bot("1:x", base_url=f"{api.url}/bot") as other:
        later = asyncio.create_task(other.get_updates(timeout=20))
        with pytest.raises(Conflict):
            await earlier
        api.push_text(CHAT, "hola")
        assert [update.message.text for update in await later] == ["hola"]


async def test_deliveries_can_be_repeated_and_shuffled(api, bot, receiver):
    api.deliver(copies=3, shuffle=True, seed=4)
    await bot.set_webhook(receiver.url)
    for number in range(30):
        api.push_text(CHAT, str(number))
    await until(lambda: api.undelivered() == 0)
    texts = [update["message"]["text"] for update in receiver.json()]
    assert sorted(texts) == sorted([str(number) for number in range(30)] * 3)
    assert texts != sorted(texts, key=int)


async def test_a_message_whose_answer_was_cut_is_in_the_books(api, bot):
    api.fail(HANG_UP, after_doing=True)
    with pytest.raises(NetworkError):
        await bot.send_message(CHAT, "hola")
    api.fail(HANG_UP)
    with pytest.raises(NetworkError):
        await bot.send_message(CHAT, "adiós")
    (entry,) = api.journal.of(SENT, str(CHAT))
    assert (entry.payload["text"], entry.answered) == ("hola", False)


async def test_a_document_and_a_location_arrive_and_a_file_can_be_fetched(api, bot):
    await bot.send_document(CHAT, b"%PDF\r\n--\r\n", filename="acta.pdf", caption="El acta")
    await bot.send_location(CHAT, -0.2, -78.5)
    await bot.send_photo(CHAT, b"jpeg")
    assert (api.sent[0].text, api.sent[0].file) == ("El acta", ("acta.pdf", b"%PDF\r\n--\r\n"))
    assert [sent.method for sent in api.sent[1:]] == ["sendLocation", "sendPhoto"]
    api.push_document(CHAT, "carta")
    (update,) = await bot.get_updates()
    file = await bot.get_file(update.message.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"carta"


async def test_the_library_reads_every_kind_of_update(api, bot):
    api.push_album(CHAT, 2, "dos fotos")
    api.push_voice(CHAT)
    api.push_location(CHAT, -0.2, -78.5)
    api.push_contact(CHAT, "593990000017")
    api.push_edited(CHAT, "hola", 5)
    api.push_callback(CHAT, "/greet", message_id=9)
    api.push_group_text(-5, "hola", CHAT, mention=True)
    api.push_group_text(-5, "hola", CHAT, reply=True)
    api.push_channel_post(-6, "aviso")
    api.block(CHAT)
    updates = await bot.get_updates()
    kinds = [next(k for k in u.to_dict() if k != "update_id") for u in updates]
    assert kinds[5:7] == ["edited_message", "callback_query"]
    assert kinds[-2:] == ["channel_post", "my_chat_member"]
    assert updates[0].message.media_group_id == updates[1].message.media_group_id
    assert updates[8].message.reply_to_message.from_user.id == (await bot.get_me()).id
    with pytest.raises(Forbidden):
        await bot.send_message(CHAT, "hola")


@pytest.mark.parametrize(
    "said",
    [
        {"text": "x" * 4097},
        {"text": " "},
        {"text": "<b>a", "parse_mode": "HTML"},
        {"text": "1 < 2", "parse_mode": "HTML"},
        {"text": "<p>a</p>", "parse_mode": "HTML"},
    ],
)
async def test_telegram_refuses_what_it_cannot_show(api, bot, said):
    with pytest.raises(BadRequest):
        await bot.send_message(CHAT, **said)
    assert api.sent == []


async def test_an_edit_that_changes_nothing_is_refused(bot):
    await bot.edit_message_reply_markup(CHAT, 5)
    with pytest.raises(BadRequest):
        await bot.edit_message_reply_markup(CHAT, 5)


# WhatsApp


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        ("text", {"body": "x" * 4096}, None),
        ("text", {"body": "x" * 4097}, 100),
        ("text", {"body": ""}, 100),
        ("interactive", buttons("a", "b", "x" * 20, body="x" * 1024), None),
        ("interactive", buttons("a", "b", "x" * 21), 131009),
        ("interactive", buttons("a", "b", "c", "d"), 131009),
        ("interactive", buttons("a", "a"), 131009),
        ("interactive", buttons("a", body="x" * 1025), 131009),
        ("interactive", rows(*(f"{n} ".ljust(24, "x") for n in range(10))), None),
        ("interactive", rows(*map(str, range(11))), 131009),
        ("interactive", rows("x" * 25), 131009),
        ("interactive", rows("x", description="x" * 73), 131009),
        ("location", {"latitude": -0.2, "longitude": -78.5}, None),
        ("location", {"latitude": 91, "longitude": 0}, 131009),
        ("document", {"id": "123"}, 131053),
        ("document", {"link": "https://example.org/a.pdf"}, None),
        ("template", template("agenda", "sábado"), None),
        ("template", template("agenda"), 132000),
        ("template", template("agenda", "uno\ndos"), 132018),
        ("template", template("other"), 132001),
        ("poll", {}, 131051),
    ],
)
def test_whatsapp_takes_what_its_limits_allow_and_no_more(graph, kind, said, code):
    graph.add_template("agenda", parameters=1)
    answer = send(graph, kind, **said)
    assert answer.json().get("error", {}).get("code") == code
    assert len(graph.sent) == len(graph.journal.of(SENT)) == (code is None)


def test_outside_the_24_hours_only_a_template_passes(graph):
    graph.add_template("agenda")
    graph.close_window(CITIZEN)
    assert send(graph, body="hola").json()["error"]["code"] == 131047
    assert send(graph, "template", **template("agenda")).status_code == 200
    graph.push_text(CITIZEN, "hola")
    assert send(graph, body="hola").status_code == 200


@pytest.mark.parametrize(
    ("code", "status"), [(190, 401), (130429, 429), (131056, 400), (131000, 500), (502, 502)]
)
def test_a_scripted_failure_happens_once_and_stores_nothing(graph, code, status):
    graph.fail(code, retry_after=3)
    answer = send(graph, body="hola")
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "3")
    assert graph.sent == []
    assert send(graph, body="hola").status_code == 200


def test_a_message_accepted_without_an_answer_is_in_the_books_of_whatsapp(graph):
    graph.fail(HANG_UP, after_doing=True)
    with pytest.raises(httpx.RemoteProtocolError):
        send(graph, body="hola")
    assert [(e.address, e.answered) for e in graph.journal.of(SENT)] == [(CITIZEN, False)]


def test_an_old_token_is_refused(graph):
    graph.configure(token="new")
    answer = httpx.get(f"{graph.url}/v23.0/{graph.phone_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


async def test_statuses_bring_back_what_came_with_the_message(graph, receiver):
    graph.configure(follow_up=("sent", "delivered", "read"))
    message = {"messaging_product": "whatsapp", "to": f"+{CITIZEN}", "type": "text",
               "text": {"body": "hola"}, "biz_opaque_callback_data": "row 5"}  # fmt: skip
    wamid = call(graph, "messages", json=message).json()["messages"][0]["id"]
    await until(lambda: graph.undelivered() == 0)
    told = [p["entry"][0]["changes"][0]["value"]["statuses"][0] for p in receiver.json()]
    assert {t["status"] for t in told} == {"sent", "delivered", "read"}
    assert {(t["id"], t["biz_opaque_callback_data"]) for t in told} == {(wamid, "row 5")}


async def test_a_late_refusal_is_accepted_and_then_failed(graph, receiver):
    graph.configure(refuse_late=True)
    graph.block(CITIZEN)
    assert send(graph, body="hola").status_code == 200
    await until(lambda: receiver.given)
    (told,) = receiver.json()[0]["entry"][0]["changes"][0]["value"]["statuses"]
    assert (told["status"], told["errors"][0]["code"]) == ("failed", 131026)
    assert graph.sent == []


@pytest.mark.parametrize(
    ("shape", "counts"), [("messages", (1, 1, 2)), ("changes", (1, 2, 1)), ("entries", (2, 1, 1))]
)
async def test_a_payload_is_signed_and_comes_in_every_shape(graph, receiver, shape, counts):
    receiver.failures = 1
    graph.push_together([(CITIZEN, says.text("á")), ("593990000018", says.reaction("w"))], shape)
    await until(lambda: graph.undelivered() == 0)
    assert len(receiver.given) == 2
    headers, body = receiver.given[1]
    assert headers["x-hub-signature-256"] == graph.signature(body)
    entries = json.loads(body)["entry"]
    changes = entries[0]["changes"]
    assert (len(entries), len(changes), len(changes[0]["value"]["messages"])) == counts
    assert len(graph.journal.of(ACKNOWLEDGED)) == 2


def test_a_webhook_is_verified_only_with_the_right_token(graph):
    assert graph.verify("right")
    assert not graph.verify("wrong")


def test_a_file_goes_up_is_described_comes_down_and_is_deleted(graph):
    form = {"files": {"file": ("acta.pdf", b"%PDF\r\n", "application/pdf")},
            "data": {"messaging_product": "whatsapp"}}  # fmt: skip
    number = call(graph, "media", **form).json()["id"]
    address = f"{graph.url}/v23.0/{number}"
    about = call(graph, address, "GET").json()
    assert (about["mime_type"], about["file_size"]) == ("application/pdf", 6)
    assert call(graph, about["url"], "GET").content == b"%PDF\r\n"
    assert httpx.get(about["url"]).status_code == 401
    assert send(graph, "document", id=number, filename="acta.pdf").status_code == 200
    assert call(graph, address, "DELETE").json() == {"success": True}
    assert call(graph, address, "GET").status_code == 400


# Both


def test_chances_with_the_same_seed_go_wrong_alike(graph):
    seen = []
    for _ in range(2):
        graph.misbehave(7, ["messages"], throttle=0.2, error=0.2)
        seen.append([send(graph, body="hola").status_code for _ in range(30)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 429, 500}
    assert most_in(graph.journal.of(SENT), 3600) == len(graph.sent)


def test_the_books_survive_the_process_and_ids_are_not_given_twice(tmp_path):
    file = tmp_path / "journal.jsonl"
    for _ in range(2):
        port = free_port()
        command = ["-m", "tests.fakes.graph_api", "--port", str(port), "--journal", str(file)]
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, cwd=ROOT)
        with process:
            url = process.stdout.readline().decode().strip()
            graph = Remote(url)
            graph.open_window(citizen=CITIZEN)
            graph.configure(phone_id="5", token="t")
            said = {"messaging_product": "whatsapp", "to": CITIZEN, "text": {"body": "hola"}}
            headers = {"Authorization": "Bearer t"}
            httpx.post(f"{url}/v23.0/5/messages", json=said, headers=headers).raise_for_status()
            process.kill()
    entries = read(file)
    assert [(e.what, e.address) for e in entries] == [(SENT, CITIZEN)] * 2
    assert entries[0].id != entries[1].id
