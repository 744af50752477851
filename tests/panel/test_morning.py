"""A reviewer's morning in a real browser: find what says the same, join, accept, assign, answer."""

import asyncio
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from bot.clock import make_clock
from bot.services.reporting import Said, record
from bot.services.suggesting import details_of, read_report
from storage.database import Database
from storage.queries.conversations import lock_conversation
from tests.conftest import NOW, settings_for
from tests.panel.conftest import PASSWORD
from tests.panel.test_browser import WIDTHS, axe_findings
from tests.process import environment, free_port, start_somos, wait_until_ready

EMAIL = "rosa@somos.invalid"
SAID = (
    "hace dos semanas que no pasa el carro de la basura en la Ferroviaria",
    "el recolector no viene por la ferroviaria ya van quince dias",
    "en la ferroviaria no recogen la basura hace quince dias",
    "los perros de la cuadra ladran chistoso jaja",
    "hay un bache enorme en la entrada de Pomasqui",
)


def apart(work):
    """Run it in a thread of its own: Playwright's has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def report_all(folder, interpreter):
    """What citizens of two evenings said; the chat of the first is looked at afterwards."""
    database, clock = Database(settings_for("", folder).database), make_clock(NOW)
    gazetteers, folios = interpreter.finder.gazetteers, []
    for number, words in enumerate(SAID):
        found = details_of(gazetteers, words)
        said = Said("alert", words, found.get("place"), found.get("neighbourhood"),
                    found.get("zone"), found["institution"], found.get("service"),
                    found.get("theme"))  # fmt: skip
        async with database.write() as session:
            chat = await lock_conversation(session, "telegram", f"09{number}", clock())
            reading = read_report(interpreter, words, "alert")
            report = await record(session, said, chat.account_id, clock(), "telegram", reading)
        folios.append(report.folio)
    await database.close()
    return folios


async def read(folder, sql):
    database = Database(settings_for("", folder).database)
    async with database.read() as session:
        found = [tuple(row) for row in (await session.execute(text(sql))).all()]
    await database.close()
    return found


@pytest.fixture(scope="module")
def running(filled_sqlite, tmp_path_factory):
    """The real process with a reviewer's account: its address and its folder."""
    folder = tmp_path_factory.mktemp("morning")
    shutil.copytree(filled_sqlite, folder, dirs_exist_ok=True)
    command = [sys.executable, "-m", "bot", "staff", "add", EMAIL, "--role", "reviewer"]
    subprocess.run(command, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True,
                   env=environment(folder, NOW))  # fmt: skip
    port = free_port()
    process = start_somos(folder, port, NOW)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(params=WIDTHS)
def morning(request, browser, running, interpreter):
    """A reviewer who has just signed in, the folios that wait, and the folder of the service."""
    base, folder = running
    folios = apart(report_all(folder, interpreter))
    context = browser.new_context(viewport=WIDTHS[request.param], locale="es-EC", base_url=base)
    context.set_default_timeout(10_000)
    context.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())
    page = context.new_page()
    page.goto("/panel/entrar?a=/panel/reportes")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".report-row")
    page.wait_for_load_state("networkidle")
    yield page, folios, folder
    context.close()


def rows(page):
    return page.locator(".report-row").evaluate_all("all => all.map(row => row.dataset.folio)")


def test_a_reviewers_morning(morning):
    page, folios, folder = morning
    assert rows(page) == folios[::-1]
    assert axe_findings(page) == []

    # By keyboard: the joke is set aside, the pothole accepted, the rest joined.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator(".report-row")).to_have_count(4)
    page.wait_for_selector(".report-row:focus")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("a")
    expect(page.locator(".report-row")).to_have_count(3)
    for folio in folios[:3]:
        page.check(f"input[value='{folio}']")
    page.focus(f"[data-folio='{folios[0]}']")
    page.keyboard.press("j")
    expect(page.locator(".report-row")).to_have_count(1)

    # The one that remains: accepted, assigned, answered to all three.
    page.wait_for_selector(".report-row:focus")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{folios[0]}")
    expect(page.locator("main")).to_contain_text("Unidos a este (2)")
    assert axe_findings(page) == []
    page.click("button[value=accept]")
    page.click("button[value=assign]")
    page.click("summary:has-text('Decirle que está resuelto')")
    page.fill("#words-resolution", f"El carro ya pasa por su calle ({folios[0]}).")
    page.click("details[open] button[type=submit]")
    # The notice before it looks alike: these words are the last one's.
    expect(page.locator("main")).to_contain_text("en cola")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]

    states = apart(read(folder, "SELECT folio, status FROM report ORDER BY folio"))
    assert [dict(states)[folio] for folio in folios] == [
        "resolved", "joined", "joined", "set_aside", "accepted"
    ]  # fmt: skip
    told = apart(
        read(folder, "SELECT address, body FROM outbound WHERE kind = 'notice' ORDER BY id")
    )
    assert [address for address, _ in told[-3:]] == ["090", "091", "092"]
    assert all("El carro ya pasa" in body for _, body in told)
