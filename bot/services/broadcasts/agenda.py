"""The week's agenda as a draft, made of the events by itself on Fridays; nothing of it is sent
before somebody says so.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.services.broadcasts.content import Content, Item, Words
from bot.services.broadcasts.segments import Segment
from responses.render import Phrase, Renderer
from storage.models import Event
from storage.queries import broadcasts as queries
from storage.queries.records import find_events

LANGUAGES = ("es", "en")
WEEK = timedelta(days=7)
FRIDAY, DRAFTED_AT = 4, time(8)
SENT_AT = time(7)
MOST = 200
# Who asked for workshops of a category did not ask for events.
SUBSCRIBERS = Segment(("all", "zone:*", "casa:*", "kind:*"))
ITSELF = "somos"


def week_to_draft(now: datetime) -> date | None:
    """The Monday whose week should have a draft: the next one, from Friday morning on."""
    local = now.astimezone(LOCAL)
    is_time = (local.weekday(), local.time()) >= (FRIDAY, DRAFTED_AT)
    return next_monday(local.date()) if is_time else None


def next_monday(day: date) -> date:
    """The first Monday after a day."""
    return monday_of(day) + WEEK


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def slot_of(monday: date) -> str:
    """What makes a week's agenda the only one."""
    return f"agenda:{monday.isoformat()}"


def at_local(day: date, hour: time) -> datetime:
    """An instant that people here name by day and hour."""
    return datetime.combine(day, hour, LOCAL)


async def draft_agenda(
    session: AsyncSession, renderer: Renderer, monday: date, actor: str, now: datetime
) -> int | None:
    """A draft for the week that begins on a Monday, proposed for that morning; its id. None where
    there is one already, or where no events are known. Only people begin again what was cancelled.
    """
    if actor != ITSELF:
        await queries.free_slot(session, slot_of(monday))
    if await queries.has_slot(session, slot_of(monday)):
        return None
    begin = at_local(monday, time())
    events, _ = await find_events(session, begin, begin + WEEK, limit=MOST)
    if not events:
        return None
    period = {"first": monday, "last": monday + timedelta(days=6)}
    values = {
        "slot": slot_of(monday),
        "kind": "agenda",
        "title": renderer.phrase(Phrase("agenda_title", period), "es"),
        "status": "draft",
        "segment": SUBSCRIBERS.dump(),
        "content": content_of(renderer, events, period).dump(),
        "created_by": actor,
        "created_at": now,
        "scheduled_for": at_local(monday, SENT_AT),
        "expires_at": events[-1].starts_at,
    }
    return await queries.add_in_slot(session, values)


def content_of(renderer: Renderer, events: Sequence[Event], period: dict[str, date]) -> Content:
    """The events of a week with the words around them, in our languages."""
    return Content(
        _words(renderer, Phrase("agenda_intro", period)),
        tuple(_item(renderer, event) for event in events),
        _words(renderer, Phrase("agenda_outro")),
    )


def _item(renderer: Renderer, event: Event) -> Item:
    begins = event.starts_at.astimezone(LOCAL)
    reasons = [f"zone:{event.zone.slug}", f"kind:{event.kind}"]
    reasons += [f"casa:{event.casa.slug}"] if event.casa else []
    line = Phrase(
        "agenda_line",
        {
            "time": begins.time(),
            "title": event.title,
            "place": event.place,
            "zone": event.zone.short_name,
            "demo": Phrase("demo_mark" if event.demo else "nothing"),
        },
    )
    return Item(begins.date().isoformat(), _words(renderer, line), tuple(reasons), event.id)


def _words(renderer: Renderer, phrase: Phrase) -> Words:
    return {language: renderer.phrase(phrase, language) for language in LANGUAGES}
