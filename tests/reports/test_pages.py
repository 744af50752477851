"""The pages of the review, over HTTP: what they show to whom, and what each write does."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from fastapi import FastAPI
from ruamel.yaml import YAML
from sqlalchemy import update

from bot.app import showing
from bot.panel.mount import mount_panel
from bot.services import review
from bot.settings import Settings
from storage.models import Outbound, Report, ReportMessage
from tests.panel.conftest import add, browser, quick_hashes, token_of
from tests.reports.test_review import audits, fetch

__all__ = ["quick_hashes"]
QUEUE = "/panel/reportes"
RUBBISH = "hace dos semanas que no pasa el carro de la basura en la Ferroviaria"
AGAIN = "el recolector no viene por la ferroviaria ya van quince dias"
VIOLENT = "en el CDI la profesora le pega a los niños"


@pytest.fixture
def panel(town):
    web = FastAPI()
    service = town.service
    mount_panel(web, service.database, service.clock, service.renderer, Settings(),
                showing(service.renderer), service.turns.interpreter)  # fmt: skip
    return web


@pytest_asyncio.fixture
async def sign_in(town, panel):
    opened = []

    async def make(role="reviewer", **more):
        client = browser(panel, await token_of(town.service, await add(town.service, role, **more)))
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


def folios(html):
    return re.findall(r'data-folio="(AS-[\d-]+)"', html)


async def notice(client, answer):
    assert answer.status_code == 303, answer.text
    return (await client.get(answer.headers["location"])).text


async def test_the_queue_shows_each_with_what_it_seems_and_its_likely_duplicates(town, sign_in):
    first, second = await town.report(RUBBISH), await town.report(AGAIN, sender="2")
    html = (await (await sign_in()).get(QUEUE)).text
    assert folios(html) == [second, first]
    assert "Ambiente" in html
    assert "100 %" in html
    assert re.search(rf'Parecidos:</strong> <a href="/panel/reportes/{first}"', html)
    assert "Vence el 27/11/2026" in html


async def test_filters_search_order_and_pages(town, sign_in):
    made = [await town.report(f"hay un bache en la cuadra {i}", "Solanda") for i in range(31)]
    other = await town.report(RUBBISH)
    client = await sign_in()
    for query, wanted in (
        ("theme=basura", [other]), ("text=ferroviária", [other]), ("kind=need", []),
        ("channel=whatsapp", []), ("institution=emaseo", [other]), ("state=resolved", []),
        ("theme=vias&oldest=1&text=00031", [made[30]]), ("zone=abc&theme=basura", [other]),
    ):  # fmt: skip
        assert folios((await client.get(f"{QUEUE}?{query}")).text) == wanted, query
    page = (await client.get(f"{QUEUE}?theme=vias")).text
    assert folios(page) == made[:0:-1]
    following = re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert folios((await client.get(following)).text) == [made[0]]


async def test_many_at_once_are_decided_and_what_cannot_be_is_said(town, sign_in):
    made = [await town.report(f"{RUBBISH} {i}", sender=str(i)) for i in range(3)]
    client = await sign_in()
    await town.do(review.accept, made[2])
    form = {"action": "accept", "folio": made, "back": f"{QUEUE}?theme=basura"}
    text = await notice(client, await client.post(f"{QUEUE}/varios", data=form))
    assert "Se hicieron 2." in text
    assert f"El reporte {made[2]} está «aceptado" in text
    assert {(await town.get(f)).status for f in made} == {"accepted"}
    assert {a for a, _ in await audits(town)} == {"report_accept"}
    none = await client.post(f"{QUEUE}/varios", data={"action": "accept"})
    assert "Elija primero" in await notice(client, none)


@pytest.mark.parametrize(
    ("action", "state"), [("review", "under_review"), ("set_aside", "set_aside")]
)
async def test_each_decision_of_the_queue_is_taken(town, sign_in, action, state):
    folio = await town.report(RUBBISH)
    client = await sign_in()
    form = {"action": action, "folio": [folio], "reason": "Prueba o broma"}
    await notice(client, await client.post(f"{QUEUE}/varios", data=form))
    assert (await town.get(folio)).status == state
    await client.post(f"{QUEUE}/{folio}/decidir", data={"action": "reopen"})
    assert (await town.get(folio)).status in ("under_review",)


async def test_join_takes_the_likest_and_many_join_the_oldest(town, sign_in):
    first, second = await town.report(RUBBISH), await town.report(AGAIN, sender="2")
    third = await town.report("hay un bache en Solanda", sender="3")
    client = await sign_in()
    join = {"action": "join"}
    await client.post(f"{QUEUE}/varios", data={**join, "folio": [second]})
    assert (await town.get(second)).joined_to_id == (await town.get(first)).id
    alone = await client.post(f"{QUEUE}/varios", data={**join, "folio": [third]})
    assert "no tiene otro parecido" in await notice(client, alone)
    await client.post(f"{QUEUE}/varios", data={**join, "folio": [third, first]})
    assert (await town.get(third)).joined_to_id == (await town.get(first)).id
    page = (await client.get(f"{QUEUE}/{first}")).text
    assert "Unidos a este (2)" in page


async def test_sensitive_reports_are_only_for_those_who_may_see_them(town, sign_in):
    secret = await town.report(VIOLENT)
    blind, trusted = await sign_in(), await sign_in("administrator", sees_sensitive=True)
    for query in ("", "?state=all", "?sensitive=1&state=all", "?text=profesora"):
        assert secret not in (await blind.get(QUEUE + query)).text
    assert (await blind.get(f"{QUEUE}/{secret}")).status_code == 404
    for action in ("corregir", "unir", "decidir", "escribir"):
        form = {"kind": "need", "other": secret, "action": "accept", "words": "hola",
                "purpose": "state"}  # fmt: skip
        refused = await blind.post(f"{QUEUE}/{secret}/{action}", data=form)
        assert (refused.status_code, "No existe el reporte" in refused.text) == (409, True)
    await blind.post(f"{QUEUE}/varios", data={"action": "accept", "folio": [secret]})
    assert (await town.get(secret)).status == "received"
    assert folios((await trusted.get(QUEUE)).text) == []
    assert folios((await trusted.get(f"{QUEUE}?sensitive=1&state=all")).text) == [secret]
    assert "profesora" in (await trusted.get(f"{QUEUE}/{secret}")).text


async def test_who_marks_it_sensitive_without_that_right_sees_it_no_more(town, sign_in):
    folio = await town.report(RUBBISH)
    client = await sign_in()
    answer = await client.post(f"{QUEUE}/{folio}/decidir", data={"action": "sensitive"})
    assert answer.headers["location"] == QUEUE
    assert (await client.get(f"{QUEUE}/{folio}")).status_code == 404


async def test_a_reviewer_of_an_institution_works_on_its_reports_only(town, sign_in):
    other, own = await town.report(RUBBISH), await town.report("el CDI de Cariamanga no abre")
    client = await sign_in(institution="mies")
    assert folios((await client.get(f"{QUEUE}?state=all")).text) == [own]
    assert (await client.get(f"{QUEUE}/{other}")).status_code == 404
    await client.post(f"{QUEUE}/varios", data={"action": "accept", "folio": [other, own]})
    assert [(await town.get(f)).status for f in (other, own)] == ["received", "accepted"]


async def test_a_reviewer_of_a_unit_sees_what_is_meant_for_it(town, sign_in):
    other, own = await town.report(RUBBISH), await town.report("el CDI de Cariamanga no abre")
    async with town.service.database.write() as session:
        for folio, unit in ((other, "Ambiente"), (own, "Desarrollo Infantil")):
            changed = update(Report).where(Report.folio == folio).values(unit=unit)
            await session.execute(changed)
    client = await sign_in(unit="Desarrollo Infantil")
    assert folios((await client.get(f"{QUEUE}?state=all")).text) == [own]
    assert (await client.get(f"{QUEUE}/{other}")).status_code == 404


async def test_one_report_from_correction_to_the_citizens_chat(town, sign_in):
    folio = await town.report("no hay luz en la calle principal", "Toctiuco")
    twin = await town.report("no hay luz en la calle principal", "Toctiuco", sender="2")
    client = await sign_in()
    at = f"{QUEUE}/{folio}"
    fixed = {"kind": "need", "theme": "seguridad", "unit": "Obras Públicas", "institution": "eeq"}
    await notice(client, await client.post(f"{at}/corregir", data=fixed))
    report = await town.get(folio)
    assert (report.kind, report.theme, report.unit) == ("need", "seguridad", "Obras Públicas")
    wrong = await client.post(f"{at}/corregir", data={"kind": "need", "theme": "magia"})
    assert wrong.status_code == 409
    await client.post(f"{QUEUE}/{twin}/unir", data={"other": folio.lower()})
    for form in ({"action": "accept"}, {"action": "assign", "unit": "Obras Públicas"}):
        await client.post(f"{at}/decidir", data=form)
    page = (await client.get(at)).text
    assert "Le escribe el equipo de Somos" in page
    sent = {"purpose": "resolution", "words": f"Ya hay luz ({folio}).", "joined": "1"}
    text = await notice(client, await client.post(f"{at}/escribir", data=sent))
    assert "en cola" in text
    said = [row.body["text"] for row in await fetch(town, Outbound) if row.kind == "notice"]
    assert said[0].startswith(f"Ya hay luz ({folio}).")
    assert said[1].startswith(f"Ya hay luz ({twin}).")
    assert "Abrí otra vez" in await town.say("no", sender="2")
    report = await town.get(folio)
    assert (report.status, report.reopened) == ("assigned", 1)
    page = (await client.get(at)).text
    assert "Se reabrió 1 vez" in page
    assert "la persona reabrió" in page


async def test_who_cannot_be_written_to_is_said_on_the_page(town, sign_in):
    client = await sign_in()
    for more, words in (
        ({"anonymous": True}, "es anónimo"),
        ({"channel": "rest", "sender": "w"}, "llegó por la página web"),
    ):
        folio = await town.report(RUBBISH, **more)
        page = (await client.get(f"{QUEUE}/{folio}")).text
        assert words in page
        assert "/escribir" not in page
        form = {"purpose": "state", "words": "Hola"}
        assert (await client.post(f"{QUEUE}/{folio}/escribir", data=form)).status_code == 409
    assert await fetch(town, ReportMessage) == []


async def test_what_is_late_is_shown(town, sign_in):
    folio = await town.report(RUBBISH)
    async with town.service.database.write() as session:
        report = await session.get(Report, (await town.get(folio)).id)
        report.due_on = town.service.clock().date() - timedelta(days=1)
    client = await sign_in()
    assert "Venció el 20/11/2026" in (await client.get(f"{QUEUE}/{folio}")).text
    assert folios((await client.get(f"{QUEUE}?overdue=1&oldest=1")).text) == [folio]


SCRIPTS = YAML(typ="safe").load(Path(__file__).parent.parent / "sentences" / "scripts.yml")
NEVER = {"img", "svg", "iframe", "object", "embed", "style", "base", "video", "audio", "math",
         "marquee", "b", "source", "animate"}  # fmt: skip


class Elements(HTMLParser):
    """What a browser would make of a page: its elements, and what in them could run."""

    def __init__(self):
        super().__init__()
        self.tags, self.runs, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.runs += [
            (tag, name, value)
            for name, value in attrs
            if name.startswith("on") or name == "style"
            or (name in ("href", "src", "action", "formaction") and (value or "/")[0] not in "/#?")
        ]  # fmt: skip

    def handle_data(self, data):
        self.text += data


async def elements(client, path):
    page = Elements()
    page.feed((await client.get(path)).text)
    assert page.runs == [], path
    assert NEVER.isdisjoint(page.tags), path
    return page


async def test_what_citizens_write_is_only_text(town, sign_in):
    """In their words, as their place, in their answer; as a search and in what staff type, too."""
    assert len(SCRIPTS) >= 50
    made = [await town.report(f"hay basura {p}", f"{p}"[:200], sender=str(n))
            for n, p in enumerate(SCRIPTS)]  # fmt: skip
    client = await sign_in()
    usual = (await elements(client, f"{QUEUE}?text=nothing")).tags.count("script")
    shown = "".join([
        (await elements(client, f"{QUEUE}?{query}")).text for query in ("", "oldest=1")
    ])  # fmt: skip
    for payload in SCRIPTS:
        assert payload in shown, payload
        path = f"{QUEUE}?{urlencode({'text': payload, 'kind': payload, 'theme': payload})}"
        assert (await elements(client, path)).tags.count("script") == usual
    folio = made[0]
    async with town.service.database.write() as session:
        number = (await town.get(folio)).id
        session.add_all(
            ReportMessage(report_id=number, direction="in", words=payload, actor=payload,
                          created_at=town.service.clock()) for payload in SCRIPTS
        )  # fmt: skip
    reason = {"action": "set_aside", "reason": SCRIPTS[0]}
    await client.post(f"{QUEUE}/{folio}/decidir", data=reason)
    page = await elements(client, f"{QUEUE}/{folio}")
    assert all(payload in page.text for payload in SCRIPTS)
    assert page.tags.count("script") == usual - 1


async def test_a_way_back_that_is_not_ours_is_not_taken(town, sign_in):
    folio = await town.report(RUBBISH)
    client = await sign_in()
    form = {"action": "accept", "folio": [folio], "back": "https://evil.example/"}
    assert (await client.post(f"{QUEUE}/varios", data=form)).headers["location"] == "/panel"


async def test_an_auditor_reads_and_decides_nothing(town, sign_in):
    folio = await town.report(RUBBISH)
    client = await sign_in("auditor")
    for path in (QUEUE, f"{QUEUE}/{folio}"):
        page = await client.get(path)
        assert page.status_code == 200
        assert 'name="action"' not in page.text
    for path in ("varios", f"{folio}/decidir", f"{folio}/corregir", f"{folio}/escribir"):
        form = {"action": "accept", "folio": [folio], "kind": "need", "words": "x",
                "purpose": "state"}  # fmt: skip
        assert (await client.post(f"{QUEUE}/{path}", data=form)).status_code == 403
