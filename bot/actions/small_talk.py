"""Cancel, repeat, language, a person, danger, ratings, and what was not understood."""

import json
import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet, UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.articles import tell_if_very_sure
from bot.actions.context import current
from bot.actions.reading import entity, leave_form, slot_of, text_of
from bot.actions.workshops import ActionFindWorkshops
from bot.messages import Outgoing
from bot.services.handoff import ask_for_person
from intents.subjects import asks_to_switch, speaks_no_spanish
from responses.render import Phrase
from storage.models import Rating

Events = list[dict[str, Any]]
# Never offered as "¿quiso decir…?": they are not requests.
NOT_OFFERED = frozenset(
    {"affirm", "deny", "insult", "out_of_scope", "nlu_fallback", "repeat", "greet", "goodbye",
     "thank", "cancel", "help", "bot_challenge"}
)  # fmt: skip
CARRIED = ("casa", "zone", "category", "mies_service", "audience", "date")


class ActionCancel(Action):
    """Leave whatever is under way; nothing of it is kept."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_cancel"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Say whether there was something to leave."""
        active = bool(tracker.active_loop)
        dispatcher.utter_message(
            response="utter_cancelled" if active else "utter_nothing_to_cancel"
        )
        return leave_form(tracker)


class ActionRepeat(Action):
    """Say the last messages again."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_repeat"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Inside a form the open question follows by itself."""
        said = current.get().last_said
        if tracker.active_loop:
            return []
        if not said:
            dispatcher.utter_message(response="utter_help")
        for body in said:
            message = Outgoing.from_body(body)
            buttons = [{"title": b.title, "payload": b.payload} for b in message.buttons]
            dispatcher.utter_message(text=message.text, buttons=buttons)
        return []


class ActionTalkToHuman(Action):
    """Open a case for staff, and say honestly when somebody is there."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_talk_to_human"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Staff can't write back to a page that nobody has open: there it is the phones."""
        context = current.get()
        if not context.can_be_written_to:
            dispatcher.utter_message(response="utter_talk_to_human")
            return []
        office, now = context.office, context.now
        is_new = await ask_for_person(context.session, context.conversation, now)
        if not is_new:
            response = "utter_handoff_again"
        else:
            response = "utter_handoff_open" if office.is_open(now) else "utter_handoff_later"
        day = office.next_opening(now).date()
        dispatcher.utter_message(
            response=response, opens=office.opens, closes=office.closes, day=day
        )
        return []


class ActionChangeLanguage(Action):
    """Go on in Spanish or English."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_change_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Without a named language: ask which."""
        wanted = entity(tracker, "language")
        if speaks_no_spanish(text_of(tracker)):
            wanted = "en"
        if entity(tracker, "category") and not asks_to_switch(text_of(tracker)):
            return await ActionFindWorkshops().run(dispatcher, tracker, domain)
        if wanted == "qu":
            dispatcher.utter_message(response="utter_no_kichwa_yet")
            return []
        if wanted not in ("es", "en"):
            dispatcher.utter_message(response="utter_which_language")
            return []
        dispatcher.utter_message(response="utter_language_changed")
        return [SlotSet("language", wanted), SlotSet("language_chosen", True)]


class ActionAffirm(Action):
    """A yes outside a form takes up the enrolment that was just offered, if one was."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_affirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Otherwise the menu."""
        offered = current.get().conversation.state.get("offered", [])
        if slot_of(tracker, "workshop") and any(
            payload.startswith("/enroll_workshop") for _, payload in offered
        ):
            return [FollowupAction("enroll_form")]
        dispatcher.utter_message(response="utter_affirm")
        return []


class ActionSafety(Action):
    """Danger: the lines to call, at once, asking nothing; an open form waits with its answers."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_safety"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """The form's question is not asked now; `Form` sees to it that nothing said in fear, or a
        mere yes right after it, is taken for its answer.
        """
        violence = tracker.latest_message["intent"]["name"] == "report_violence"
        dispatcher.utter_message(response="utter_violence" if violence else "utter_emergency")
        form = (tracker.active_loop or {}).get("name")
        if form not in domain["forms"]:
            return leave_form(tracker)
        dispatcher.utter_message(response="utter_form_waits")
        return [ActiveLoop(form), FollowupAction("action_listen")]


class ActionRate(Action):
    """Keep a rating of the attention, stars if there were any."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_rate"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """One to five stars; words alone are kept too."""
        context = current.get()
        words = text_of(tracker)
        stars = re.search(r"\b([1-5])\b", words)
        context.session.add(
            Rating(
                account_id=context.account.id,
                stars=int(stars.group(1)) if stars else None,
                words=words,
                created_at=context.now,
            )
        )
        dispatcher.utter_message(response="utter_rated")
        return []


class ActionAskAffirmation(Action):
    """ "¿Quiso decir…?" with the two likeliest, and the menu."""

    def name(self) -> str:
        """Rasa's name for the first stage of its fallback."""
        return "action_default_ask_affirmation"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """What was named goes with the choice; where an article surely answers, that is better."""
        if await tell_if_very_sure(dispatcher, tracker):
            return [ActiveLoop(None)]
        ranking = tracker.latest_message.get("intent_ranking", [])
        likely = [i["name"] for i in ranking if i["name"] not in NOT_OFFERED][:2]
        named = {
            e["entity"]: e["value"]
            for e in tracker.latest_message["entities"]
            if e["entity"] in CARRIED
        }
        values = json.dumps(named, ensure_ascii=False) if named else ""
        buttons = [{"title": Phrase(f"intent_{n}"), "payload": f"/{n}{values}"} for n in likely]
        buttons.append({"title": Phrase("menu_title"), "payload": "/help"})
        dispatcher.utter_message(response="utter_did_you_mean", buttons=buttons)
        return []


class ActionAskRephrase(Action):
    """Ask to say it in other words."""

    def name(self) -> str:
        """Rasa's name for the second stage."""
        return "action_default_ask_rephrase"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """With an example."""
        dispatcher.utter_message(response="utter_rephrase")
        return []


class ActionFallback(Action):
    """Admit it, and show other ways."""

    def name(self) -> str:
        """Rasa's name for the last stage."""
        return "action_default_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """The message itself is kept for staff by the turn; the dialogue goes on without it."""
        dispatcher.utter_message(response="utter_not_understood")
        return [UserUtteranceReverted()]


ACTIONS = (
    ActionCancel, ActionRepeat, ActionTalkToHuman, ActionChangeLanguage, ActionAffirm,
    ActionSafety, ActionRate, ActionAskAffirmation, ActionAskRephrase, ActionFallback,
)  # fmt: skip
