"""How forms read an answer: a question in the middle is not one, a button's option is."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction

from bot.actions.context import current
from intents.interpreter import DANGER
from intents.openers import asks_question, takes_back

# Intents that answer a question of a form rather than interrupt it.
ANSWERS = frozenset(
    {"affirm", "deny", "nlu_fallback", "out_of_scope", "greet", "thank", "insult", "rate_service",
     "find_casa", "prefer_channel", "propose_workshop", "bot_challenge"}
)  # fmt: skip
CERTAIN = 0.5
# The intents that begin a form.
BEGINS = {
    "enroll_workshop": "enroll_form",
    "cancel_enrollment": "cancel_enrollment_form",
    "subscribe_agenda": "subscribe_form",
    "delete_my_data": "delete_form",
}
# After this many unreadable answers another way out is offered.
ENOUGH = 2
# Of these a question is no answer: "¿dónde queda la Casa de Solanda?" names no place to report.
ASKABLE = frozenset({"find_casa", "propose_workshop", "bot_challenge"})
# What stays when a form ends.
KEPT = frozenset(
    {"language", "language_chosen", "search", "workshop", "shown", "agenda", "asked_by_staff"}
)
LISTEN = "action_listen"


def entities(tracker: Tracker, name: str) -> list[str]:
    """Values of an entity in the latest message."""
    return [e["value"] for e in tracker.latest_message["entities"] if e["entity"] == name]


def entity(tracker: Tracker, name: str) -> str | None:
    """The last value of an entity in the latest message."""
    found = entities(tracker, name)
    return found[-1] if found else None


def number_of(value: Any, largest: int = 2**31 - 1) -> int | None:
    """A row's id or a page from a payload, which anybody may have typed; None if it's neither."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) <= 10 and int(text) <= largest else None


def slot_of(tracker: Tracker, name: str) -> Any:
    """A slot's value; what it can be is known to the form that fills it."""
    return tracker.get_slot(name)


def text_of(tracker: Tracker) -> str:
    """What was said; nothing for a pressed button."""
    text = tracker.latest_message["text"] or ""
    return "" if text.startswith("/") else text


def intent_of(tracker: Tracker) -> str:
    """The latest intent."""
    return str(tracker.latest_message["intent"]["name"])


def was_asked(slot: str) -> bool:
    """Whether the message answers this slot's question (a form may ask it only now)."""
    saved = current.get().conversation.state or {}
    return bool(saved.get("slots", {}).get("requested_slot") == slot)


def begins_again(tracker: Tracker) -> bool:
    """Whether the message asks for the very form that is open: its question is asked again."""
    loop = (tracker.active_loop or {}).get("name")
    return loop is not None and BEGINS.get(intent_of(tracker)) == loop


def is_after_danger() -> bool:
    """Whether the message before this one was answered with the lines to call."""
    return bool(DANGER & set(current.get().conversation.state.get("last_intents", [])[:1]))


def leave_form(tracker: Tracker) -> list[dict[str, Any]]:
    """Events that end the form and forget its answers."""
    held = [s for s, v in tracker.slots.items() if v is not None and s not in KEPT]
    return [ActiveLoop(None), *(SlotSet(s, None) for s in held)]


def is_aside(tracker: Tracker, certain: float = CERTAIN) -> bool:
    """Whether the message asks something else instead of answering."""
    intent = tracker.latest_message["intent"]
    if begins_again(tracker):
        return False
    asks = intent["name"] in ASKABLE and asks_question(text_of(tracker))
    return (asks or intent["name"] not in ANSWERS) and intent["confidence"] >= certain


class Form(FormValidationAction):
    """Reading and complaining that all our forms share."""

    # After so many asides in a row the form is left; None: its question waits for ever.
    patience: int | None = None

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> list[dict[str, Any]]:
        """Back from an aside nothing is read; whoever asks on and on has left the form."""
        if self.patience is not None and tracker.latest_action_name != LISTEN:
            asides = (slot_of(tracker, "misses") or 0) + 1
            if asides < self.patience:
                return [SlotSet("misses", asides)]
            dispatcher.utter_message(response="utter_form_left")
            return [*leave_form(tracker), FollowupAction(LISTEN)]
        events: list[dict[str, Any]] = await super().run(dispatcher, tracker, domain)
        if current.get().not_listed:
            dispatcher.utter_message(response="utter_not_listed")
        return events

    async def get_extraction_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> list[dict[str, Any]]:
        """Nothing that is said in danger is an answer to a form; what is said right after it is
        one only where it can be nothing else: else the question, unseen for a while, comes again.
        """
        asked = slot_of(tracker, "requested_slot")
        if intent_of(tracker) in DANGER:
            return []
        if is_after_danger() and takes_back(text_of(tracker)):
            return [SlotSet(asked, None)]
        found: list[dict[str, Any]] = await super().get_extraction_events(
            dispatcher, tracker, domain
        )
        answers = {e["name"]: e["value"] for e in found}
        if asked not in answers or not is_after_danger():
            return found
        if self.is_plain(tracker, answers[asked]):
            return found
        dispatcher.utter_message(response="utter_go_on")
        return [SlotSet(asked, None)]

    def is_plain(self, tracker: Tracker, value: Any) -> bool:
        """Whether the value was read from the words, and is neither a mere yes nor all of them."""
        return bool(value) and value is not True and value != text_of(tracker)

    def is_asked(self, tracker: Tracker, slot: str) -> bool:
        """Whether this slot's question is open."""
        return bool(slot_of(tracker, "requested_slot") == slot)

    def answer(self, tracker: Tracker, slot: str, certain: float = CERTAIN) -> dict[str, Any]:
        """The text as candidate for the open slot, unless the message is about something else."""
        if not self.is_asked(tracker, slot) or is_aside(tracker, certain):
            return {}
        return {slot: None if begins_again(tracker) else text_of(tracker)}

    def yes_or_no(self, tracker: Tracker, slot: str) -> dict[str, Any]:
        """True or False for the open slot; None, so that it is asked again, for neither."""
        if not self.is_asked(tracker, slot):
            return {}
        intent = intent_of(tracker)
        if intent in ("affirm", "deny"):
            return {slot: intent == "affirm"}
        if text_of(tracker).strip(" .)#").isdigit():
            # Those of the list were understood as what they stand for.
            current.get().not_listed = True
            return {slot: None}
        return {} if is_aside(tracker) else {slot: None}

    def complain(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        slot: str,
        reply: str,
        **values: Any,
    ) -> dict[str, Any]:
        """Say what is wrong and ask again; the third time, say which other ways there are."""
        misses = (slot_of(tracker, "misses") or 0) + 1
        dispatcher.utter_message(response=reply, **values)
        current.get().has_complained = True
        if misses > ENOUGH:
            dispatcher.utter_message(response="utter_another_way")
        return {slot: None, "misses": misses}

    def take(self, slot: str, value: Any) -> dict[str, Any]:
        """A good answer."""
        return {slot: value, "misses": None}
