"""What is on, and who wants to be told every week."""

from datetime import date, datetime, time, timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.places import Place, place_of
from bot.actions.reading import (
    Form,
    entities,
    entity,
    intent_of,
    number_of,
    slot_of,
    text_of,
)
from bot.actions.small_talk import leave_form
from bot.actions.workshops import LAST_PAGE, demo_mark
from bot.clock import LOCAL
from responses.render import Phrase
from storage.models import Subscription
from storage.queries.catalogue import all_zones
from storage.queries.records import active_subscriptions, find_events

Dispatcher = CollectingDispatcher
Events = list[dict[str, Any]]
Values = dict[str, Any]
PAGE = 5
WEEK, MONTH = 7, 31


def _period(tracker: Tracker, today: date) -> tuple[date, date, bool]:
    """First and last day asked about, and whether they were named."""
    dates = [e["value"] for e in tracker.latest_message["entities"] if e["entity"] == "date"]
    if not dates:
        days = MONTH if intent_of(tracker) == "ask_event" else WEEK
        return today, today + timedelta(days=days - 1), False
    edges = [date.fromisoformat(d) for value in dates for d in value.split("/")]
    return min(edges), max(edges), True


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


class ActionAgenda(Action):
    """Events of a day, a weekend, a week; of a zone, a Casa or a kind; five at a time."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_agenda"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """An empty period is said to be empty, with the way to a longer one."""
        context = current.get()
        first, last, named = _period(tracker, context.today)
        place = place_of(tracker)
        page = number_of(entity(tracker, "page"), LAST_PAGE) or 1
        kinds = entities(tracker, "event_kind")
        begin = max(_instant(first), context.now - timedelta(hours=3))
        end = _instant(last + timedelta(days=1))
        page_of: dict[str, Any] = {"kinds": kinds, "offset": (page - 1) * PAGE, "limit": PAGE}
        events, total = await find_events(
            context.session, begin, end, zones=place.zones, casas=place.casas, **page_of
        )
        if not total and place.around:
            events, total = await find_events(
                context.session, begin, end, zones=place.around, **page_of
            )
        period = _period_phrase(first, last)
        if not total:
            dispatcher.utter_message(response="utter_no_events", period=period)
            return []
        buttons = []
        if page * PAGE < total:
            buttons.append(_more(tracker, place, page + 1, f"{first}/{last}" if named else None))
        dispatcher.utter_message(
            response="utter_agenda",
            count=total,
            period=period,
            lines=tuple(_line(e) for e in events),
            buttons=buttons,
        )
        return []


def _period_phrase(first: date, last: date) -> Phrase:
    if first == last:
        return Phrase("period_day", {"day": first})
    return Phrase("period_days", {"first": first, "last": last})


def _line(event: Any) -> Phrase:
    return Phrase(
        "event_line",
        {
            "when": event.starts_at,
            "title": event.title,
            "place": event.place,
            "zone": event.zone.short_name,
            "demo": demo_mark(event.demo),
        },
    )


def _more(tracker: Tracker, place: Place, page: int, period: str | None) -> Values:
    named = {"page": str(page)}
    if place.casas:
        named["casa"] = place.casas[0]
    elif place.zones:
        named["zone"] = place.zones[0]
    kinds = entities(tracker, "event_kind")
    if kinds:
        named["event_kind"] = kinds[0]
    if period:
        named["date"] = period
    values = ", ".join(f'"{k}": "{v}"' for k, v in named.items())
    return {"title": Phrase("button_more"), "payload": f"/{intent_of(tracker)}{{{values}}}"}


class ValidateSubscribeForm(Form):
    """Which zone's agenda, and a clear yes."""

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_subscribe_form"

    def extract_subscription_zone(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Zones (slugs), or all; a direction stands for its zones."""
        if slot_of(tracker, "subscription_zone") is not None:
            return {}
        place = place_of(tracker)
        zones = list(place.zones or place.around)
        if zones:
            return {"subscription_zone": zones}
        if entity(tracker, "option") == "all_zones":
            return {"subscription_zone": ["all"]}
        return self.answer(tracker, "subscription_zone") and {"subscription_zone": None}

    def validate_subscription_zone(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"subscription_zone": value}

    def extract_subscription_sure(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Yes or no."""
        return self.yes_or_no(tracker, "subscription_sure")

    def validate_subscription_sure(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"subscription_sure": value}


async def _zone_names(slugs: list[str]) -> Any:
    if slugs == ["all"]:
        return Phrase("all_zones")
    zones = await all_zones(current.get().session)
    return [z.short_name for z in zones if z.slug in slugs]


class ActionAskSubscriptionZone(Action):
    """The agenda of which part of the city."""

    def name(self) -> str:
        """Asks for the slot `subscription_zone`."""
        return "action_ask_subscription_zone"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """Directions as buttons; a zone or neighbourhood in words."""
        dispatcher.utter_message(response="utter_subscription_zone")
        return []


class ActionAskSubscriptionSure(Action):
    """What will be sent, and how to end it, before it is stored."""

    def name(self) -> str:
        """Asks for the slot `subscription_sure`."""
        return "action_ask_subscription_sure"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """These words are kept as the consent."""
        zones = await _zone_names(slot_of(tracker, "subscription_zone"))
        dispatcher.utter_message(response="utter_subscription_sure", zones=zones)
        return []


class ActionSubscribe(Action):
    """Store the subscription with the moment and words of the consent."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_subscribe"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """Asking again replaces what was there."""
        if not slot_of(tracker, "subscription_sure"):
            dispatcher.utter_message(response="utter_not_subscribed")
            return leave_form(tracker)
        context = current.get()
        wanted = slot_of(tracker, "subscription_zone")
        for old in await active_subscriptions(context.session, context.account.id):
            old.ended_at = context.now
        ids = {z.slug: z.id for z in await all_zones(context.session)}
        words = "\n".join(b["text"] for b in context.last_said)
        context.session.add_all(
            Subscription(
                account_id=context.account.id,
                zone_id=ids.get(slug),
                consent_words=f"{words}\n{text_of(tracker)}",
                created_at=context.now,
            )
            for slug in wanted
        )
        context.account.opted_out = False
        on_page = context.account.channel == "rest"
        dispatcher.utter_message(
            response="utter_subscribed_page" if on_page else "utter_subscribed",
            zones=await _zone_names(wanted),
        )
        return leave_form(tracker)


class ActionUnsubscribe(Action):
    """No more messages of our own accord; answers still come."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_unsubscribe"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """At once, without asking why."""
        context = current.get()
        for subscription in await active_subscriptions(context.session, context.account.id):
            subscription.ended_at = context.now
        context.account.opted_out = True
        dispatcher.utter_message(response="utter_unsubscribed")
        return leave_form(tracker) if tracker.active_loop.get("name") == "subscribe_form" else []


ACTIONS = (
    ActionAgenda, ValidateSubscribeForm, ActionAskSubscriptionZone, ActionAskSubscriptionSure,
    ActionSubscribe, ActionUnsubscribe,
)  # fmt: skip
