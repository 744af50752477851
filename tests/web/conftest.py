"""A real Chromium for the web chat, and a stand-in for the bot's REST answers."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

SMALL_PHONE = {"width": 360, "height": 640}
WELCOME = [
    {
        "text": "Buenas tardes, soy Somos.\n¿Qué necesita?",
        "buttons": [
            {"title": "Talleres", "payload": "/find_workshop"},
            {"title": "Servicios", "payload": "/services"},
        ],
    }
]
BAKERY = {"title": "Panadería", "payload": "/choose{1}"}
WORKSHOPS = [{"text": "Encontré 4 talleres.", "buttons": [BAKERY]}]


@pytest.fixture
def page(browser):
    """A page on a small phone that reaches nothing but this machine."""
    context = browser.new_context(viewport=SMALL_PHONE, locale="es-EC")
    context.set_default_timeout(5000)
    context.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())
    yield context.new_page()
    context.close()


@pytest.fixture
def console_errors(page):
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def listen(message):
        if message.type == "error":
            errors.append(message.text)

    page.on("console", listen)
    return errors


@dataclass
class FakeBot:
    """Answers the REST channel from `answers` (by message), and remembers what it heard."""

    answers: dict[str, list] = field(default_factory=dict)
    heard: list[dict] = field(default_factory=list)
    held: list = field(default_factory=list)
    failing: str | int | None = None  # "network", "held" (until `release`), an HTTP status, or None

    def __call__(self, route):
        body = route.request.post_data_json
        self.heard.append(body)
        if self.failing == "network":
            route.abort("internetdisconnected")
        elif isinstance(self.failing, int):
            route.fulfill(status=self.failing, body="")
        elif self.failing == "held":
            self.held.append(route)
        else:
            self.answer(route, body["message"])

    def answer(self, route, message):
        route.fulfill(json=self.answers.get(message, [{"text": f"Eco: {message}"}]))

    def release(self):
        route = self.held.pop(0)
        self.answer(route, route.request.post_data_json["message"])

    @property
    def messages(self) -> list[str]:
        return [body["message"] for body in self.heard]


@pytest.fixture
def fake_bot(page):
    bot = FakeBot()
    page.route("**/webhooks/rest/webhook", bot)
    config = {"demo": False, "privacy_url": None}
    page.route("**/config.json", lambda route: route.fulfill(json=config))
    return bot


@dataclass
class Chat:
    """What a person sees of the page, and does with it."""

    page: object
    url: str

    def open(self):
        self.page.goto(self.url)

    def write(self, text):
        self.page.get_by_label("Escriba su mensaje").fill(text)
        self.page.keyboard.press("Enter")

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def answers(self):
        return self.page.get_by_role("log").locator(".answer")

    @property
    def own(self):
        return self.page.get_by_role("log").locator(".own")

    @property
    def sender(self):
        return self.page.evaluate("sessionStorage.getItem('sender')")


@pytest.fixture
def visitor(page, live_server):
    """A person who has not opened the page yet."""
    return Chat(page, live_server.rstrip("/") + "/")


@pytest.fixture
def chat(visitor, fake_bot, console_errors):
    """The page, open, greeted by the stand-in."""
    fake_bot.answers = {"/greet": WELCOME, "/find_workshop": WORKSHOPS}
    visitor.open()
    visitor.page.get_by_text("Buenas tardes").wait_for()
    return visitor
