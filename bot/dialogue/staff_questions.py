"""A citizen's answer to a question of staff lands on the report that it was asked about.

The question swallows nothing: danger, commands, an open form's answers and clear other requests go
their usual way, and it stays open.
"""

from typing import Any

from bot.actions.context import TurnContext
from bot.dialogue.tracker import Tracker
from bot.services.answering import confirm, own_report, take_answer
from intents.interpreter import DANGER
from intents.openers import asks_question, starts_with_no
from storage.models import Report

SLOT = "asked_by_staff"
# Nothing to note on a report, however sure; others only where they are clearly meant.
NEVER = frozenset({"greet", "goodbye", "thank", "help", "cancel", "repeat", "bot_challenge",
                   "change_language", "talk_to_human", "insult"})  # fmt: skip
ANSWERS = frozenset({"affirm", "deny", "nlu_fallback", "out_of_scope", "report_alert",
                     "report_need", "make_suggestion", "prefer_channel", "rate_service",
                     "find_casa"})  # fmt: skip
SURE, SURE_OF_NEVER = 0.8, 0.6
# A yes or no of so many words says nothing besides.
BARE = 3
Responses = list[dict[str, Any]]


async def answer_staff(
    context: TurnContext, tracker: Tracker, heard: dict[str, Any]
) -> Responses | None:
    """What to say to the answer of an open question; None where the message is none."""
    intent, words = heard["intent"]["name"], heard["text"]
    if words.startswith("/"):
        # A button names the folio, so it can be pressed at any time, also inside a form.
        named = next((e["value"] for e in heard["entities"] if e["entity"] == "folio"), None)
        is_ours = named is not None and intent in ("affirm", "deny")
        report = await _own(context, named) if is_ours else None
        if report is None:
            return None
        return await _solved(context, tracker, report, intent == "affirm", "")
    asked = tracker.slots.get(SLOT) or {}
    if not asked or tracker.loop is not None or intent in DANGER or _is_other(heard):
        return None
    report = await _own(context, asked["folio"])
    if report is None or report.awaits != asked["wants"]:
        tracker.slots[SLOT] = None
        return None
    if asked["wants"] == "solved":
        return await _by_words(context, tracker, report, intent, words)
    take_answer(context.session, report, words, context.now)
    tracker.slots[SLOT] = None
    return [{"response": "utter_answer_noted", "folio": report.folio}]


async def _own(context: TurnContext, folio: Any) -> Report | None:
    return await own_report(context.session, str(folio), context.account.id)


async def _by_words(
    context: TurnContext, tracker: Tracker, report: Report, intent: str, words: str
) -> Responses | None:
    is_no = starts_with_no(words) or intent == "deny"
    if intent != "affirm" and not is_no:
        return None
    said = "" if len(words.split()) <= BARE else words
    return await _solved(context, tracker, report, not is_no, said)


async def _solved(
    context: TurnContext, tracker: Tracker, report: Report, yes: bool, words: str
) -> Responses | None:
    if report.awaits != "solved":
        return None
    await confirm(context.session, report, yes, context.now)
    tracker.slots[SLOT] = None
    if words:
        take_answer(context.session, report, words, context.now)
    if yes:
        return [{"response": "utter_solved_yes", "folio": report.folio}]
    if words:
        return [{"response": "utter_solved_no_noted", "folio": report.folio}]
    # What is still missing belongs to the same report.
    report.awaits = "answer"
    tracker.slots[SLOT] = {"folio": report.folio, "wants": "answer"}
    return [{"response": "utter_solved_no", "folio": report.folio}]


def _is_other(heard: dict[str, Any]) -> bool:
    """Whether the message asks for something of its own."""
    name, sure = heard["intent"]["name"], heard["intent"]["confidence"]
    if name in NEVER:
        return bool(sure >= SURE_OF_NEVER)
    if name in ANSWERS:
        return bool(name == "find_casa" and asks_question(heard["text"]))
    return bool(sure >= SURE)
