"""The panel in a real browser: for everybody (axe's rules), by keyboard, on a telephone."""

import sqlite3
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from bot.panel.core import MENU
from tests.panel.conftest import ANA, PASSWORD

WIDTHS = {"telephone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
AT = "2026-11-21 15:00:00"
CALVAS = "/panel/dialogos/calvas-2024-11-21"
INNER = ["/panel/mi-cuenta", CALVAS, f"{CALVAS}/documento", "/panel/compromisos/1"]
PAGES = [path for path, *_ in MENU] + INNER
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module", params=WIDTHS)
def colleague(request, browser, panel_url):
    """A signed-in page, and what its console complained of."""
    context = browser.new_context(
        viewport=WIDTHS[request.param], locale="es-EC", base_url=panel_url
    )
    context.set_default_timeout(10_000)
    context.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto("/panel/entrar")
    assert axe_findings(page) == []
    page.keyboard.type(ANA)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/panel")
    yield page
    context.close()


def axe_findings(page) -> list[str]:
    # Colours that still fade in have no contrast yet: what stays counts.
    page.wait_for_load_state("load")
    for _ in range(3):
        violations = Axe().run(page).response["violations"]
        found = [
            f"{v['id']}: {node['html'][:120]}"
            for v in violations
            if v["impact"] in SERIOUS
            for node in v["nodes"][:3]
        ]
        if not found:
            break
        page.wait_for_timeout(300)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody_and_fits(colleague, path):
    colleague.complaints.clear()
    assert colleague.goto(path).status == 200
    assert axe_findings(colleague) == []
    assert colleague.complaints == []
    width = colleague.evaluate("document.documentElement.scrollWidth")
    assert width <= colleague.viewport_size["width"]


def test_the_keyboard_reaches_the_content_and_the_menu(colleague):
    colleague.goto("/panel")
    colleague.keyboard.press("Tab")
    assert colleague.evaluate("document.activeElement.className") == "skip-link"
    colleague.keyboard.press("Enter")
    assert colleague.evaluate("document.activeElement.id") == "contenido"
    seen = set()
    for _ in range(30):
        colleague.keyboard.press("Tab")
        seen.add(colleague.evaluate("document.activeElement.getAttribute('href')"))
    assert any(href and href.startswith("/panel?days=") for href in seen)


def citizen_writes(folder, text):
    """Somebody who waits for a person says something; returns the number of the case."""
    with sqlite3.connect(folder / "somos.db") as database:
        for table in ("account(id, channel, address, opted_out, blocked, created_at) VALUES "
                      "(9, 'telegram', 'x', 0, 0, :at)",
                      "conversation(id, account_id, state, language, updated_at) VALUES "
                      "(9, 9, '{}', 'es', :at)",
                      "handoff_case(id, conversation_id, status, opened_at) VALUES "
                      "(9, 9, 'waiting', :at)"):  # fmt: skip
            database.execute(f"INSERT OR IGNORE INTO {table}", {"at": AT})
        database.execute(
            "INSERT INTO inbound(channel, external_id, conversation_id, text, status, sent_order, "
            "is_public, attempts, unclear, received_at) "
            "VALUES ('telegram', :text, 9, :text, 'done', 0, 0, 0, 0, :at)",
            {"text": text, "at": AT},
        )
    database.close()
    return 9


def test_what_a_citizen_writes_appears_by_itself(colleague, panel_folder):
    width = colleague.viewport_size["width"]
    case = citizen_writes(panel_folder, f"<i>buenas</i> {width}")
    # Its hours pass when we say so; else each look would take seconds.
    colleague.clock.install()
    colleague.goto(f"/panel/conversaciones/{case}")
    box = colleague.get_by_role("log")
    assert f"<i>buenas</i> {width}" in box.inner_text()
    citizen_writes(panel_folder, f"<b>gracias</b> {width}")
    colleague.clock.run_for(4500)
    colleague.wait_for_function(
        "words => document.querySelector('[role=log]').innerText.includes(words)",
        arg=f"<b>gracias</b> {width}",
    )
    assert axe_findings(colleague) == []


def test_a_row_moves_by_keyboard_and_keeps_the_focus(colleague):
    colleague.goto(CALVAS)
    new = colleague.get_by_label("Texto de una fila nueva en alertas del servicio")
    words = f"Falta agua a {colleague.viewport_size['width']}."
    new.fill(words)
    colleague.get_by_role("button", name="Guardar la matriz").click()
    row = colleague.locator("tr.movable textarea", has_text=words).first
    name, before = row.get_attribute("name"), colleague.url
    # The keys are ours once the page's script runs.
    colleague.wait_for_load_state("load")
    row.focus()
    colleague.keyboard.press("Alt+ArrowUp")
    colleague.wait_for_url(lambda url: url != before and "#fila-" in url)
    colleague.wait_for_function("name => document.activeElement.name === name", arg=name)
