"""An afternoon in communications, in a real browser: compose, approve, look on, cancel."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from storage.database import Database
from tests.conftest import settings_for
from tests.panel.conftest import ANA, LUZ, PASSWORD, SUBSCRIBERS, apart
from tests.panel.test_browser import WIDTHS, axe_findings

PATH = "/panel/difusiones"


@pytest.fixture
def enter(browser, panel_url):
    """Signs a colleague in, in a browser of their own: `enter(email, "desk")`."""
    contexts = []

    def sign_in(email, at):
        context = browser.new_context(viewport=WIDTHS[at], locale="es-EC", base_url=panel_url)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.route(lambda u: urlsplit(u).hostname != "127.0.0.1", lambda route: route.abort())
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto("/panel/entrar")
        page.get_by_label("Correo").fill(email)
        page.get_by_label("Contraseña").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/panel")
        return page

    yield sign_in
    for context in contexts:
        context.close()


async def run(folder, *statements):
    database = Database(settings_for("", folder).database)
    async with database.write() as session:
        for statement in statements:
            await session.execute(text(statement))
    await database.close()


def as_read_by_one(number):
    """Also where the process has not queued it yet, or just did."""
    first = f"(SELECT min(id) FROM recipient WHERE broadcast_id = {number})"
    return (f"UPDATE recipient SET status = 'read' WHERE id = {first} AND status = 'waiting'",
            f"UPDATE outbound SET status = 'read' WHERE recipient_id = {first}")  # fmt: skip


def is_sound(page):
    assert axe_findings(page) == []
    assert page.complaints == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], page.url


def test_a_notice_is_composed_approved_by_another_watched_and_cancelled(enter, panel_site):
    luz = enter(LUZ, "telephone")
    luz.goto(PATH)
    luz.get_by_role("button", name="Escribir un aviso").click()
    luz.get_by_label("Título").fill("Cierre de mañana")
    luz.get_by_label("Texto (español)").fill("Mañana no abrimos.\nGracias.")
    luz.get_by_label("Texto (inglés)").press_sequentially("Closed tomorrow.")
    look = luz.get_by_role("region", name="Así se verá")
    expect(look).to_contain_text("27 de 4.096 caracteres")
    expect(look).to_contain_text("Closed tomorrow.")
    audience = luz.get_by_role("group", name="Para quién")
    expect(audience).to_contain_text(f"Ahora son {SUBSCRIBERS} personas")
    luz.get_by_role("group", name="Idiomas").get_by_label("español").uncheck()
    expect(audience).to_contain_text("Ahora son 0 personas")
    luz.get_by_role("group", name="Idiomas").get_by_label("español").check()
    expect(audience).to_contain_text("lo aprueba otra persona")
    luz.get_by_label("Ahora mismo").check()
    luz.get_by_role("button", name="Guardar y mandar", exact=True).click()
    luz.wait_for_url(f"**{PATH}/*")
    expect(luz.get_by_role("status").first).to_contain_text("ahora lo aprueba otra persona")
    expect(luz.get_by_role("button", name="Aprobar")).to_have_count(0)
    is_sound(luz)

    ana = enter(ANA, "desk")
    address = urlsplit(luz.url).path
    ana.goto(address)
    expect(ana.get_by_role("region", name="Así se verá")).to_contain_text("Mañana no abrimos.")
    ana.get_by_role("button", name="Aprobar").click()
    # The process plans what is due within a second; the page sees it by itself.
    expect(ana.get_by_role("heading", level=1)).to_contain_text("Enviándose")
    books = ana.get_by_role("region", name="Cuentas")
    expect(books).to_contain_text(f"{SUBSCRIBERS} esperan")
    expect(books).to_contain_text("La suma cuadra")

    number = int(address.rsplit("/", 1)[1])
    apart(run(panel_site.folder, *as_read_by_one(number)))
    expect(books).to_contain_text("1 entregados")
    expect(books).to_contain_text(f"{SUBSCRIBERS - 1} esperan")
    is_sound(ana)

    ana.get_by_role("button", name="Cancelar").click()
    expect(ana.get_by_role("heading", level=1)).to_contain_text("Cancelado")
    expect(books).to_contain_text("0 esperan")
    expect(books).to_contain_text("se canceló el envío")


def test_a_weeks_agenda_is_drafted_and_read_as_a_zone_does(enter):
    luz = enter(LUZ, "telephone")
    luz.goto(PATH)
    # The process itself drafts that of the next week.
    luz.get_by_label("Agenda de la semana del").select_option(index=2)
    luz.get_by_role("button", name="Preparar la agenda").click()
    look = luz.get_by_role("region", name="Así se verá")
    before = look.locator(".panel-bubble").first.inner_text()
    luz.get_by_label("Como lo ve").select_option(index=1)
    expect(look.locator(".panel-bubble").first).not_to_have_text(before)
    expect(look).to_contain_text("También en la ciudad:")
    is_sound(luz)
