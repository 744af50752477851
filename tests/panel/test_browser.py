"""The panel in a real browser: for everybody (axe's rules), by keyboard, on a telephone."""

import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from bot.panel.core import MENU
from tests.conftest import NOW
from tests.panel.conftest import PASSWORD
from tests.process import environment, free_port, start_somos, wait_until_ready

EMAIL = "ana@somos.invalid"
WIDTHS = {"telephone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
PAGES = [path for path, *_ in MENU] + ["/panel/mi-cuenta"]
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def panel_url(filled_sqlite, tmp_path_factory):
    """The real process, with an administrator's account."""
    folder = tmp_path_factory.mktemp("panel")
    shutil.copytree(filled_sqlite, folder, dirs_exist_ok=True)

    command = ["staff", "add", EMAIL, "--role", "administrator", "--sensitive"]
    subprocess.run([sys.executable, "-m", "bot", *command], input=f"{PASSWORD}\n", text=True,
                   check=True, capture_output=True, env=environment(folder, NOW))  # fmt: skip
    port = free_port()
    process = start_somos(folder, port, NOW)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


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
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/panel")
    yield page
    context.close()


def axe_findings(page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['html'][:120]}"
        for v in violations
        if v["impact"] in SERIOUS
        for node in v["nodes"][:3]
    ]


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
