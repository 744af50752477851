"""What workshop a message looks for: subject, place, day, hour, ages, price, what it refuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from rasa_sdk import Tracker

from bot.actions.context import current
from bot.actions.places import PLACES, Span, place_of
from bot.actions.reading import slot_of, text_of
from bot.services.search import Search
from intents.hours import Hours, find_hours
from intents.normalise import Token, tokenise
from intents.stories import audience_meant, spans_asked
from intents.subjects import Subject, find_subjects, is_whole_category, named_subject
from intents.wishes import find_wishes, is_list, refused
from storage.queries.catalogue import titles

# Age bands only decide which workshops to show first; nobody is refused by them.
AGES = {
    "children": (4, 11),
    "adolescents": (12, 17),
    "young": (18, 29),
    "adults": (30, 64),
    "older": (65, 100),
}
LONG_PAST = 300
Entity = dict[str, Any]


@dataclass(frozen=True)
class _Heard:
    """The latest message: its words, and what was found in it that is not refused, and that is."""

    text: str
    tokens: list[Token]
    entities: list[Entity]
    subjects: tuple[Subject, ...]
    hours: Hours | None
    denied: frozenset[Span]

    def wanted(self, kind: str) -> list[Entity]:
        return [e for e in self.entities if e["entity"] == kind and span(e) not in self.denied]

    def refused(self, kind: str) -> list[Entity]:
        return [e for e in self.entities if e["entity"] == kind and span(e) in self.denied]


def span(entity: Entity) -> Span:
    """Where an entity stands."""
    return entity["start"], entity["end"]


async def search_of(tracker: Tracker) -> Search:
    """What the latest message looks for; a follow-up refines the last search."""
    heard = await _hear(tracker)
    search = _topic(heard, _search_without_topic(heard, tracker))
    saved = slot_of(tracker, "search")
    if tracker.latest_message.get("refines") and saved:
        return Search.restore(saved).refined_by(search)
    if any(e["value"] == "disability" for e in heard.wanted("audience")) and not search.has_topic:
        # Any workshop is open to everybody; these are made for it.
        return replace(search, categories=("inclusion-discapacidad",))
    return search


async def _hear(tracker: Tracker) -> _Heard:
    text = text_of(tracker)
    tokens = tokenise(text)
    entities: list[Entity] = tracker.latest_message["entities"]
    hours = find_hours(text)
    taken = [span(e) for e in entities if e["entity"] in (*PLACES, "date")]
    taken += hours.spans if hours else ()
    known = await titles(current.get().session)
    subjects = tuple(
        s for s in find_subjects(text, tokens, known) if not _overlaps((s.start, s.end), taken)
    )
    topics = [(s.start, s.end) for s in subjects]
    topics += [span(e) for e in entities if e["entity"] == "category"]
    asked = spans_asked(text, topics)
    subjects = tuple(s for s in subjects if (s.start, s.end) in asked)
    entities = [e for e in entities if e["entity"] != "category" or span(e) in asked]
    named = [*asked, *(span(e) for e in entities if e["entity"] == "event_kind")]
    meant = audience_meant(text, [e for e in entities if e["entity"] == "audience"], named)
    entities = [e for e in entities if e["entity"] != "audience" or e in meant]
    said = [*taken, *((s.start, s.end) for s in subjects)]
    said += [span(e) for e in entities if e["entity"] in ("category", "audience")]
    denied = refused(text, tokens, said) if text else set()
    return _Heard(text, tokens, entities, subjects, hours, frozenset(denied))


def _search_without_topic(heard: _Heard, tracker: Tracker) -> Search:
    place = place_of(tracker, lambda s: s not in heard.denied)
    refused_place = place_of(tracker, lambda s: s in heard.denied)
    ages, audience = _ages([e["value"] for e in heard.wanted("audience")])
    wishes = find_wishes(heard.text)
    after, before, part = _hours(heard)
    return Search(
        casas=place.casas,
        zones=place.zones,
        place=place.words,
        weekdays=_weekdays(heard.wanted("date")),
        after=after,
        before=before,
        part=part,
        ages=ages,
        audience=audience,
        free=bool(wishes.free),
        with_places=bool(wishes.with_places),
        without_casas=refused_place.casas,
        without_zones=refused_place.zones,
        without_weekdays=_weekdays(heard.refused("date")),
    )


def _topic(heard: _Heard, search: Search) -> Search:
    wanted = [s for s in heard.subjects if (s.start, s.end) not in heard.denied]
    gone = [s for s in heard.subjects if (s.start, s.end) in heard.denied]
    known = [s for s in wanted if s.titles]
    categories = tuple(dict.fromkeys(e["value"] for e in heard.wanted("category")))
    search = replace(
        search,
        subjects=tuple(s.name for s in known),
        titles=tuple(sorted(_titles(known, heard.tokens))),
        categories=categories,
        unknown=None if known else _unknown(heard, wanted),
        without_subjects=tuple(s.name for s in gone),
        without_titles=tuple(sorted({t for s in gone for t in s.titles})),
    )
    if gone:
        return search
    return replace(
        search,
        without_categories=tuple(dict.fromkeys(e["value"] for e in heard.refused("category"))),
    )


def _titles(subjects: Sequence[Subject], tokens: Sequence[Token]) -> frozenset[str]:
    """Titles of any of the subjects; of both, where two name one thing: "fotos con celular"."""
    found: frozenset[str] = frozenset()
    before: Subject | None = None
    for subject in subjects:
        both = found & subject.titles
        one = before and not is_list(tokens, (before.start, before.end), (subject.start, 0))
        found = both if both and one else found | subject.titles
        before = subject
    return found


def _unknown(heard: _Heard, subjects: Sequence[Subject]) -> str | None:
    """A subject that was named and that no title has."""
    if subjects:
        return subjects[0].name
    for entity in heard.wanted("category"):
        said = heard.text[entity["start"] : entity["end"]]
        if said and not is_whole_category(said):
            return said
    if heard.wanted("category") or heard.subjects:
        return None
    said_as = named_subject(heard.text, heard.tokens)
    start = heard.text.find(said_as) if said_as else -1
    spans = [span(e) for e in heard.entities if e["entity"] != "event_kind"]
    return None if start < 0 or _overlaps((start, start + len(said_as or "")), spans) else said_as


def _overlaps(one: Span, others: Iterable[Span]) -> bool:
    return any(one[0] < end and start < one[1] for start, end in others)


def _weekdays(dates: Sequence[Entity]) -> tuple[int, ...]:
    # "Para navidad" says what for, not on which weekday; a day long past is a birthday.
    past = current.get().today - timedelta(days=LONG_PAST)
    named = [
        e["value"]
        for e in dates
        if e.get("role") != "holiday" and date.fromisoformat(e["value"][:10]) > past
    ]
    return tuple(sorted({d for value in named for d in weekdays_of(value)}))


def weekdays_of(value: str) -> tuple[int, ...]:
    """Weekdays of a date entity's value; a whole week or more constrains nothing."""
    begin, _, end = value.partition("/")
    first, last = date.fromisoformat(begin), date.fromisoformat(end or begin)
    days = (last - first).days + 1
    if days >= 7:
        return ()
    return tuple(sorted((first + timedelta(days=d)).weekday() for d in range(days)))


def _ages(values: Sequence[str]) -> tuple[tuple[int, int] | None, str | None]:
    """The ages and how to call them: `older`, or `age:6,9` for two children."""
    years = sorted(int(v.removeprefix("age:")) for v in values if v.startswith("age:"))
    if years:
        return (years[0], years[-1]), "age:" + ",".join(map(str, dict.fromkeys(years)))
    bands = [v for v in values if v in AGES]
    if not bands:
        return None, None
    low, high = min(AGES[b][0] for b in bands), max(AGES[b][1] for b in bands)
    return (low, high), bands[-1]


def _hours(heard: _Heard) -> tuple[str | None, str | None, str | None]:
    """From, until, and the part of the day; "que no sea en la mañana" is from noon on."""
    hours = heard.hours
    if hours is None:
        return None, None, None
    if heard.denied.isdisjoint(hours.spans):
        return hours.after, hours.before, hours.part
    if hours.after and hours.before:
        return None, hours.after, None
    return hours.before, hours.after, None
