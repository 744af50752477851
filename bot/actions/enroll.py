"""The enrolment form's questions, and the folio at its end."""

from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import intent_of, leave_form, slot_of, was_asked
from bot.actions.wanted import search_of
from bot.actions.workshops import (
    cost_of,
    offer_of,
    shown_workshops,
    tell_found,
    workshop_values,
)
from bot.errors import SomosError
from bot.services import enrollment as service
from bot.services.search import Search
from responses.formats import format_long_date
from responses.render import Phrase
from storage.models import Enrollment
from storage.queries.enrollments import count_ahead

Events = list[dict[str, Any]]
RETENTION_MONTHS = 12


class ActionAskWorkshop(Action):
    """Which workshop: those that fit what was said, or how to look."""

    def name(self) -> str:
        """Asks for the slot `workshop`."""
        return "action_ask_workshop"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """Pressing one goes on with the enrolment. What an aside listed is not listed again."""
        if tracker.latest_action_name == "action_find_workshops":
            return []
        search = await search_of(tracker)
        saved = slot_of(tracker, "search")
        if search.is_empty and saved:
            search = Search.restore(saved)
        if search.is_empty:
            dispatcher.utter_message(response="utter_ask_which_workshop")
            return []
        results = await tell_found(dispatcher, search, 1, "enroll_workshop")
        if not results.total:
            dispatcher.utter_message(response="utter_ask_which_workshop")
            return []
        return [
            SlotSet("search", search.dump()),
            SlotSet("shown", shown_workshops(results.offers)),
        ]


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
        if was_asked("enroll_summary") and intent_of(tracker) == "deny":
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
    if len(national) == 9:
        return f"{national[:2]} {national[2:5]} {national[5:]}"
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
            await service.mark_holder(context.session, context.account.id, enrollment)
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
            response="utter_on_waiting_list",
            turn=enrollment.turn,
            ahead=Phrase("ahead_some", {"count": ahead}) if ahead else Phrase("ahead_nobody"),
            **values,
        )


ACTIONS = (
    ActionAskWorkshop, ActionAskEnrollConsent, ActionAskParticipantName,
    ActionAskParticipantDocument, ActionAskBirthDate, ActionAskRepresentativeName,
    ActionAskRepresentativeDocument, ActionAskPhone, ActionAskEnrollSummary, ActionEnroll,
)  # fmt: skip
