"""A page of workshops in words: what was understood, what was loosened, and five lines."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.services.search import PAGE, Results, Search
from intents.directions import direction_of
from intents.normalise import normalise
from responses.render import Phrase
from storage.queries.catalogue import Offer, all_zones, category_names, find_casas

WORK_WEEK, WEEKEND = (0, 1, 2, 3, 4), (5, 6)
WIDER = ("zone", "direction", "place")
NOTHING = Phrase("nothing")


async def tell_results(
    dispatcher: CollectingDispatcher, asked: Search, results: Results, page: int, payload: str
) -> None:
    """A page of offers, with what was loosened to find them, and the way to more."""
    found = results.search
    if asked.unknown:
        await _tell_unknown(dispatcher, asked)
    elif results.relaxed and page == 1:
        gone = await _given_up(results)
        dispatcher.utter_message(response="utter_relaxed", gone=gone)
    dispatcher.utter_message(
        response="utter_workshops",
        count=results.total,
        what=await _what(found),
        free=Phrase("what_free" if found.free else "nothing"),
        places=Phrase("what_places" if found.with_places else "nothing"),
        when=_when(found),
        hour=hour_phrase(found.after, found.before, found.part),
        where=await _where(found),
        who=_who(found),
        without=await _without(found),
        buttons=_buttons(results, page, payload),
    )


async def _tell_unknown(dispatcher: CollectingDispatcher, asked: Search) -> None:
    names = await category_names(current.get().session, asked.categories)
    dispatcher.utter_message(
        response="utter_unknown_subject_near" if names else "utter_unknown_subject",
        subject=asked.unknown,
        category=names,
    )


async def _given_up(results: Results) -> list[Phrase]:
    zones = await _zone_names(results.search.zones)
    wider = [Phrase(f"relaxed_{n}", {"zone": zones}) for n in results.relaxed if n in WIDER]
    others = [Phrase(f"relaxed_{n}") for n in results.relaxed if n not in WIDER]
    return [*wider, Phrase("relaxed_without", {"wishes": others})] if others else wider


def _buttons(results: Results, page: int, payload: str) -> list[dict[str, Any]]:
    buttons = [
        {
            "title": offer.workshop.title,
            "description": offer_line(offer, results.search),
            "payload": f'/{payload}{{"workshop": "{offer.workshop.id}"}}',
        }
        for offer in results.offers
    ]
    if (page - 1) * PAGE + len(results.offers) < results.total:
        more = f'/ask_workshops{{"page": "{page + 1}"}}'
        buttons.append({"title": Phrase("button_more"), "payload": more})
    return buttons


def offer_line(offer: Offer, search: Search) -> Phrase:
    """Casa, day, hour and places of one offer, but for a Casa or day that the search names."""
    workshop = offer.workshop
    key = "workshop_line"
    if len(search.casas) == 1:
        key = "workshop_line_in_casa"
    elif len(search.weekdays) == 1:
        key = "workshop_line_on_day"
    return Phrase(
        key,
        {
            "casa": workshop.casa.name,
            "weekday": Phrase(f"weekday_{workshop.weekday}"),
            "time": workshop.starts_at,
            "places": _places_listed(offer),
            "demo": demo_mark(workshop.demo),
        },
    )


def places_left(offer: Offer) -> Phrase:
    """How many places, or that there is a waiting list."""
    if offer.places_left:
        return Phrase("places_left", {"count": offer.places_left})
    return Phrase("places_none")


def _places_listed(offer: Offer) -> Phrase:
    """The same in as few words as a list allows."""
    if offer.places_left:
        return Phrase("places_listed", {"count": offer.places_left})
    return Phrase("places_waiting")


def demo_mark(demo: bool) -> Phrase:
    """The mark that demonstration data carries everywhere."""
    return Phrase("demo_mark" if demo else "nothing")


async def _what(search: Search) -> Phrase:
    if search.titles:
        return Phrase("what_subject", {"subject": list(search.subjects)})
    if search.categories:
        names = await category_names(current.get().session, search.categories)
        return Phrase("what_category", {"category": names})
    return NOTHING


def _when(search: Search) -> Phrase:
    if search.weekdays in (WORK_WEEK, WEEKEND):
        return Phrase("when_work_week" if search.weekdays == WORK_WEEK else "when_weekend")
    return Phrase("when_days", {"days": _days(search.weekdays)}) if search.weekdays else NOTHING


def _days(weekdays: Sequence[int]) -> list[Phrase]:
    return [Phrase(f"weekday_{d}") for d in weekdays]


def hour_phrase(after: str | None, before: str | None, part: str | None) -> Phrase:
    """The time of day that was asked for."""
    values = {"after": after, "before": before}
    if part:
        return Phrase(f"hour_{part}")
    if after and before:
        return Phrase("hour_between", values)
    if after or before:
        return Phrase("hour_from" if after else "hour_until", values)
    return NOTHING


async def _where(search: Search) -> Phrase:
    if search.casas:
        casas = await find_casas(current.get().session, slugs=search.casas)
        return Phrase("where_casa", {"casa": [c.name for c in casas]})
    direction = direction_of(search.zones)
    # The centre is one zone: it is called as it was said.
    if direction and (len(search.zones) > 1 or not search.place):
        return Phrase(f"where_{direction}")
    if not search.zones:
        return NOTHING
    zones = await _zone_names(search.zones)
    said = normalise(search.place or "")
    if direction and direction in said.split():
        return Phrase(f"where_{direction}")
    if not said or said.startswith("zona") or any(said in normalise(z) for z in zones):
        return Phrase("where_zone", {"zone": zones})
    return Phrase("where_said", {"place": search.place, "zone": zones})


async def _zone_names(slugs: Sequence[str]) -> list[str]:
    zones = await all_zones(current.get().session) if slugs else []
    return [z.short_name for z in zones if z.slug in slugs]


def _who(search: Search) -> Phrase:
    if search.ages is None or search.audience is None:
        return NOTHING
    if search.audience.startswith("age:"):
        ages = search.audience.removeprefix("age:").split(",")
        return Phrase("who_age", {"age": ages})
    return Phrase(f"who_{search.audience}")


async def _without(search: Search) -> Phrase:
    """What was refused, so that a misreading is seen."""
    gone: list[Any] = [*search.without_subjects]
    if not search.weekdays:
        gone += _days(search.without_weekdays)
    session = current.get().session
    if search.without_categories:
        gone += await category_names(session, search.without_categories)
    if search.without_casas:
        gone += [c.name for c in await find_casas(session, slugs=search.without_casas)]
    gone += await _zone_names(search.without_zones)
    return Phrase("without", {"gone": gone}) if gone else NOTHING
