"""The web chat on a shared telephone, by keyboard, with a screen reader, on a small screen."""

import re

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


# ---- privacy ----


def test_nothing_of_the_conversation_is_left_on_the_device(chat):
    chat.write("mi secreto")
    expect(chat.page.get_by_text("Eco: mi secreto")).to_be_visible()
    assert chat.page.evaluate("localStorage.length") == 0
    assert chat.page.evaluate("Object.keys(sessionStorage)") == ["sender"]
    assert re.fullmatch(r"[0-9a-f]{32}", chat.sender)
    assert chat.page.context.cookies() == []
    chat.page.reload()
    expect(chat.page.get_by_text("Buenas tardes")).to_be_visible()
    expect(chat.page.get_by_text("mi secreto")).to_have_count(0)


def test_going_back_does_not_bring_the_conversation_to_the_screen(chat):
    chat.page.add_init_script(
        "addEventListener('pageshow', () => { window.firstSeen = document.body.textContent })"
    )
    chat.page.reload()
    chat.write("mi secreto")
    expect(chat.page.get_by_text("Eco: mi secreto")).to_be_visible()
    chat.page.goto(chat.url + "static/favicon.svg")
    chat.page.go_back(wait_until="commit")
    expect(chat.page.get_by_text("Buenas tardes")).to_be_visible()
    expect(chat.page.get_by_text("mi secreto")).to_have_count(0)
    assert "mi secreto" not in chat.page.evaluate("window.firstSeen")


def test_a_new_conversation_has_another_sender_and_an_empty_screen(chat, fake_bot):
    chat.write("hola")
    expect(chat.answers).to_have_count(2)
    before = chat.sender
    chat.button("Nueva conversación").click()
    expect(chat.answers).to_have_count(1)
    expect(chat.own).to_have_count(0)
    assert fake_bot.messages == ["/greet", "hola", "/greet"]
    assert fake_bot.heard[1]["sender"] == before != fake_bot.heard[2]["sender"] == chat.sender


def test_a_late_answer_does_not_enter_the_new_conversation(chat, fake_bot):
    fake_bot.failing = "held"
    chat.write("mi secreto")
    expect(chat.own).to_have_count(1)
    fake_bot.failing = None
    chat.button("Nueva conversación").click()
    expect(chat.answers).to_have_count(1)
    fake_bot.release()
    chat.page.wait_for_timeout(100)
    expect(chat.page.get_by_text("mi secreto")).to_have_count(0)


@pytest.mark.parametrize("way", ["button", "escape"])
def test_the_quick_exit_leaves_nothing_to_go_back_to(chat, way):
    before = chat.sender
    chat.page.route("https://www.google.com/**", lambda route: route.fulfill(body="clima"))
    chat.write("mi secreto")
    expect(chat.page.get_by_text("Eco: mi secreto")).to_be_visible()
    if way == "button":
        chat.button("Salir rápido").click()
    else:
        chat.page.keyboard.press("Escape")
        chat.page.keyboard.press("Escape")
    chat.page.wait_for_url("https://www.google.com/**")
    chat.page.go_back()
    assert chat.page.url == "about:blank"  # the page gave up its place in the history
    chat.open()
    assert chat.sender != before


def test_one_escape_does_not_leave(chat):
    chat.page.keyboard.press("Escape")
    chat.write("sigo aquí")
    expect(chat.page.get_by_text("Eco: sigo aquí")).to_be_visible()


# ---- for everyone ----


def test_the_keyboard_alone_is_enough(chat, fake_bot):
    message = chat.page.get_by_label("Escriba su mensaje")
    expect(message).to_be_focused()
    chat.page.keyboard.type("una")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("dos")
    fake_bot.answers["una\ndos"] = fake_bot.answers["/greet"]
    chat.page.keyboard.press("Enter")
    expect(chat.answers).to_have_count(2)
    expect(message).to_be_focused()
    expect(message).to_have_value("")
    chat.page.keyboard.press("Shift+Tab")
    chat.page.keyboard.press("Shift+Tab")
    expect(chat.button("Talleres").last).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat.button("Panadería")).to_be_visible()
    expect(chat.own.last).to_be_focused()
    chat.page.keyboard.press("Tab")
    expect(chat.button("Panadería")).to_be_focused()
    assert fake_bot.messages == ["/greet", "una\ndos", "/find_workshop"]


def test_focus_is_visible(chat):
    chat.page.keyboard.press("Shift+Tab")
    style = chat.page.evaluate("getComputedStyle(document.activeElement).outline")
    assert "solid 3px" in style


def test_a_screen_reader_finds_language_landmarks_and_live_regions(chat):
    assert chat.page.locator("html").get_attribute("lang") == "es-EC"
    for role in ("banner", "main"):
        expect(chat.page.get_by_role(role)).to_have_count(1)
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Somos")
    expect(chat.page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(chat.page.get_by_role("group", name="Opciones")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (1280, 800)])
def test_nothing_scrolls_sideways_and_the_text_box_stays_in_sight(chat, fake_bot, width, height):
    chat.page.set_viewport_size({"width": width, "height": height})
    fake_bot.answers["hola"] = [
        {"text": "a" * 90, "buttons": [{"title": "b" * 90, "payload": "/b"}]},
        {"text": "https://www.quito.gob.ec/" + "c" * 90},
    ]
    chat.write("hola")
    chat.write("d" * 200)
    expect(chat.answers).to_have_count(4)
    wide = "e => e.scrollWidth > e.clientWidth"
    assert not chat.page.locator("html").evaluate(wide)
    assert not chat.page.locator("#scroll").evaluate(wide)
    expect(chat.button("Enviar")).to_be_in_viewport(ratio=1)
    expect(chat.button("Salir rápido")).to_be_in_viewport(ratio=1)


def test_letters_are_large_and_what_can_be_tapped_is_large_too(chat, fake_bot):
    buttons = [{"title": "Sí", "payload": "/yes"}]
    fake_bot.answers["hola"] = [{"text": "Al 911.", "image": "/a.png", "buttons": buttons}]
    chat.write("hola")
    expect(chat.answers).to_have_count(2)
    fake_bot.failing = "network"
    chat.write("ayuda")
    expect(chat.button("Reintentar")).to_be_visible()
    font_size = "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    assert min(chat.page.locator("body *").evaluate_all(font_size)) >= 16
    for target in chat.page.locator("button:visible, a:visible, textarea").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 44, target.inner_text()
