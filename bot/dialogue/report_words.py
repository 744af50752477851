"""What staff say about a report, in the chat where it was said, and the question left open."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.message_rows import outbound_rows
from bot.dialogue.speaking import speak
from bot.dialogue.staff_questions import SLOT
from bot.messages import Outgoing
from bot.services.answering import AWAITS, Purpose, conversation_about, note_sent
from responses.render import Phrase, Renderer
from storage.models import Conversation, Report

# The template of each purpose; that of news is chosen by the state.
DRAFTS = {"question": "notice_report_question", "resolution": "notice_report_resolution"}
LONGEST = 1500


def draft(renderer: Renderer, report: Report, purpose: Purpose, language: str) -> str:
    """Words for staff to edit, in the citizen's language."""
    values = {
        "folio": report.folio,
        "kind": Phrase(f"kind_{report.kind}"),
        "day": report.created_at.date(),
        "state": Phrase(f"report_state_{report.status}"),
        "unit": report.unit or Phrase("not_said"),
    }
    key = DRAFTS.get(purpose)
    if key is None:
        key = "notice_report_assigned" if report.status == "assigned" else "notice_report_state"
    return renderer.render(key, language, values).text


async def tell(
    session: AsyncSession, renderer: Renderer, report: Report, words: str, purpose: Purpose,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Queue words of staff for the citizen of a report, as a notice; raises SomosError."""
    conversation = await conversation_about(session, report)
    said = Outgoing(words.strip()[:LONGEST])
    if purpose == "resolution":
        question = speak(renderer, _is_it_solved(report.folio), conversation.language)
        said = Outgoing(f"{said.text}\n{question.text}", question.buttons)
    (row,) = outbound_rows(conversation, [said], now, kind="notice")
    session.add(row)
    await session.flush()
    note_sent(session, report, said.text, purpose, actor, now, row.id)
    if purpose in AWAITS:
        _leave_open(conversation, report, AWAITS[purpose], said)


def _is_it_solved(folio: str) -> dict[str, Any]:
    named = json.dumps({"folio": folio})
    buttons = [
        {"title": Phrase("solved_yes_title"), "payload": f"/affirm{named}"},
        {"title": Phrase("solved_no_title"), "payload": f"/deny{named}"},
    ]
    return {"response": "utter_is_it_solved", "buttons": buttons}


def _leave_open(conversation: Conversation, report: Report, wants: str, said: Outgoing) -> None:
    """The conversation knows the question; a form that is open keeps its own choices."""
    state = conversation.state or {}
    slots = {**state.get("slots", {}), SLOT: {"folio": report.folio, "wants": wants}}
    changed = {**state, "slots": slots}
    if said.buttons and not slots.get("requested_slot"):
        changed["offered"] = [[b.title, b.payload] for b in said.buttons]
    conversation.state = changed
