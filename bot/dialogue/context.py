"""Decides when a message goes on from what was just shown, and says so in the message itself.

The one place for it, before any rule: a follow-up becomes the intent that it stands for, with
`refines` (the last search changes) or an item's id and `about` (what is asked about it). Inside a
form messages are answers; only the choice of a workshop may be pointed at.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bot.dialogue.tracker import Tracker
from intents.directions import zones_of
from intents.followups import Followup, read_followup, speaks_of
from intents.hours import find_hours
from intents.interpreter import DANGER
from intents.lexicon import asks_only_part
from intents.normalise import normalise, tokenise
from intents.subjects import is_only_subject

Message = dict[str, Any]
Item = Mapping[str, Any]
# These are meant as they are, whatever was shown before.
FIXED = DANGER | {"cancel", "delete_my_data", "unsubscribe_agenda"}
# These too, unless the form of the message says plainly that it goes on.
NEARLY_FIXED = frozenset({"subscribe_agenda", "talk_to_human", "check_report", "check_enrollment",
                          "cancel_enrollment"})  # fmt: skip
# What was shown stays in mind over these; anything else is another subject.
PASSING = frozenset({"greet", "thank", "affirm", "deny", "repeat", "help", "nlu_fallback", "insult",
                     "ask_workshop_cost", "ask_workshops", "enroll_workshop", "ask_agenda",
                     "ask_event", "rate_service", "change_language", "bot_challenge",
                     "ask_enrollment_requirements", "out_of_scope"})  # fmt: skip
# A bare subject is too short for the classifier.
VAGUE = frozenset({"nlu_fallback", "help", "out_of_scope", "greet"})
# These open a report, which must not begin by mistake.
TELLING = frozenset({"report_alert", "report_need", "make_suggestion", "prefer_channel"})
MOST_POINTING = 5
# A question about the article told last is short, and names nothing that is another subject.
MOST_ELLIPTIC = 8
OWN_SUBJECT = frozenset({"mies_service", "casa", "zone", "neighbourhood", "category", "event_kind",
                         "theme", "institution", "folio", "national_id", "audience"})  # fmt: skip
# What such questions sound like to a classifier that sees nothing else.
MISHEARD = frozenset({"find_casa", "ask_casa_somos"})
MINISTRY = ("ask_mies", "ask_social")
PLACES = ("casa", "zone", "neighbourhood")
SURE = 1.0


def in_context(message: Message, tracker: Tracker, written: str) -> Message:
    """The message as it is meant after what was shown; unchanged when it stands for itself.

    `written` is what the citizen wrote where the message is the choice that it stands for.
    """
    if message["text"].startswith("/"):
        return _chosen(message, tracker, written)
    shown = tracker.slots.get("shown")
    after = _after_article if shown and shown["kind"] == "article" else _after
    meant = after(message, shown, tracker) if shown else None
    if meant is None and tracker.loop is None and _seeks_workshop(message):
        meant = _as(message, "ask_workshops")
    if meant is None and not shown and tracker.loop is None and _points_at_nothing(message):
        meant = _as(message, "nlu_fallback")
    return meant or message


def _points_at_nothing(message: Message) -> bool:
    """Whether it would open a report with "el de los viernes", and nothing was shown."""
    said = read_followup(message["text"], message["entities"])
    is_short = len(message["text"].split()) <= MOST_POINTING
    return (
        message["intent"]["name"] in TELLING and is_short and (said.names or said.place is not None)
    )


def _chosen(message: Message, tracker: Tracker, written: str) -> Message:
    """A choice by its place that asks or wants more: "inscríbame en el 2", "el 1 y cuánto vale"."""
    is_workshop = any(e["entity"] == "workshop" for e in message["entities"])
    if tracker.loop is not None or not is_workshop or written.startswith("/"):
        return message
    question = read_followup(written, []).question
    if question == "enroll":
        return _as(message, "enroll_workshop")
    return {**message, "about": question} if question in ANSWERED else message


def _seeks_workshop(message: Message) -> bool:
    """Whether it names what workshops are about, and an intent that knows no such thing."""
    intent, text = message["intent"]["name"], message["text"]
    if intent in VAGUE:
        return is_only_subject(text)
    kinds = {e["entity"] for e in message["entities"]}
    is_event = "event_kind" in kinds or speaks_of("event_words", text)
    return intent in ("ask_agenda", "ask_event") and "category" in kinds and not is_event


def _after_article(message: Message, shown: Item, tracker: Tracker) -> Message | None:
    """A question that names nothing itself is about the article that was told last."""
    intent, text = message["intent"]["name"], message["text"]
    if tracker.loop is not None or intent in FIXED:
        return None
    kinds = {e["entity"] for e in message["entities"]}
    is_elliptic = len(text.split()) <= MOST_ELLIPTIC and not kinds & OWN_SUBJECT
    if "date" in kinds and intent in ("ask_agenda", "ask_event"):
        is_elliptic = False
    goes_on = intent in PASSING | MISHEARD | TELLING or _are_kin(intent, shown["topic"])
    if is_elliptic and goes_on and asks_only_part(text):
        return _as(
            message, shown["topic"], of_article=shown["slug"], of_service=shown.get("service")
        )
    if intent not in PASSING:
        tracker.slots["shown"] = None
    return None


def _are_kin(intent: str, topic: str) -> bool:
    return intent == topic or (intent.startswith(MINISTRY) and topic.startswith(MINISTRY))


def _after(message: Message, shown: Item, tracker: Tracker) -> Message | None:
    intent = message["intent"]["name"]
    chooses = tracker.loop == "enroll_form" and tracker.slots["requested_slot"] == "workshop"
    if tracker.loop is not None and not chooses:
        return None
    followup = read_followup(message["text"], message["entities"])
    # "Ya no, mejor guitarra" gives up a search, not what is under way.
    swaps = intent == "cancel" and followup.changes and followup.names_topic
    if intent in FIXED and not swaps:
        return None
    if intent in NEARLY_FIXED and not followup.is_plain:
        return None
    meant = _about_items(message, followup, shown, chooses)
    if meant is None and followup.changes:
        meant = _changed(message, followup, shown, chooses)
    if meant is None and intent not in PASSING:
        tracker.slots["shown"] = None
    return meant


def _changed(message: Message, said: Followup, shown: Item, chooses: bool) -> Message | None:
    """The last search with other wishes."""
    kinds = {e["value"] for e in message["entities"] if e["entity"] == "event_kind"} - {"taller"}
    if shown["kind"] == "event":
        if (said.names_topic and not kinds) or speaks_of("workshop_words", message["text"]):
            return None
        return _as(message, "ask_agenda", refines=True)
    if kinds:
        return None
    return _as(message, "enroll_workshop" if chooses else "ask_workshops", refines=True)


def _about_items(message: Message, said: Followup, shown: Item, chooses: bool) -> Message | None:
    items: list[Item] = shown["items"]
    if said.place is not None:
        if not -1 <= said.place < len(items):
            return None
        meant = [items[said.place]]
    else:
        meant = _meant(message, said, items)
    if not meant:
        return None
    return _ask(message, said, shown, meant, chooses)


def _meant(message: Message, said: Followup, items: list[Item]) -> list[Item]:
    """The items that the message can mean; none when it doesn't speak of them."""
    named = _named(message, items)
    if named is not None and (said.names or said.question or said.points):
        return named
    asks = said.question is not None or said.points
    if named is None and asks and not _names_other(message):
        # Without any pointer a question of more than one item may be a general one.
        return items if len(items) == 1 or said.points or said.question in OF_LIST else []
    return []


# Questions that nobody asks in general after a list.
OF_LIST = frozenset({"start", "places", "teacher"})
# Of a workshop chosen by its place; other questions are answered by its details.
ANSWERED = frozenset({"start", "places", "teacher", "hours", "ages", "where"})


def _names_other(message: Message) -> bool:
    """Whether it is about something else than items: a service, a theme, another kind of thing."""
    strange = {"mies_service", "theme", "institution", "folio", "national_id", "category"}
    return any(
        e["entity"] in strange or (e["entity"] == "event_kind" and e["value"] != "taller")
        for e in message["entities"]
    )


def _named(message: Message, items: list[Item]) -> list[Item] | None:
    """Items that fit the place, day, hour or title that were named; None if none was."""
    text, found = message["text"], message["entities"]
    places = {e["value"] for e in found if e["entity"] in PLACES}
    places |= set(zones_of(places))
    days = {d for e in found if e["entity"] == "date" for d in e["value"].split("/")}
    hours = find_hours(text)
    tests: list[Callable[[Item], bool]] = []
    if places:
        tests.append(lambda i: bool(places & {i["casa"], i["zone"]}))
    if days:
        tests.append(lambda i: _on(i, days))
    if hours:
        tests.append(lambda i: (hours.after or "") <= i["time"] < (hours.before or "99"))
    words = {t.text for t in tokenise(text) if len(t.text) > 3}
    titled = [i for i in items if words & set(normalise(i["title"]).split())]
    if titled:
        tests.append(lambda i: i in titled)
    if not tests:
        return None
    return [i for i in items if all(test(i) for test in tests)]


def _on(item: Item, days: set[str]) -> bool:
    return item.get("date") in days or (
        "date" not in item and item["weekday"] in {date.fromisoformat(d).weekday() for d in days}
    )


def _ask(
    message: Message, said: Followup, shown: Item, meant: list[Item], chooses: bool
) -> Message:
    """What the citizen wants of the items: the question's answer, details, or to enrol."""
    is_event = shown["kind"] == "event"
    wants_in = message["intent"]["name"] in ("enroll_workshop", "affirm") or chooses
    enrols = not is_event and (
        said.question == "enroll"
        or (wants_in and said.question is None and (len(shown["items"]) == 1 or chooses))
        or message["intent"]["name"] == "enroll_workshop"
    )
    intent = "enroll_workshop" if enrols else "ask_event" if is_event else "ask_workshops"
    about = said.question if said.question not in ("enroll", "details") else None
    if len(meant) > 1:
        return _as(message, "ask_event" if is_event else "ask_workshops",
                   which=[i["id"] for i in meant], enrols=enrols)  # fmt: skip
    kind = "event" if is_event else "workshop"
    item = {"entity": kind, "value": meant[0]["id"], "start": 0, "end": 0, "confidence": SURE,
            "extractor": "context"}  # fmt: skip
    kept = [e for e in message["entities"] if e["entity"] not in ("workshop", "event")]
    return _as({**message, "entities": [*kept, item]}, intent, about=about)


def _as(message: Message, intent: str, **said: Any) -> Message:
    """The message under another intent."""
    ranking = [i for i in message["intent_ranking"] if i["name"] != intent]
    meant = {"name": intent, "confidence": SURE}
    return {**message, **said, "intent": meant, "intent_ranking": [meant, *ranking]}
