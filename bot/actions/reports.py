"""Alerts, needs, suggestions and channels: taken down in the citizen's words, read back, kept."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import (
    Form,
    entity,
    intent_of,
    is_aside,
    leave_form,
    slot_of,
    text_of,
    was_asked,
)
from bot.services.reporting import Said, record
from bot.services.suggesting import details_of as found_in
from bot.services.suggesting import read_report
from intents.openers import announces_only, asks_question
from responses.render import Phrase
from storage.queries.records import report_by_folio, reports_of, support_of

Dispatcher = CollectingDispatcher
Events = list[dict[str, Any]]
Values = dict[str, Any]
QUOTE = 280
SURE_TO_LEAVE, SURE_QUESTION = 0.8, 0.9
# While a story is being told almost anything belongs to it; only these clearly don't.
LEAVES_STORY = frozenset(
    {"cancel", "delete_my_data", "talk_to_human", "change_language", "find_casa", "ask_workshops",
     "enroll_workshop", "ask_agenda", "check_enrollment", "check_report", "unsubscribe_agenda",
     "ask_workshop_cost", "help"}
)  # fmt: skip
INSTITUTIONS = {
    "mies": "mies",
    "municipality": "municipio",
    "other_institution": "otra",
    "unknown": "",
}
REPORT_FIELDS = {"words": "report_words", "place": "report_place", "contact": "report_contact"}


def details_of(words: str) -> Values:
    """What gazetteers find in a report: place, zone, theme, service, institution."""
    return found_in(current.get().interpreter.finder.gazetteers, words)


def quote(words: str) -> str:
    """The words, shortened for a small screen; in the database they stay whole."""
    flat = " ".join(words.split())
    return flat if len(flat) <= QUOTE else flat[:QUOTE].rstrip() + "…"


class ValidateReportForm(Form):
    """Reads the answers of `report_form`."""

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_report_form"

    def validate_report_kind(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Set by the intent that began the form."""
        return {"report_kind": value}

    def extract_report_words(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Values:
        """The first message, unless it only announces a report."""
        text = text_of(tracker)
        if slot_of(tracker, "report_words") is not None or not text:
            return {}
        if self.is_asked(tracker, "report_words"):
            return {} if _leaves_story(tracker) else {"report_words": text}
        begins = not str(slot_of(tracker, "requested_slot")).startswith("report_")
        return {"report_words": text} if begins and not announces_only(text) else {}

    def validate_report_words(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """What the words already say isn't asked."""
        if not value:
            return {"report_words": None}
        return {"report_words": value, **_known(details_of(value))}

    def extract_report_complete(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """ "Eso es todo" ends the story; anything else goes on with it."""
        if not self.is_asked(tracker, "report_complete"):
            return {}
        text, intent = text_of(tracker), intent_of(tracker)
        sure = tracker.latest_message["intent"]["confidence"] >= 0.8
        if entity(tracker, "option") == "done" or (
            intent in ("affirm", "deny", "thank") and sure and len(text.split()) <= 3
        ):
            return {"report_complete": True}
        if not text or _leaves_story(tracker):
            return {}
        words = f"{slot_of(tracker, 'report_words')}\n{text}"
        return {"report_words": words, "report_complete": None, **_known(details_of(words))}

    def validate_report_complete(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"report_complete": value}

    def extract_report_place(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Values:
        """Any place, as it is said; "no sé" is an answer."""
        if not self.is_asked(tracker, "report_place"):
            return {}
        if entity(tracker, "option") == "unknown" or intent_of(tracker) == "deny":
            return {"report_place": ""}
        if text_of(tracker).isdigit() or intent_of(tracker) == "affirm":
            return {"report_place": None}
        details = details_of(text_of(tracker))
        if "place" not in details and is_aside(tracker):
            return {}
        return {"report_place": text_of(tracker)}

    def validate_report_place(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Neighbourhood and zone where they are known."""
        if value is None:
            return {"report_place": None}
        found = {k: v for k, v in details_of(value).items() if k in ("zone", "neighbourhood") and v}
        kept = slot_of(tracker, "report_details") or {}
        return self.take("report_place", value[:200]) | {"report_details": {**kept, **found}}

    def extract_report_institution(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Which institution it is for; not knowing is fine."""
        if not self.is_asked(tracker, "report_institution"):
            return {}
        named = details_of(text_of(tracker))["institution"]
        option = entity(tracker, "option")
        if named or option in INSTITUTIONS:
            return {"report_institution": named or INSTITUTIONS[option or ""]}
        if intent_of(tracker) == "deny":
            return {"report_institution": ""}
        return self.answer(tracker, "report_institution") and {"report_institution": None}

    def validate_report_institution(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"report_institution": value}

    def extract_report_contact(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Tell me here, or leave it anonymous."""
        option = entity(tracker, "option")
        if slot_of(tracker, "report_contact") is None and option == "anonymous":
            return {"report_contact": option}
        if not self.is_asked(tracker, "report_contact"):
            return {}
        if option in ("anonymous", "contact"):
            return {"report_contact": option}
        if intent_of(tracker) == "prefer_channel":
            return {"report_contact": "contact"}
        return self.answer(tracker, "report_contact") and {"report_contact": None}

    def validate_report_contact(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"report_contact": value}

    def extract_report_summary(
        self, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Yes, or what to correct."""
        if not self.is_asked(tracker, "report_summary"):
            return {}
        option = entity(tracker, "option")
        if option in ("anonymous", "contact"):
            return {"report_contact": option, "report_summary": None}
        part = entity(tracker, "field")
        if part in REPORT_FIELDS:
            changed = {REPORT_FIELDS[part]: None, "report_summary": None}
            return changed | ({"report_complete": None} if part == "words" else {})
        answered = self.yes_or_no(tracker, "report_summary")
        return {s: True if yes else None for s, yes in answered.items()}

    def validate_report_summary(
        self, value: Any, dispatcher: Dispatcher, tracker: Tracker, domain: Any
    ) -> Values:
        """Already read."""
        return {"report_summary": value}


def _leaves_story(tracker: Tracker) -> bool:
    intent = tracker.latest_message["intent"]
    name, sure = intent["name"], intent["confidence"]
    asks = name.startswith("ask_") and sure >= SURE_QUESTION and asks_question(text_of(tracker))
    return asks or (name in LEAVES_STORY and sure >= SURE_TO_LEAVE)


def _known(details: Values) -> Values:
    """Slots that need not be asked, since the words tell them."""
    known: Values = {"report_details": details}
    if details.get("place"):
        known["report_place"] = details["place"]
    if details.get("institution"):
        known["report_institution"] = details["institution"]
    return known


class ActionAskReportWords(Action):
    """What happened, asked according to the kind of report."""

    def name(self) -> str:
        """Asks for the slot `report_words`."""
        return "action_ask_report_words"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """The official guiding questions, said plainly."""
        dispatcher.utter_message(response=f"utter_ask_words_{slot_of(tracker, 'report_kind')}")
        return []


class ActionAskReportComplete(Action):
    """Read the words back, and whether there is more."""

    def name(self) -> str:
        """Asks for the slot `report_complete`."""
        return "action_ask_report_complete"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """The citizen's own words, never ours."""
        words = quote(slot_of(tracker, "report_words"))
        dispatcher.utter_message(response="utter_ask_report_complete", words=words)
        return []


class ActionAskReportPlace(Action):
    """Where it is; for a wish to be informed, where they live."""

    def name(self) -> str:
        """Asks for the slot `report_place`."""
        return "action_ask_report_place"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """With an example of a good answer."""
        dispatcher.utter_message(response="utter_report_place")
        return []


class ActionAskReportSummary(Action):
    """All of it once more, before it is kept."""

    def name(self) -> str:
        """Asks for the slot `report_summary`."""
        return "action_ask_report_summary"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """After a plain no: what should change?"""
        if was_asked("report_summary") and intent_of(tracker) == "deny":
            dispatcher.utter_message(response="utter_which_part_of_report")
            return []
        institution = slot_of(tracker, "report_institution")
        dispatcher.utter_message(
            response="utter_report_summary",
            kind=Phrase(f"kind_{slot_of(tracker, 'report_kind')}"),
            words=quote(slot_of(tracker, "report_words")),
            place=slot_of(tracker, "report_place") or Phrase("not_said"),
            institution=Phrase(f"institution_{institution}" if institution else "not_said"),
            contact=Phrase(f"contact_{slot_of(tracker, 'report_contact')}"),
        )
        return []


class ActionRecordReport(Action):
    """Keep the report and give its folio."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_record_report"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """An anonymous one is not linked to this chat."""
        context = current.get()
        details = slot_of(tracker, "report_details") or {}
        anonymous = slot_of(tracker, "report_contact") == "anonymous"
        report = await record(
            context.session,
            Said(
                kind=slot_of(tracker, "report_kind"),
                words=slot_of(tracker, "report_words"),
                place=slot_of(tracker, "report_place") or None,
                neighbourhood=details.get("neighbourhood"),
                zone=details.get("zone"),
                institution=slot_of(tracker, "report_institution") or None,
                service=details.get("service"),
                theme=details.get("theme"),
            ),
            None if anonymous else context.account.id,
            context.now,
            context.account.channel,
            read_report(
                context.interpreter,
                slot_of(tracker, "report_words"),
                slot_of(tracker, "report_kind"),
            ),
        )
        if anonymous:
            await context.forget_words()
        key = "utter_report_recorded_anonymous" if anonymous else "utter_report_recorded"
        dispatcher.utter_message(response=key, folio=report.folio)
        return leave_form(tracker)


class ActionCheckReport(Action):
    """What became of a report, by its folio or of this account's last ones."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_check_report"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Any) -> Events:
        """Whoever has the folio may ask: it shows the state and nothing of the words."""
        context = current.get()
        folio = entity(tracker, "folio")
        if folio and folio.startswith("IN"):
            dispatcher.utter_message(response="utter_folio_is_enrollment", folio=folio)
            return []
        if folio:
            report = await report_by_folio(context.session, folio)
            found = [report] if report else []
        else:
            found = (await reports_of(context.session, context.account.id))[:3]
        if not found:
            key = "utter_folio_unknown" if folio else "utter_which_folio"
            dispatcher.utter_message(response=key, folio=folio)
        for report in found:
            support = await support_of(context.session, report.id)
            is_in = support is not None and report.status == "accepted"
            dispatcher.utter_message(
                response="utter_report_state",
                folio=report.folio,
                kind=Phrase(f"kind_{report.kind}"),
                day=report.created_at.date(),
                state=Phrase(f"report_state_{'in_matrix' if is_in else report.status}"),
            )
        return []


ACTIONS = (
    ValidateReportForm, ActionAskReportWords, ActionAskReportComplete, ActionAskReportPlace,
    ActionAskReportSummary, ActionRecordReport, ActionCheckReport,
)  # fmt: skip
