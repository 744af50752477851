"""Who wants to be told every week what is on: subscribing, with a clear yes, and stopping."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.places import place_of
from bot.actions.reading import Form, entity, intent_of, leave_form, slot_of, text_of
from intents.openers import asks_question
from responses.render import Phrase
from storage.models import Subscription
from storage.queries.catalogue import all_zones
from storage.queries.records import active_subscriptions

Dispatcher = CollectingDispatcher
Events = list[dict[str, Any]]
Values = dict[str, Any]


class ValidateSubscribeForm(Form):
    """Which zone's agenda, and a clear yes."""

    patience = 2

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_subscribe_form"

    def extract_subscription_zone(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Zones (slugs), or all; a direction stands for its zones."""
        if slot_of(tracker, "subscription_zone") is not None:
            return {}
        asked = self.is_asked(tracker, "subscription_zone")
        if asked and (asks_question(text_of(tracker)) or intent_of(tracker) == "thank"):
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
        return self.take("subscription_zone", value)

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
    ValidateSubscribeForm, ActionAskSubscriptionZone, ActionAskSubscriptionSure,
    ActionSubscribe, ActionUnsubscribe,
)  # fmt: skip
