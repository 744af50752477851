"""Seeing what one is enrolled in, and giving a place or turn up."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import Form, entity, leave_form, slot_of
from bot.services import enrollment as service
from responses.render import Phrase
from storage.models import Enrollment
from storage.queries.enrollments import count_ahead, enrollments_of

Events = list[dict[str, Any]]


class ActionCheckEnrollment(Action):
    """What this account is enrolled in, or one enrolment by its folio."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_check_enrollment"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """A folio of another account is simply unknown here."""
        context = current.get()
        folio = entity(tracker, "folio")
        if folio and folio.startswith("AS"):
            dispatcher.utter_message(response="utter_folio_is_report", folio=folio)
            return []
        held = await enrollments_of(context.session, context.account.id, folio)
        if not held:
            key = "utter_folio_unknown" if folio else "utter_no_enrollments"
            dispatcher.utter_message(response=key, folio=folio)
            return []
        lines = tuple([await enrollment_line(e) for e in held[:5]])
        dispatcher.utter_message(response="utter_enrollments", count=len(held), lines=lines)
        return []


async def enrollment_line(enrollment: Enrollment) -> Phrase:
    """One enrolment: folio, workshop, when, for whom, and its state."""
    workshop, citizen = enrollment.workshop, enrollment.citizen
    if enrollment.status == "placed":
        state = Phrase("state_confirmed" if enrollment.confirmed_at else "state_placed")
    else:
        ahead = await count_ahead(current.get().session, enrollment)
        state = Phrase("state_waiting", {"turn": enrollment.turn, "count": ahead})
    return Phrase(
        "enrollment_line",
        {
            "folio": enrollment.folio,
            "title": workshop.title,
            "casa": workshop.casa.name,
            "weekday": Phrase(f"weekday_{workshop.weekday}"),
            "starts": workshop.starts_at,
            "person": citizen.full_name if citizen else "",
            "state": state,
        },
    )


class ValidateCancelForm(Form):
    """Which enrolment to give up, and whether it is meant."""

    patience = 2

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_cancel_enrollment_form"

    async def extract_cancel_folio(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """The folio that was said, or the only one there is."""
        if slot_of(tracker, "cancel_folio") is not None:
            return {}
        context = current.get()
        held = await enrollments_of(context.session, context.account.id)
        folio = entity(tracker, "folio")
        if not held:
            return {"cancel_folio": ""}
        if folio in {e.folio for e in held}:
            return {"cancel_folio": folio}
        if folio:
            dispatcher.utter_message(response="utter_folio_unknown", folio=folio)
            return {"cancel_folio": None}
        if len(held) == 1:
            return {"cancel_folio": held[0].folio}
        return self.answer(tracker, "cancel_folio") and {"cancel_folio": None}

    def validate_cancel_folio(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """With nothing to give up there is nothing to confirm."""
        return (
            {"cancel_folio": value, "cancel_sure": False}
            if value == ""
            else {"cancel_folio": value}
        )

    def extract_cancel_sure(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Yes or no."""
        return self.yes_or_no(tracker, "cancel_sure")

    def validate_cancel_sure(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> dict[str, Any]:
        """Already read."""
        return {"cancel_sure": value}


class ActionAskCancelFolio(Action):
    """Which of several enrolments."""

    def name(self) -> str:
        """Asks for the slot `cancel_folio`."""
        return "action_ask_cancel_folio"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """By folio; a button says it."""
        context = current.get()
        held = await enrollments_of(context.session, context.account.id)
        buttons = [
            {
                "title": e.workshop.title,
                "description": Phrase(
                    "folio_line", {"folio": e.folio, "casa": e.workshop.casa.name}
                ),
                "payload": f'/cancel_enrollment{{"folio": "{e.folio}"}}',
            }
            for e in held[:5]
        ]
        dispatcher.utter_message(response="utter_ask_cancel_folio", buttons=buttons)
        return []


class ActionAskCancelSure(Action):
    """Read back what would be given up."""

    def name(self) -> str:
        """Asks for the slot `cancel_sure`."""
        return "action_ask_cancel_sure"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """With the way back."""
        context = current.get()
        folio = slot_of(tracker, "cancel_folio")
        held = await enrollments_of(context.session, context.account.id, folio)
        dispatcher.utter_message(
            response="utter_ask_cancel_sure", line=await enrollment_line(held[0])
        )
        return []


class ActionCancelEnrollment(Action):
    """Give up the place; whoever has waited longest gets it, and is told."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_cancel_enrollment"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """A no keeps everything as it is."""
        folio = slot_of(tracker, "cancel_folio")
        if not folio:
            dispatcher.utter_message(response="utter_no_enrollments")
        elif not slot_of(tracker, "cancel_sure"):
            dispatcher.utter_message(response="utter_kept_enrollment")
        else:
            context = current.get()
            cancelled, moved_up = await service.cancel(
                context.session, context.account.id, folio, context.now
            )
            title = cancelled.workshop.title
            dispatcher.utter_message(
                response="utter_enrollment_cancelled", folio=folio, title=title
            )
            if moved_up is not None:
                values = {"folio": moved_up.folio, "title": title}
                context.notify(moved_up.account_id, "utter_place_freed", values)
        return leave_form(tracker)


ACTIONS = (
    ActionCheckEnrollment, ValidateCancelForm, ActionAskCancelFolio, ActionAskCancelSure,
    ActionCancelEnrollment,
)  # fmt: skip
