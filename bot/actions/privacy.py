"""A citizen's data: what is held, and its deletion when they confirm it."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import Form, leave_form, slot_of
from bot.services.privacy import delete_everything, what_is_held

Dispatcher = CollectingDispatcher
Events = list[dict[str, Any]]


class ValidateDeleteForm(Form):
    """A clear yes."""

    patience = 2

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_delete_form"

    def extract_delete_sure(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Yes or no."""
        return self.yes_or_no(tracker, "delete_sure")

    def validate_delete_sure(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Already read."""
        return {"delete_sure": value}


class ActionAskDeleteSure(Action):
    """What is held, and what deleting does."""

    def name(self) -> str:
        """Asks for the slot `delete_sure`."""
        return "action_ask_delete_sure"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """Counts, not contents: somebody else may be looking at the screen."""
        context = current.get()
        held = await what_is_held(context.session, context.account)
        dispatcher.utter_message(
            response="utter_delete_sure",
            enrollments=held.enrollments,
            reports=held.reports,
            subscriptions=held.subscriptions,
        )
        return []


class ActionDeleteMyData(Action):
    """Delete for good, or keep everything as it is."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_delete_my_data"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """Only the language stays, so that the last word is understood."""
        if not slot_of(tracker, "delete_sure"):
            dispatcher.utter_message(response="utter_not_deleted")
            return leave_form(tracker)
        context = current.get()
        await delete_everything(context.session, context.account, context.now)
        dispatcher.utter_message(response="utter_deleted")
        language = slot_of(tracker, "language")
        return [ActiveLoop(None), AllSlotsReset(), SlotSet("language", language)]


ACTIONS = (ValidateDeleteForm, ActionAskDeleteSure, ActionDeleteMyData)
