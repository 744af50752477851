"""Enrolments: the form's questions, the folio at its end, and seeing or giving up what one has."""

from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import Form, entity, intent_of, slot_of
from bot.actions.small_talk import leave_form
from bot.actions.workshops import cost_of, offer_of, search_of, tell_results, workshop_values
from bot.errors import SomosError
from bot.services import enrollment as service
from bot.services.search import Search, search_workshops
from responses.formats import format_long_date
from responses.render import Phrase
from storage.models import Enrollment
from storage.queries.enrollments import count_ahead, enrollments_of

Events = list[dict[str, Any]]
RETENTION_MONTHS = 12


class ActionAskWorkshop(Action):
    """Which workshop: those that fit what was said, or how to look."""

    def name(self) -> str:
        """Asks for the slot `workshop`."""
        return "action_ask_workshop"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Pressing one goes on with the enrolment."""
        search = await search_of(tracker)
        saved = slot_of(tracker, "search")
        if search.is_empty and saved:
            search = Search.restore(saved)
        if search.is_empty:
            dispatcher.utter_message(response="utter_ask_which_workshop")
            return []
        context = current.get()
        results = await search_workshops(context.session, search, context.today)
        if not results.total:
            dispatcher.utter_message(response="utter_ask_which_workshop")
            return []
        await tell_results(dispatcher, results, 1, "enroll_workshop")
        return [SlotSet("search", results.search.dump())]


class ActionAskEnrollConsent(Action):
    """What is kept, what for, how long, how to take it back (LOPDP arts. 8 and 12)."""

    def name(self) -> str:
        """Asks for the slot `enroll_consent`."""
        return "action_ask_enroll_consent"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """The time is the one that `forget_old` keeps."""
        dispatcher.utter_message(response="utter_enroll_consent", months=RETENTION_MONTHS)
        return []


class _AskData(Action):
    """A question for personal data; silent when the complaint before it already asks again."""

    slot = ""
    by_person = False

    def name(self) -> str:
        """Asks for the class's slot."""
        return f"action_ask_{self.slot}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """For oneself, or about somebody else."""
        if current.get().has_complained:
            return []
        who = "_self" if slot_of(tracker, "enroll_for") == "self" else "_other"
        dispatcher.utter_message(response=f"utter_ask_{self.slot}{who if self.by_person else ''}")
        return []


class ActionAskParticipantName(_AskData):
    """The name."""

    slot, by_person = "participant_name", True


class ActionAskParticipantDocument(_AskData):
    """The document."""

    slot, by_person = "participant_document", True


class ActionAskBirthDate(_AskData):
    """The birth date."""

    slot, by_person = "birth_date", True


class ActionAskRepresentativeName(_AskData):
    """The name of the adult."""

    slot = "representative_name"


class ActionAskRepresentativeDocument(_AskData):
    """The document of the adult."""

    slot = "representative_document"


class ActionAskPhone(_AskData):
    """The phone."""

    slot = "phone"


class ActionAskEnrollSummary(Action):
    """Everything that was understood, before it is recorded; any answer can be changed."""

    def name(self) -> str:
        """Asks for the slot `enroll_summary`."""
        return "action_ask_enroll_summary"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """After a plain no: which of them?"""
        minor = slot_of(
            tracker, "representative_name"
        ) is not None and service.needs_representative(
            date.fromisoformat(slot_of(tracker, "birth_date")), current.get().today
        )
        if intent_of(tracker) == "deny" and not entity(tracker, "field"):
            dispatcher.utter_message(response="utter_which_field")
            return []
        offer = await offer_of(slot_of(tracker, "workshop"))
        if offer is None:
            raise SomosError("utter_workshop_gone")
        language = slot_of(tracker, "language")
        representative = Phrase("nothing")
        if minor:
            representative = Phrase(
                "summary_representative",
                {
                    "name": slot_of(tracker, "representative_name"),
                    "document": slot_of(tracker, "representative_document")["number"],
                },
            )
        dispatcher.utter_message(
            response="utter_enroll_summary",
            **workshop_values(offer),
            person=slot_of(tracker, "participant_name"),
            document=slot_of(tracker, "participant_document")["number"],
            born=format_long_date(date.fromisoformat(slot_of(tracker, "birth_date")), language),
            phone=national_phone(slot_of(tracker, "phone")),
            representative=representative,
        )
        return []


def national_phone(e164: str) -> str:
    """+593991234567 as people write it: 099 123 4567."""
    national = "0" + e164.removeprefix("+593")
    return f"{national[:3]} {national[3:6]} {national[6:]}"


class ActionEnroll(Action):
    """Record the enrolment: a place, or a turn on the waiting list, with its folio."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_enroll"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Without consent nothing is kept."""
        if not slot_of(tracker, "enroll_consent"):
            dispatcher.utter_message(response="utter_no_consent")
            return leave_form(tracker)
        context = current.get()
        person = _person(tracker)
        try:
            enrollment = await service.enroll(
                context.session, int(slot_of(tracker, "workshop")), person, now=context.now,
                account=context.account, representative=_representative(tracker, person),
            )  # fmt: skip
        except SomosError as refusal:
            dispatcher.utter_message(response=refusal.key, **refusal.values)
            return leave_form(tracker)
        if slot_of(tracker, "enroll_for") == "self":
            context.account.citizen_id = enrollment.citizen_id
        await _tell_enrolled(dispatcher, enrollment)
        return [*leave_form(tracker), SlotSet("workshop", None)]


def _person(tracker: Tracker) -> service.Person:
    document = slot_of(tracker, "participant_document")
    return service.Person(
        full_name=slot_of(tracker, "participant_name"),
        document_kind=document["kind"],
        document_number=document["number"],
        birth_date=date.fromisoformat(slot_of(tracker, "birth_date")),
        phone=slot_of(tracker, "phone"),
    )


def _representative(tracker: Tracker, person: service.Person) -> service.Representative | None:
    if not service.needs_representative(person.birth_date, current.get().today):
        return None
    document = slot_of(tracker, "representative_document")
    return service.Representative(
        slot_of(tracker, "representative_name"), document["kind"], document["number"]
    )


async def _tell_enrolled(dispatcher: CollectingDispatcher, enrollment: Enrollment) -> None:
    session = current.get().session
    offer = await offer_of(enrollment.workshop_id)
    if offer is None:
        raise LookupError(enrollment.workshop_id)
    values = {**workshop_values(offer), "folio": enrollment.folio, "cost": cost_of(offer)}
    if enrollment.status == "placed":
        dispatcher.utter_message(response="utter_enrolled", **values)
    else:
        ahead = await count_ahead(session, enrollment)
        dispatcher.utter_message(
            response="utter_on_waiting_list", turn=enrollment.turn, ahead=ahead, **values
        )


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
        state = Phrase("state_placed")
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
    ActionAskWorkshop, ActionAskEnrollConsent, ActionAskParticipantName,
    ActionAskParticipantDocument, ActionAskBirthDate, ActionAskRepresentativeName,
    ActionAskRepresentativeDocument, ActionAskPhone, ActionAskEnrollSummary, ActionEnroll,
    ActionCheckEnrollment, ValidateCancelForm, ActionAskCancelFolio, ActionAskCancelSure,
    ActionCancelEnrollment,
)  # fmt: skip
