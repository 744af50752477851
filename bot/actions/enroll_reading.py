"""What messages tell an enrolment unasked: for whom, a name, whether a workshop fits."""

from typing import Any

from rasa_sdk import Tracker

from bot.actions.reading import intent_of, is_aside, text_of
from bot.actions.workshops import offer_of
from bot.services.search import Search
from intents.documents import check_national_id, other_document
from intents.given import participant_named, writer_named

OPTIONS = ("self", "child", "other")


async def fits(workshop: str, search: Search) -> bool:
    """Whether the workshop shown last is of the subject that is now asked for."""
    offer = await offer_of(workshop)
    if offer is None:
        return False
    title, category = offer.workshop.title_search, offer.workshop.category.slug
    return title in search.titles if search.titles else category in search.categories


def is_aside_of_choice(tracker: Tracker) -> bool:
    """While choosing a workshop, naming one or searching is the answer, not an aside."""
    return is_aside(tracker) and intent_of(tracker) not in ("ask_workshops", "enroll_workshop")


def for_whom(tracker: Tracker) -> str | None:
    """`self`, `child` or `other` as pressed or said; "para mi suegra" is not "para mí"."""
    said = text_of(tracker)
    found = [e for e in tracker.latest_message["entities"] if e["entity"] == "option"]
    options = [e for e in found if e["value"] in OPTIONS]
    if not options:
        return None
    best = next((e for e in options if e["value"] != "self"), options[-1])
    rest = said[best["end"] :].lstrip() if said else ""
    return "other" if best["value"] == "self" and rest[:1].isalpha() else str(best["value"])


def given_name(tracker: Tracker) -> str | None:
    """Who takes part, from a message that wasn't asked for it; the writer only for oneself."""
    text = text_of(tracker)
    named = participant_named(text)
    return named or (writer_named(text) if for_whom(tracker) in (None, "self") else None)


def read_document(text: str, foreign: bool = False) -> dict[str, Any]:
    """`kind` and `number`, or `problem`: the reply that says how it looks right.

    `foreign`: a passport or the like was named, so that ten digits need not be a cédula.
    """
    digits = sum(c.isdigit() for c in text)
    letters = [
        w for w in text.split() if any(c.isdigit() for c in w) and any(c.isalpha() for c in w)
    ]
    other = other_document(text)
    mentions_other = other is not None and (foreign or bool(letters) or not 8 <= digits <= 12)
    if mentions_other and other is not None:
        return {"kind": "other", "number": other, "warned": False}
    checked = check_national_id(text)
    if checked.problem is None:
        return {"kind": "national_id", "number": checked.number, "warned": bool(checked.warnings)}
    if checked.problem == "check_digit":
        return {"problem": "utter_national_id_check_digit", "count": 0}
    if checked.problem == "length" and digits:
        missing = 10 - digits
        key = "utter_national_id_short" if missing > 0 else "utter_national_id_long"
        return {"problem": key, "count": abs(missing)}
    return {"problem": "utter_document_unclear", "count": 0}
