"""The form of a draft: words, lines and for whom it is, read against what is saved."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from unicodedata import category

from starlette.datastructures import FormData

from bot.clock import LOCAL
from bot.errors import SomosError
from bot.services.broadcasts.agenda import LANGUAGES
from bot.services.broadcasts.content import SPANISH, Content, Words
from bot.services.broadcasts.segments import CHANNELS, Segment
from storage.models import Broadcast

LONGEST, LONGEST_LINE, LONGEST_TITLE = 4000, 300, 120


@dataclass(frozen=True)
class Draft:
    """What the form says now, saved or not."""

    title: str
    segment: Segment
    content: Content


def read_draft(form: FormData, saved: Broadcast) -> Draft:
    """What was typed; what the form doesn't have stays as it is. A line without Spanish goes."""
    content = Content.restore(saved.content)
    items = tuple(
        replace(item, line=_line(form, number, item.line))
        for number, item in enumerate(content.items)
    )
    title = " ".join(_text(form, "title", saved.title, LONGEST_TITLE).split())
    return Draft(
        title or saved.title,
        _segment(form, Segment.restore(saved.segment)),
        Content(
            _words(form, "intro_{}", content.intro, LONGEST),
            tuple(item for item in items if item.line.get(SPANISH)),
            _words(form, "outro_{}", content.outro, LONGEST),
        ),
    )


def _segment(form: FormData, saved: Segment) -> Segment:
    """Raises SomosError for nobody, or for reasons that there are not."""
    if "whom" not in form:
        return saved
    chosen = (_several(form, name) for name in ("reason", "language", "channel"))
    reasons, languages, channels = chosen
    kept = [c for c in channels if c in CHANNELS]
    # All of them is no choice: whoever comes later is meant too.
    segment = Segment(
        reasons,
        tuple(languages) if set(languages) < set(LANGUAGES) else (),
        tuple(kept) if set(kept) < set(CHANNELS) else (),
    )
    try:
        segment.people()
    except ValueError as error:
        raise SomosError("staff_broadcast_whom") from error
    return segment


def read_time(form: FormData, now: datetime) -> datetime:
    """When to send, by the clocks of Ecuador; raises SomosError for what is no time."""
    if form.get("when") != "at":
        return now
    try:
        return datetime.fromisoformat(str(form.get("at", ""))).replace(tzinfo=LOCAL)
    except ValueError as error:
        raise SomosError("staff_broadcast_when") from error


def read_day(typed: str) -> date | None:
    """A day as browsers write it; None for nothing. Raises SomosError for what is no day."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise SomosError("staff_broadcast_when") from error


def _several(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in form.getlist(name)))


def _words(form: FormData, name: str, saved: Words, longest: int) -> Words:
    return {
        language: _text(form, name.format(language), saved.get(language, ""), longest)
        for language in LANGUAGES
    }


def _line(form: FormData, number: int, saved: Words) -> Words:
    typed = _words(form, f"line_{{}}_{number}", saved, LONGEST_LINE)
    return {language: " ".join(line.split()) for language, line in typed.items()}


def _text(form: FormData, name: str, saved: str, longest: int) -> str:
    # Browsers end the lines of a text with two characters, of which gateways count both.
    typed = str(form.get(name, saved)).replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(c for c in typed if c == "\n" or category(c) != "Cc")[:longest].strip()
