"""What is on: events of a day, a weekend, a week; of a zone, a Casa or a kind; five at a time."""

from datetime import date, timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.places import place_of
from bot.actions.reading import entities, entity, intent_of, number_of, slot_of, text_of
from bot.actions.workshop_list import demo_mark, hour_phrase
from bot.actions.workshops import LAST_PAGE
from bot.clock import LOCAL
from bot.services.agenda import MONTH, WEEK, AgendaSearch, Found, find_agenda
from intents.directions import direction_of
from intents.hours import find_hours
from intents.normalise import tokenise
from intents.wishes import find_wishes, refused
from responses.render import Phrase
from storage.models import Event
from storage.queries.catalogue import all_zones, find_casas
from storage.queries.records import get_event

Dispatcher = CollectingDispatcher
Events = list[dict[str, Any]]
PAGE = 5
KINDS = frozenset({"feria", "brigada", "minga", "festival", "asamblea", "taller", "colonia"})
ABOUT = frozenset({"start", "hours", "where", "cost"})
NOTHING = Phrase("nothing")


def agenda_of(tracker: Tracker) -> AgendaSearch:
    """What the latest message asks of the agenda; a follow-up refines the last search."""
    text = text_of(tracker)
    found = tracker.latest_message["entities"]
    spans = [(e["start"], e["end"]) for e in found if e["start"] < e["end"]]
    denied = refused(text, tokenise(text), spans) if text else set()
    place = place_of(tracker, lambda span: span not in denied)
    dates = [e for e in found if e["entity"] == "date" and (e["start"], e["end"]) not in denied]
    edges = sorted(d for e in dates for d in e["value"].split("/"))
    hours = find_hours(text)
    audience = entity(tracker, "audience")
    search = AgendaSearch(
        kinds=tuple(dict.fromkeys(k for k in entities(tracker, "event_kind") if k in KINDS)),
        casas=place.casas,
        zones=place.zones,
        around=place.around,
        place=place.words,
        first=edges[0] if edges else None,
        last=edges[-1] if edges else None,
        after=hours.after if hours else None,
        before=hours.before if hours else None,
        part=hours.part if hours else None,
        audience=_band(audience) if audience else None,
        free=bool(find_wishes(text).free),
    )
    saved = slot_of(tracker, "agenda")
    if tracker.latest_message.get("refines") and saved:
        return AgendaSearch.restore(saved).refined_by(search)
    return search


def _band(audience: str) -> str:
    """The audience of an age, as events tell it."""
    if not audience.startswith("age:"):
        return audience
    age = int(audience.removeprefix("age:"))
    bands = ((12, "children"), (18, "adolescents"), (30, "young"), (60, "adults"))
    return next((band for limit, band in bands if age < limit), "older")


class ActionAgenda(Action):
    """Five events at a time, then one in detail."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_agenda"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """What was asked stands above the list, and what was loosened to fill it."""
        message, context = tracker.latest_message, current.get()
        chosen = entity(tracker, "event")
        if chosen:
            return await _show_event(dispatcher, chosen, message.get("about"))
        page = number_of(entity(tracker, "page"), LAST_PAGE) or 1
        saved = slot_of(tracker, "agenda")
        is_more = entity(tracker, "page") and saved
        search = AgendaSearch.restore(saved) if is_more else agenda_of(tracker)
        default = MONTH if search.kinds or intent_of(tracker) == "ask_event" else WEEK
        found = await find_agenda(context.session, search, context.now, default)
        if message.get("which"):
            wanted = set(message["which"])
            found = Found([e for e in found.events if str(e.id) in wanted], found.search)
        shown = found.events[(page - 1) * PAGE : page * PAGE]
        if shown:
            await _tell(dispatcher, found, shown, page, default)
        else:
            period = _period(*search.days(context.today, default))
            dispatcher.utter_message(response="utter_no_events", period=period)
        return [SlotSet("agenda", search.dump()), SlotSet("shown", _shown(shown))]


async def _tell(
    dispatcher: Dispatcher, found: Found, shown: list[Event], page: int, default: int
) -> None:
    search = found.search
    first, last = search.days(current.get().today, default)
    if found.relaxed and page == 1:
        gone = [Phrase(f"relaxed_event_{name}") for name in found.relaxed]
        dispatcher.utter_message(response="utter_relaxed_events", gone=gone)
    count = len(found.events)
    buttons: Events = [
        {
            "title": event.title,
            "description": _line(event, search, first == last),
            "payload": f'/ask_event{{"event": "{event.id}"}}',
        }
        for event in shown
    ]
    if page * PAGE < count:
        more = f'/{"ask_event" if default == MONTH else "ask_agenda"}{{"page": "{page + 1}"}}'
        buttons.append({"title": Phrase("button_more"), "payload": more})
    buttons.append({"title": Phrase("button_subscribe"), "payload": "/subscribe_agenda"})
    dispatcher.utter_message(
        response="utter_agenda",
        count=count,
        noun=Phrase(_noun(search), {"count": count}),
        free=Phrase("event_free" if search.free else "nothing"),
        who=Phrase(f"event_{search.audience}") if search.audience else NOTHING,
        period=_period(first, last),
        hour=hour_phrase(search.after, search.before, search.part),
        where=await _where(search),
        buttons=buttons,
    )


def _noun(search: AgendaSearch) -> str:
    return f"noun_{search.kinds[0]}" if len(search.kinds) == 1 else "noun_event"


def _period(first: date, last: date) -> Phrase:
    if first == last:
        return Phrase("period_day", {"day": first})
    return Phrase("period_days", {"first": first, "last": last})


async def _where(search: AgendaSearch) -> Phrase:
    session = current.get().session
    if search.casas:
        casas = await find_casas(session, slugs=search.casas)
        return Phrase("where_casa", {"casa": [c.name for c in casas]})
    direction = direction_of(search.zones)
    if direction:
        return Phrase(f"where_{direction}")
    if not search.zones:
        return NOTHING
    names = [z.short_name for z in await all_zones(session) if z.slug in search.zones]
    return Phrase("where_zone", {"zone": names})


def _line(event: Event, search: AgendaSearch, one_day: bool) -> Phrase:
    """When and where, in few words: the day unless only one was asked for, the place or zone."""
    begins = event.starts_at.astimezone(LOCAL)
    day = Phrase(f"day_{begins.weekday()}", {"day": begins.day})
    place = search.casas or search.zones
    return Phrase(
        "event_line_in_place" if place else "event_line",
        {
            "day": NOTHING if one_day else day,
            "time": begins.time(),
            "place": event.place,
            "zone": event.zone.short_name,
            "demo": demo_mark(event.demo),
        },
    )


def _shown(events: list[Event]) -> dict[str, Any]:
    """What a follow-up may point at, as kept in the slot `shown`."""
    items = []
    for event in events:
        begins = event.starts_at.astimezone(LOCAL)
        items.append(
            {
                "id": str(event.id),
                "title": event.title,
                "casa": event.casa.slug if event.casa else None,
                "zone": event.zone.slug,
                "date": begins.date().isoformat(),
                "time": begins.strftime("%H:%M"),
            }
        )
    return {"kind": "event", "items": items}


async def _show_event(dispatcher: Dispatcher, chosen: str, about: str | None) -> Events:
    """One event, or only what was asked `about` it."""
    number = number_of(chosen)
    event = await get_event(current.get().session, number) if number is not None else None
    if event is None:
        dispatcher.utter_message(response="utter_event_gone")
        return []
    begins, ends = event.starts_at.astimezone(LOCAL), event.ends_at.astimezone(LOCAL)
    dispatcher.utter_message(
        response=f"utter_event_{about}" if about in ABOUT else "utter_event",
        title=event.title,
        description=event.description,
        day=begins.date(),
        starts=begins.time(),
        ends=ends.time() if ends - begins < timedelta(days=1) else ends,
        place=event.place,
        zone=event.zone.short_name,
        demo=Phrase("demo_event" if event.demo else "nothing"),
    )
    return [SlotSet("shown", _shown([event]))]


ACTIONS = (ActionAgenda,)
