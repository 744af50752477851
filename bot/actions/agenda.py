"""Who wants to be told every week what is on: subscribing, with a clear yes, and stopping."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.places import place_of
from bot.actions.reading import (
    Form,
    entities,
    entity,
    intent_of,
    leave_form,
    slot_of,
    text_of,
)
from bot.services.subscriptions import kind_of, known_wishes, subscribe, unsubscribe
from intents.normalise import tokenise
from intents.openers import asks_question
from responses.render import Phrase
from storage.queries.catalogue import all_zones, category_names, find_casas

Dispatcher = CollectingDispatcher
Events = list[dict[str, Any]]
Values = dict[str, Any]
CASA = frozenset({"casa", "casas"})
KINDS = frozenset({"feria", "brigada", "minga", "festival", "asamblea", "colonia"})


class ValidateSubscribeForm(Form):
    """Which zone, Casa, category or kind of event, and a clear yes."""

    patience = 2

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_subscribe_form"

    def extract_subscription_wish(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Reasons, as broadcasts name them: `zone:quitumbe`; a direction stands for its zones."""
        if slot_of(tracker, "subscription_wish") is not None:
            return {}
        asked = self.is_asked(tracker, "subscription_wish")
        if asked and (asks_question(text_of(tracker)) or intent_of(tracker) == "thank"):
            return {}
        wishes = _wishes_of(tracker)
        if wishes:
            return {"subscription_wish": wishes}
        return self.answer(tracker, "subscription_wish") and {"subscription_wish": None}

    async def validate_subscription_wish(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """What a payload names, which anybody may have typed, must be there."""
        known = await known_wishes(current.get().session, value or [])
        return self.take("subscription_wish", known or None)

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


def _wishes_of(tracker: Tracker) -> list[str]:
    """What the message wants to hear of: one kind of thing, a place before a subject."""
    place = place_of(tracker)
    said = {token.text for token in tokenise(text_of(tracker))}
    # "Tumbaco" is a Casa and a zone.
    if place.casas and (not said or CASA & said):
        return [f"casa:{casa}" for casa in place.casas]
    zones = place.zones or place.around
    if zones:
        return [f"zone:{zone}" for zone in zones]
    if entity(tracker, "option") == "all_zones":
        return ["all"]
    categories = dict.fromkeys(entities(tracker, "category"))
    if categories:
        return [f"category:{category}" for category in categories]
    kinds = dict.fromkeys(k for k in entities(tracker, "event_kind") if k in KINDS)
    return [f"kind:{kind}" for kind in kinds]


async def _names(wishes: list[str]) -> list[Any]:
    """The wishes as people read them."""
    session = current.get().session
    kind = kind_of(wishes)
    slugs = [w.partition(":")[2] for w in wishes]
    if kind == "all":
        return [Phrase("all_zones")]
    if kind == "kind":
        return [Phrase(f"noun_{slug}", {"count": 2}) for slug in slugs]
    if kind == "casa":
        casas = await find_casas(session, slugs=slugs)
        return [Phrase("wish_casa", {"casa": c.name}) for c in casas]
    if kind == "category":
        names = await category_names(session, slugs)
        return [Phrase("wish_category", {"category": name}) for name in names]
    return [z.short_name for z in await all_zones(session) if z.slug in slugs]


class ActionAskSubscriptionWish(Action):
    """What the citizen wants to hear of."""

    def name(self) -> str:
        """Asks for the slot `subscription_wish`."""
        return "action_ask_subscription_wish"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """Directions as buttons; everything else in words."""
        dispatcher.utter_message(response="utter_subscription_wish")
        return []


class ActionAskSubscriptionSure(Action):
    """What will be sent, and how to end it, before it is stored."""

    def name(self) -> str:
        """Asks for the slot `subscription_sure`."""
        return "action_ask_subscription_sure"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """These words are kept as the consent."""
        wishes = slot_of(tracker, "subscription_wish")
        about_workshops = kind_of(wishes) == "category"
        dispatcher.utter_message(
            response="utter_subscription_sure_workshops"
            if about_workshops
            else "utter_subscription_sure",
            wishes=await _names(wishes),
        )
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
        wanted = slot_of(tracker, "subscription_wish")
        words = "\n".join(b["text"] for b in context.last_said)
        await subscribe(
            context.session, context.account, wanted, f"{words}\n{text_of(tracker)}", context.now
        )
        on_page = context.account.channel == "rest"
        dispatcher.utter_message(
            response="utter_subscribed_page" if on_page else "utter_subscribed",
            wishes=await _names(wanted),
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
        await unsubscribe(context.session, context.account, context.now)
        dispatcher.utter_message(response="utter_unsubscribed")
        return leave_form(tracker) if tracker.active_loop.get("name") == "subscribe_form" else []


ACTIONS = (
    ValidateSubscribeForm, ActionAskSubscriptionWish, ActionAskSubscriptionSure,
    ActionSubscribe, ActionUnsubscribe,
)  # fmt: skip
