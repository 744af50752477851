"""The web chat in a real browser: it is small, shows answers safely and loses no message."""

import re
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

WEB = Path(__file__).parents[2] / "bot" / "channels" / "web"
PAGE = "https://www.quito.gob.ec/a?b=1&c=2"
STRICT_POLICY = "default-src 'self'"


# ---- with the real server ----


def test_the_server_greets_whoever_opens_the_page(visitor, console_errors):
    visitor.open()
    expect(visitor.answers.first).to_be_visible(timeout=15000)
    assert len(visitor.answers.first.inner_text()) > 20
    assert console_errors == []


def test_a_written_message_is_answered_by_the_server(visitor, console_errors):
    visitor.open()
    expect(visitor.answers.first).to_be_visible(timeout=15000)
    before = visitor.answers.count()
    visitor.write("hola")
    expect(visitor.answers.nth(before)).to_be_visible(timeout=15000)
    expect(visitor.own).to_have_text("Usted: hola")
    assert console_errors == []


# ---- small and strict ----


def test_the_whole_page_weighs_under_60_kb():
    files = [f for f in WEB.iterdir() if f.is_file() and f.suffix != ".py"]
    assert 0 < sum(f.stat().st_size for f in files) < 60 * 1024


def test_nothing_is_inline_or_comes_from_elsewhere():
    html = (WEB / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", html)
    assert all(src.startswith("/static/") for src in re.findall(r"\ssrc=\"([^\"]*)", html))
    assert "url(" not in (WEB / "chat.css").read_text(encoding="utf-8")


def test_the_words_for_people_are_in_the_page_and_not_in_the_script():
    script = (WEB / "chat.js").read_text(encoding="utf-8")
    assert not re.search(r"[áéíóúñ¿¡]", script, re.IGNORECASE)


def test_the_page_works_under_a_strict_content_security_policy(visitor, fake_bot, console_errors):
    def strictly(route):
        response = route.fetch()
        headers = {**response.headers, "content-security-policy": STRICT_POLICY}
        route.fulfill(response=response, headers=headers)

    visitor.page.route(visitor.url, strictly)
    visitor.open()
    visitor.write("una línea\ny otra")
    expect(visitor.answers).to_have_count(2)
    assert console_errors == []


def test_without_javascript_the_telephone_lines_are_there(browser, live_server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server)
    for number in ("911", "1800510510"):
        expect(page.locator(f"noscript a[href='tel:{number}']")).to_be_visible()
    context.close()


@pytest.mark.parametrize("demo", [True, False])
def test_the_demonstration_says_that_it_is_one(visitor, fake_bot, demo):
    config = {"demo": demo, "privacy_url": "/privacidad" if demo else None}
    visitor.page.route("**/config.json", lambda route: route.fulfill(json=config))
    visitor.open()
    expect(visitor.answers).to_have_count(1)
    banner = visitor.page.get_by_text("los talleres y eventos son inventados")
    privacy = visitor.page.get_by_role("link", name="Cómo cuidamos sus datos")
    expect(banner).to_be_visible(visible=demo)
    expect(privacy).to_be_visible(visible=demo)


# ---- answers and buttons ----


def test_a_button_sends_its_payload_and_shows_its_title(chat, fake_bot, console_errors):
    chat.button("Talleres").click()
    expect(chat.page.get_by_text("Encontré 4 talleres.")).to_be_visible()
    assert fake_bot.messages == ["/greet", "/find_workshop"]
    expect(chat.own).to_have_text("Usted: Talleres")
    assert console_errors == []


def test_older_buttons_can_be_read_but_no_longer_pressed(chat):
    chat.button("Talleres").click()
    expect(chat.button("Panadería")).to_be_enabled()
    for title in ("Talleres", "Servicios"):
        expect(chat.button(title)).to_be_visible()
        expect(chat.button(title)).to_be_disabled()
    chat.write("otra cosa")
    expect(chat.button("Panadería")).to_be_disabled()


def test_html_in_an_answer_is_shown_as_text_and_never_runs(chat, fake_bot, console_errors):
    evil = "<img src=x onerror='hacked=1'><script>hacked=1</script> *x* javascript:hacked=1"
    buttons = [{"title": evil, "payload": "/x"}]
    fake_bot.answers["hola"] = [{"text": evil, "buttons": buttons, "image": "javascript:hacked=1"}]
    chat.write("hola")
    expect(chat.answers.last.locator(".text")).to_have_text(evil)
    expect(chat.button(evil)).to_be_visible()
    assert chat.answers.last.locator("img, script, a").count() == 0
    assert chat.page.evaluate("window.hacked") is None
    assert console_errors == []


def test_own_html_is_shown_as_text_too(chat):
    chat.write("<b>hola</b>")
    expect(chat.own.locator(".text")).to_have_text("<b>hola</b>")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Llame al 911.", {"911": "tel:911"}),
        ("El ECU-911, o el 171 opción 6", {"911": "tel:911", "171": "tel:171"}),
        ("Al 1800 335 486 (1800 DELITO)", {"1800 335 486": "tel:1800335486"}),
        ("Al 1800510510.", {"1800510510": "tel:1800510510"}),
        ("Agua: 1800 24 24 24", {"1800 24 24 24": "tel:1800242424"}),
        (f"Vea {PAGE}).", {PAGE: PAGE}),
        ("Folio AS-2026-00171, vale $171, 171,50 y 1.911; cédula 1711191100; IN-2026-911", {}),
        ("http:// y javascript:alert(1) y 1800 12", {}),
    ],
)
def test_links_and_telephone_numbers_can_be_tapped_and_nothing_else(chat, fake_bot, text, links):
    fake_bot.answers["hola"] = [{"text": text}]
    chat.write("hola")
    expect(chat.answers.last.locator(".text")).to_have_text(text)
    found = chat.answers.last.locator("a").all()
    assert {a.inner_text(): a.get_attribute("href") for a in found} == links


def test_line_breaks_are_kept(chat):
    text = chat.answers.first.locator(".text").inner_text()
    assert text == "Buenas tardes, soy Somos.\n¿Qué necesita?"


def test_images_and_documents_are_offered_as_links_that_cost_no_data(chat, fake_bot):
    document = "https://example.org/a.pdf"
    fake_bot.answers["hola"] = [{"image": "/media/a.png", "attachment": document}]
    chat.write("hola")
    links = chat.page.get_by_role("log").get_by_role("link")
    expect(links).to_have_text(["Ver la imagen", "Abrir el documento"])
    expect(links.first).to_have_attribute("href", chat.url + "media/a.png")
    expect(links.last).to_have_attribute("href", document)


def test_a_file_inside_an_answer_is_saved_and_a_place_is_shown_on_a_map(chat, fake_bot):
    inside = {"src": "data:text/calendar;base64,QkVHSU4=", "name": "taller.ics"}
    place = {"latitude": -0.2299, "longitude": -78.525, "name": "Casa Somos Solanda"}
    fake_bot.answers["hola"] = [
        {"attachment": {"type": "file", "payload": inside}, "custom": {"location": place}},
        {"attachment": {"type": "file", "payload": {"src": "javascript:alert(1)"}}, "text": "no"},
    ]
    chat.write("hola")
    links = chat.page.get_by_role("log").get_by_role("link")
    expect(links).to_have_text(["taller.ics", "Casa Somos Solanda"])
    expect(links.first).to_have_attribute("download", "taller.ics")
    expect(links.last).to_have_attribute("href", re.compile("mlat=-0.2299&mlon=-78.525"))


def test_a_message_without_an_answer_is_at_least_received(chat, fake_bot):
    fake_bot.answers["gracias"] = []
    chat.write("gracias")
    expect(chat.own).to_contain_text("Recibido")


# ---- when it fails ----


@pytest.mark.parametrize("failure", ["network", 500, 429, 413])
def test_a_failed_message_stays_and_is_sent_again_on_request(chat, fake_bot, failure):
    fake_bot.failing = failure
    chat.write("quiero un taller")
    expect(chat.own).to_contain_text("quiero un taller")
    expect(chat.own).to_contain_text("No se envió")
    fake_bot.failing = None
    chat.button("Reintentar").click()
    expect(chat.page.get_by_text("Eco: quiero un taller")).to_be_visible()
    expect(chat.page.get_by_text("No se envió")).to_have_count(0)
    expect(chat.own).to_have_count(1)


def test_a_message_sent_again_carries_the_same_id(chat, fake_bot):
    fake_bot.failing = "network"
    chat.write("uno")
    expect(chat.button("Reintentar")).to_be_visible()
    fake_bot.failing = None
    chat.button("Reintentar").click()
    expect(chat.page.get_by_text("Eco: uno")).to_be_visible()
    greeting, first, again = [body["message_id"] for body in fake_bot.heard]
    assert first == again != greeting


def test_a_message_sent_again_later_stands_right_above_its_answer(chat, fake_bot):
    fake_bot.failing = "network"
    chat.write("uno")
    expect(chat.button("Reintentar")).to_be_visible()
    fake_bot.failing = None
    chat.write("dos")
    expect(chat.page.get_by_text("Eco: dos")).to_be_visible()
    chat.button("Reintentar").click()
    expect(chat.page.get_by_text("Eco: uno")).to_be_visible()
    shown = chat.page.get_by_role("log").locator(".msg > .text")
    expect(shown).to_have_text([re.compile("Buenas"), "dos", "Eco: dos", "uno", "Eco: uno"])


def test_an_answer_that_is_not_understood_counts_as_a_failure(chat, fake_bot):
    fake_bot.answers["hola"] = {"detail": "no"}
    chat.write("hola")
    expect(chat.own).to_contain_text("No se envió")


def test_after_20_seconds_without_an_answer_the_message_can_be_sent_again(visitor, fake_bot):
    visitor.page.clock.install()
    visitor.open()
    expect(visitor.answers).to_have_count(1)
    fake_bot.failing = "held"
    visitor.write("hola")
    visitor.page.clock.run_for(1000)
    typing = visitor.page.get_by_role("status").filter(has_text="Somos está escribiendo")
    expect(typing).to_be_attached()
    visitor.page.clock.run_for(18000)
    expect(visitor.button("Reintentar")).to_have_count(0)
    visitor.page.clock.run_for(2000)
    expect(visitor.button("Reintentar")).to_be_visible()
    expect(typing).to_have_count(0)


def test_messages_written_while_waiting_are_sent_one_by_one_in_order(chat, fake_bot):
    fake_bot.failing = "held"
    texts = ["uno", "dos", "tres"]
    for text in texts:
        chat.write(text)
    expect(chat.own).to_have_count(3)
    for sent, text in enumerate(texts, start=1):
        chat.page.wait_for_timeout(50)
        assert fake_bot.messages == ["/greet", *texts[:sent]]
        fake_bot.release()
        expect(chat.page.get_by_text(f"Eco: {text}")).to_be_visible()


def test_what_waited_behind_a_failure_is_not_lost_either_and_keeps_its_order(chat, fake_bot):
    fake_bot.failing = "held"
    chat.write("uno")
    chat.write("dos")
    expect(chat.own).to_have_count(2)
    fake_bot.failing = None
    fake_bot.held[0].abort()
    expect(chat.button("Reintentar")).to_have_count(2)
    chat.button("Reintentar").first.click()
    expect(chat.page.get_by_text("Eco: dos")).to_be_visible()
    assert fake_bot.messages == ["/greet", "uno", "uno", "dos"]


def test_a_greeting_that_fails_can_be_tried_again_and_names_the_emergency_line(visitor, fake_bot):
    fake_bot.failing = "network"
    visitor.open()
    expect(visitor.page.get_by_role("link", name="911")).to_be_visible()
    fake_bot.failing = None
    visitor.button("Reintentar").click()
    expect(visitor.page.get_by_text("Eco: /greet")).to_be_visible()
    expect(visitor.page.get_by_text("No pude abrir")).to_have_count(0)
    expect(visitor.own).to_have_count(0)


def test_a_message_over_the_limit_is_kept_and_explained(chat, fake_bot):
    chat.write("a" * 4012)
    expect(chat.page.get_by_text("A su mensaje le sobran 12 letras.")).to_be_visible()
    expect(chat.page.get_by_label("Escriba su mensaje")).to_have_value("a" * 4012)
    assert fake_bot.messages == ["/greet"]
    chat.write("a" * 4000)
    expect(chat.own).to_have_count(1)
    expect(chat.page.get_by_text("le sobran")).to_have_count(0)
