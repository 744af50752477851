"""What Telegram refuses with a 400, and how it says so."""

from html.parser import HTMLParser
from typing import Any

TAGS = {
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote",
    "tg-spoiler", "span",
}  # fmt: skip
MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_DATA = 64  # bytes of a button's payload
MAX_DOWNLOAD = 20_000_000


class RefusalError(Exception):
    """A call that Telegram would refuse, with a 400 unless told otherwise."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(f"Bad Request: {why}" if status == 400 else why)
        self.status = status


class _Html(HTMLParser):
    """The words between the tags; fails at what Telegram can't read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in TAGS:
            raise RefusalError(f'can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise RefusalError(f'can\'t parse entities: Unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise RefusalError("can't parse entities: Unsupported start tag")
        self.words += data


def plain(text: str, parse_mode: str | None) -> str:
    """The words as a citizen reads them."""
    if parse_mode is None:
        return text
    if parse_mode != "HTML":
        raise RefusalError("unsupported parse_mode")
    reader = _Html()
    reader.feed(text)
    reader.close()
    if reader.open:
        raise RefusalError(f"can't parse entities: Can't find end tag \"{reader.open[-1]}\"")
    return reader.words


def buttons_of(markup: dict[str, Any]) -> list[tuple[str, str]]:
    """Title and payload of each button, whatever keyboard they are on; refuses what is too long."""
    rows = markup.get("inline_keyboard", [])
    titles = [(b["text"], b.get("callback_data", b.get("url", ""))) for row in rows for b in row]
    if not all(title and 1 <= len(data.encode()) <= MAX_DATA for title, data in titles):
        raise RefusalError("BUTTON_DATA_INVALID")
    asked = [
        b if isinstance(b, dict) else {"text": b} for r in markup.get("keyboard", []) for b in r
    ]
    return [*titles, *((b["text"], "") for b in asked)]


def check_text(text: str) -> None:
    if not text.strip():
        raise RefusalError("message text is empty")
    if _units(text) > MAX_TEXT:
        raise RefusalError("message is too long")


def check_caption(text: str) -> None:
    if _units(text) > MAX_CAPTION:
        raise RefusalError("message caption is too long")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
