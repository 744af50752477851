"""The enrolment form: reads each answer, says what is wrong and how it looks right."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.enroll_reading import (
    fits,
    for_whom,
    given_name,
    is_aside_of_choice,
    read_document,
)
from bot.actions.reading import (
    Form,
    entities,
    entity,
    intent_of,
    is_after_danger,
    is_aside,
    slot_of,
    text_of,
)
from bot.actions.wanted import search_of
from bot.actions.workshop_list import places_left
from bot.actions.workshops import offer_of, workshop_values
from bot.services.enrollment import age_on, needs_representative
from bot.services.search import search_workshops
from intents.birth_dates import parse_birth_date
from intents.documents import parse_phone
from intents.given import (
    birth_date_told,
    name_at_start,
    says_own_document,
)
from intents.masking import is_bare_name
from intents.normalise import tokenise
from intents.people import parse_person_name
from storage.queries.enrollments import holder_of

Dispatcher = CollectingDispatcher
Values = dict[str, Any]
# Which slots a field of the summary stands for.
FIELDS = {
    "name": ("participant_name",),
    "document": ("participant_document",),
    "birth_date": ("birth_date",),
    "phone": ("phone",),
    "workshop": ("workshop",),
    "representative": ("representative_name", "representative_document"),
}
# "Llamé al 911" is no number of theirs.
FEWEST_DIGITS, MOST_WORDS = 6, 7


class ValidateEnrollForm(Form):
    """Reads and checks the answers of `enroll_form`."""

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_enroll_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> list[str]:
        """Without consent nothing is asked; a representative only for people under 15."""
        if slot_of(tracker, "enroll_consent") is False:
            return ["workshop", "enroll_consent"]
        today = current.get().today
        # Before it is validated the slot may hold anything that was written.
        born = parse_birth_date(str(slot_of(tracker, "birth_date") or ""), today)
        minor = born is not None and needs_representative(born, today)
        unneeded = () if minor else FIELDS["representative"]
        return [s for s in domain_slots if s not in unneeded]

    def is_plain(self, tracker: Tracker, value: Any) -> bool:
        """Also a number, a date, or words that are nothing but a name."""
        context, text = current.get(), text_of(tracker)
        return (
            super().is_plain(tracker, value)
            or (sum(c.isdigit() for c in text) >= FEWEST_DIGITS and len(text.split()) < MOST_WORDS)
            or parse_birth_date(text, context.today) is not None
            or is_bare_name(
                text,
                tracker.latest_message["entities"],
                tokenise(text),
                context.interpreter.classifier.knows,
            )
        )

    async def extract_workshop(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """The only workshop that fits what was said; otherwise the choice is offered."""
        chosen = entity(tracker, "workshop")
        if chosen:
            return {"workshop": chosen}
        asked = self.is_asked(tracker, "workshop")
        if asked and is_aside_of_choice(tracker):
            return {}
        search = await search_of(tracker)
        held = slot_of(tracker, "workshop")
        begins = slot_of(tracker, "requested_slot") is None
        if held and not (begins and search.has_topic and not await fits(held, search)):
            return {}
        if search.is_empty:
            return {"workshop": None} if asked else {}
        context = current.get()
        results = await search_workshops(context.session, search, context.today)
        if results.total == 1 and not results.relaxed and not search.unknown:
            return {"workshop": str(results.offers[0].workshop.id)}
        return {"workshop": None} if asked or held else {}

    async def validate_workshop(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """It must exist; that it is full is said before anything is asked."""
        if value is None:
            return {"workshop": None}
        offer = await offer_of(value)
        if offer is None:
            dispatcher.utter_message(response="utter_workshop_gone")
            return {"workshop": None}
        dispatcher.utter_message(
            response="utter_enroll_begins", **workshop_values(offer), places=places_left(offer)
        )
        return {"workshop": str(offer.workshop.id)}

    async def extract_enroll_consent(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Asked once: who consented before on this account isn't asked again."""
        if current.get().account.consent_at is not None and not self.is_asked(
            tracker, "enroll_consent"
        ):
            return {"enroll_consent": True} if slot_of(tracker, "enroll_consent") is None else {}
        return self.yes_or_no(tracker, "enroll_consent")

    def validate_enroll_consent(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """A yes is recorded with its moment and the words that were shown (LOPDP art. 8)."""
        context = current.get()
        if value and context.account.consent_at is None:
            context.account.consent_at = context.now
            context.account.consent_words = "\n".join(b["text"] for b in context.last_said)
        return {"enroll_consent": value}

    async def extract_enroll_for(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """For oneself, a child, or another person: pressed or said, also in the first message."""
        if slot_of(tracker, "enroll_for") is None:
            option = for_whom(tracker)
            if option is not None:
                return {"enroll_for": option}
        if not self.is_asked(tracker, "enroll_for") or is_aside(tracker):
            return {}
        return {"enroll_for": None}

    async def validate_enroll_for(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Who enrolled themselves before isn't asked for their data again."""
        if value is None:
            if not is_after_danger():
                dispatcher.utter_message(response="utter_enroll_for_unclear")
            return {"enroll_for": None}
        context = current.get()
        known = await holder_of(context.session, context.account.id)
        if known is None:
            return self.take("enroll_for", value)
        document = {"kind": known.document_kind, "number": known.document_number}
        values = self.take("enroll_for", value)
        if value == "self" and known.birth_date:
            values |= {
                "participant_name": known.full_name,
                "participant_document": document,
                "birth_date": known.birth_date.isoformat(),
                "phone": known.phone,
            }
        if value == "child":
            values |= {
                "representative_name": known.full_name,
                "representative_document": document,
                "phone": known.phone,
            }
        return values

    async def extract_participant_name(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """A name may look like anything: only a very clear question isn't one. A name that was
        given with the request is kept.
        """
        if slot_of(tracker, "participant_name") is None and not self.is_asked(
            tracker, "participant_name"
        ):
            given = given_name(tracker)
            return {"participant_name": given} if given else {}
        begun = name_at_start(text_of(tracker))
        if begun and self.is_asked(tracker, "participant_name"):
            return {"participant_name": begun}
        return self._name_answer(tracker, "participant_name")

    async def extract_representative_name(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """As above, of the adult."""
        return self._name_answer(tracker, "representative_name")

    def _name_answer(self, tracker: Tracker, slot: str) -> Values:
        if not self.is_asked(tracker, slot):
            return {}
        if parse_person_name(text_of(tracker)) is not None:
            # "Luz Casas Feria" may look like anything to a classifier.
            return {slot: text_of(tracker)}
        return self.answer(tracker, slot)

    def validate_participant_name(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """First and last names."""
        return self._check_name("participant_name", value, dispatcher, tracker)

    def validate_representative_name(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """First and last names of the adult."""
        return self._check_name("representative_name", value, dispatcher, tracker)

    def _check_name(
        self, slot: str, value: Any, dispatcher: Dispatcher, tracker: Tracker
    ) -> Values:
        if value is None:
            return {slot: None}
        name = parse_person_name(str(value))
        if name is None:
            return self.complain(dispatcher, tracker, slot, "utter_name_unclear")
        return self.take(slot, name)

    async def extract_participant_document(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """A cédula, passport or other document; a cédula that is given earlier is kept."""
        if not self.is_asked(tracker, "participant_document"):
            given = self._given(tracker, "participant_document", "national_id")
            is_own = slot_of(tracker, "enroll_for") == "self" or not says_own_document(
                text_of(tracker)
            )
            return {"participant_document": given} if given and is_own else {}
        return self._document_answer(tracker, "participant_document")

    async def extract_representative_document(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """The adult's document."""
        return self._document_answer(tracker, "representative_document")

    def _given(self, tracker: Tracker, slot: str, kind: str) -> str | None:
        """The one value of an entity that nobody asked for yet. Before consent nothing is kept."""
        found = set(entities(tracker, kind))
        kept = slot_of(tracker, slot) is not None or not slot_of(tracker, "enroll_consent")
        asked = str(slot_of(tracker, "requested_slot"))
        is_other = asked.startswith("representative") or asked == "enroll_summary"
        return None if kept or is_other or len(found) != 1 else found.pop()

    def _document_answer(self, tracker: Tracker, slot: str) -> Values:
        alone = set(entities(tracker, "national_id"))
        if self.is_asked(tracker, slot) and len(alone) == 1:
            return {slot: alone.pop()}
        if self.is_asked(tracker, slot) and any(c.isdigit() for c in text_of(tracker)):
            return {slot: text_of(tracker)}
        return self.answer(tracker, slot)

    def validate_participant_document(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """See `_check_document`."""
        return self._check_document("participant_document", value, dispatcher, tracker)

    def validate_representative_document(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """See `_check_document`."""
        return self._check_document("representative_document", value, dispatcher, tracker)

    def _check_document(
        self, slot: str, value: Any, dispatcher: Dispatcher, tracker: Tracker
    ) -> Values:
        """The check digit decides; an odd province or third digit is only mentioned."""
        if value is None or isinstance(value, dict):
            return {slot: value}
        foreign = entity(tracker, "option") == "other_document"
        read = read_document(str(value), foreign)
        if "problem" in read:
            return self.complain(dispatcher, tracker, slot, read["problem"], count=read["count"])
        if read["warned"]:
            dispatcher.utter_message(response="utter_national_id_unusual")
        return self.take(slot, {"kind": read["kind"], "number": read["number"]})

    async def extract_birth_date(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """A date that can be read is an answer whatever the classifier thinks; one that is called
        a birthday is kept before it is asked for.
        """
        if slot_of(tracker, "birth_date") is None and slot_of(tracker, "enroll_consent"):
            told = birth_date_told(text_of(tracker), current.get().today)
            if told is not None:
                return {"birth_date": told.isoformat()}
        if self.is_asked(tracker, "birth_date") and parse_birth_date(
            text_of(tracker), current.get().today
        ):
            return {"birth_date": text_of(tracker)}
        return self.answer(tracker, "birth_date")

    async def validate_birth_date(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Ages outside the workshop's are mentioned; the Casa decides."""
        if value is None:
            return {"birth_date": None}
        today = current.get().today
        born = parse_birth_date(str(value), today)
        if born is None:
            return self.complain(dispatcher, tracker, "birth_date", "utter_birth_date_unclear")
        offer = await offer_of(slot_of(tracker, "workshop"))
        if offer is not None:
            age, low, high = age_on(born, today), offer.workshop.min_age, offer.workshop.max_age
            if (low and age < low) or (high and age > high):
                dispatcher.utter_message(response="utter_age_outside", age=age)
        return self.take("birth_date", born.isoformat())

    async def extract_phone(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Values:
        """Digits are an answer; a phone that is given earlier is kept."""
        given = None if self.is_asked(tracker, "phone") else self._given(tracker, "phone", "phone")
        if given:
            return {"phone": given}
        if self.is_asked(tracker, "phone") and any(c.isdigit() for c in text_of(tracker)):
            return {"phone": text_of(tracker)}
        return self.answer(tracker, "phone")

    def validate_phone(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """A mobile or landline of Ecuador, kept as E.164."""
        if value is None:
            return {"phone": None}
        phone = parse_phone(str(value))
        if phone is None:
            return self.complain(dispatcher, tracker, "phone", "utter_phone_unclear")
        return self.take("phone", phone)

    async def extract_enroll_summary(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Yes, or the field to change, with its new value if that is in the same message."""
        if not self.is_asked(tracker, "enroll_summary"):
            return {}
        field = entity(tracker, "field")
        if field in FIELDS and intent_of(tracker) != "affirm":
            changed: Values = {**dict.fromkeys(FIELDS[field]), "enroll_summary": None}
            if field == "phone":
                changed["phone"] = parse_phone(text_of(tracker))
            return changed
        phone = parse_phone(text_of(tracker))
        if phone is not None:
            return {"phone": phone, "enroll_summary": None}
        answered = self.yes_or_no(tracker, "enroll_summary")
        return {s: True if yes else None for s, yes in answered.items()}

    def validate_enroll_summary(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"enroll_summary": value}


ACTIONS = (ValidateEnrollForm,)
