"""Workshops: find them by anything that was named, show one, say what it costs."""

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.articles import tell_article
from bot.actions.context import current
from bot.actions.places import place_of
from bot.actions.reading import entities, entity, number_of, slot_of, text_of
from bot.services.search import (
    PAGE,
    Results,
    Search,
    ages_of,
    direction_of,
    search_workshops,
    subject_words,
    weekdays_of,
)
from intents.normalise import normalise
from intents.subjects import asks_for_free
from responses.render import Phrase
from storage.queries.catalogue import Offer, category_names, find_casas, get_offer, title_words

Events = list[dict[str, Any]]
LAST_PAGE = 10_000


async def search_of(tracker: Tracker) -> Search:
    """What the latest message looks for."""
    place = place_of(tracker)
    dates = [e["value"] for e in tracker.latest_message["entities"] if e["entity"] == "date"]
    audience = entity(tracker, "audience")
    search = Search(
        categories=tuple(dict.fromkeys(entities(tracker, "category"))),
        words=await subject_words(current.get().session, text_of(tracker)),
        casas=place.casas,
        zones=place.zones,
        weekdays=tuple(sorted({d for value in dates for d in weekdays_of(value)})),
        ages=ages_of(audience) if audience else None,
        audience=audience,
        place=place.words,
        free=asks_for_free(text_of(tracker)),
    )
    if audience == "disability" and not (search.categories or search.words):
        # Any workshop is open to everybody; these are made for it.
        return replace(search, categories=("inclusion-discapacidad",))
    return search


async def offer_of(workshop: Any) -> Offer | None:
    """The offer of a workshop's id as slots and payloads hold it; None if there is none."""
    number = number_of(workshop)
    return None if number is None else await get_offer(current.get().session, number)


async def tell_results(
    dispatcher: CollectingDispatcher, results: Results, page: int, payload: str
) -> None:
    """A page of offers, with what was loosened to find them, and the way to more."""
    shown = (page - 1) * PAGE + len(results.offers)
    buttons = [
        {
            "title": offer.workshop.title,
            "description": offer_line(offer),
            "payload": f'/{payload}{{"workshop": "{offer.workshop.id}"}}',
        }
        for offer in results.offers
    ]
    if shown < results.total:
        more = {
            "title": Phrase("button_more"),
            "payload": f'/ask_workshops{{"page": "{page + 1}"}}',
        }
        buttons.append(more)
    if results.relaxed:
        gone = [Phrase(f"relaxed_{name}") for name in results.relaxed]
        dispatcher.utter_message(response="utter_relaxed", gone=gone)
    dispatcher.utter_message(
        response="utter_workshops",
        count=results.total,
        what=await _what(results.search),
        free=Phrase("what_free" if results.search.free else "nothing"),
        when=_when(results.search),
        where=await _where(results),
        who=_who(results.search),
        buttons=buttons,
    )


def offer_line(offer: Offer) -> Phrase:
    """Casa, day, hour and places of one offer, in a line."""
    workshop = offer.workshop
    return Phrase(
        "workshop_line",
        {
            "casa": workshop.casa.name,
            "weekday": Phrase(f"weekday_{workshop.weekday}"),
            "time": workshop.starts_at,
            "places": places_left(offer),
            "demo": demo_mark(workshop.demo),
        },
    )


def places_left(offer: Offer) -> Phrase:
    """How many places, or that there is a waiting list."""
    if offer.places_left:
        return Phrase("places_left", {"count": offer.places_left})
    return Phrase("places_none")


def demo_mark(demo: bool) -> Phrase:
    """The mark that demonstration data carries everywhere."""
    return Phrase("demo_mark" if demo else "nothing")


async def _what(search: Search) -> Phrase:
    if search.words:
        written = await title_words(current.get().session)
        return Phrase("what_subject", {"subject": [written.get(w, w) for w in search.words]})
    if search.categories:
        names = await category_names(current.get().session, search.categories)
        return Phrase("what_category", {"category": names})
    return Phrase("nothing")


def _when(search: Search) -> Phrase:
    if not search.weekdays:
        return Phrase("nothing")
    return Phrase("when_days", {"days": [Phrase(f"weekday_{d}") for d in search.weekdays]})


async def _where(results: Results) -> Phrase:
    search = results.search
    if search.casas:
        casas = await find_casas(current.get().session, slugs=search.casas)
        return Phrase("where_casa", {"casa": [c.name for c in casas]})
    direction = direction_of(search.zones)
    if direction:
        return Phrase(f"where_{direction}")
    if search.zones and search.place:
        zone = results.offers[0].workshop.casa.zone.short_name
        if normalise(search.place) in normalise(zone) or search.place.startswith("zona"):
            return Phrase("where_zone", {"zone": zone})
        return Phrase("where_said", {"place": search.place, "zone": zone})
    if search.zones:
        return Phrase("where_zone", {"zone": results.offers[0].workshop.casa.zone.short_name})
    return Phrase("nothing")


def _who(search: Search) -> Phrase:
    if search.ages is None or search.audience is None:
        return Phrase("nothing")
    if search.audience.startswith("age:"):
        return Phrase("who_age", {"age": search.ages[0]})
    return Phrase(f"who_{search.audience}")


class ActionFindWorkshops(Action):
    """Five workshops at a time, then one in detail."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_find_workshops"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """A pressed workshop is shown; "ver más" goes on; anything else is a new search."""
        chosen = entity(tracker, "workshop")
        if chosen:
            return await show_workshop(dispatcher, chosen)
        page = number_of(entity(tracker, "page"), LAST_PAGE) or 1
        saved = slot_of(tracker, "search")
        is_more = bool(entity(tracker, "page") and saved)
        search = Search.restore(saved) if is_more else await search_of(tracker)
        if search.is_empty:
            dispatcher.utter_message(response="utter_which_workshops")
            return [SlotSet("workshop", None)]
        context = current.get()
        results = await search_workshops(context.session, search, context.today, page)
        place = place_of(tracker)
        if place.is_unknown:
            dispatcher.utter_message(response="utter_place_without_zone", place=place.words)
        if results.total:
            await tell_results(dispatcher, results, page, "ask_workshops")
        else:
            dispatcher.utter_message(response="utter_no_workshops")
        return [SlotSet("search", results.search.dump()), SlotSet("workshop", None)]


async def show_workshop(dispatcher: CollectingDispatcher, workshop_id: str) -> Events:
    """The details of one workshop, ending in the offer to enrol."""
    offer = await offer_of(workshop_id)
    if offer is None:
        dispatcher.utter_message(response="utter_workshop_gone")
        return [SlotSet("workshop", None)]
    workshop = offer.workshop
    dispatcher.utter_message(
        response="utter_workshop",
        **workshop_values(offer),
        cost=cost_of(offer),
        places=places_left(offer),
        ages=_ages(workshop.min_age, workshop.max_age),
        demo=Phrase("demo_sentence" if workshop.demo else "nothing"),
        question=Phrase("question_enroll" if offer.places_left else "question_wait"),
        buttons=[
            {
                "title": Phrase("button_enroll" if offer.places_left else "button_wait"),
                "payload": f'/enroll_workshop{{"workshop": "{workshop.id}"}}',
            },
            {"title": Phrase("button_other_workshops"), "payload": "/ask_workshops"},
        ],
    )
    return [SlotSet("workshop", str(workshop.id))]


def workshop_values(offer: Offer) -> dict[str, Any]:
    """What templates about a workshop fill in."""
    workshop = offer.workshop
    return {
        "title": workshop.title,
        "casa": workshop.casa.name,
        "zone": workshop.casa.zone.name,
        "weekday": Phrase(f"weekday_{workshop.weekday}"),
        "starts": workshop.starts_at,
        "ends": workshop.ends_at,
        "since": Phrase(
            "since_begun" if workshop.first_day < current.get().today else "since_coming",
            {"day": workshop.first_day},
        ),
        "last_day": workshop.last_day,
    }


def cost_of(offer: Offer) -> Phrase:
    """The cost, from the modality's own table."""
    cost = offer.workshop.modality.cost_per_class
    return Phrase("cost_community", {"cost": cost}) if cost else Phrase("cost_free")


def _ages(low: int | None, high: int | None) -> Phrase:
    if low and high:
        return Phrase("ages_between", {"low": low, "high": high})
    if low:
        return Phrase("ages_from", {"low": low})
    return Phrase("ages_to", {"high": high}) if high else Phrase("ages_open")


class ActionWorkshopCost(Action):
    """The cost of the workshop at hand, or of workshops in general."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_workshop_cost"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """In a form nothing but the answer: the open question follows by itself."""
        offer = await offer_of(slot_of(tracker, "workshop"))
        if offer is None:
            await tell_article(dispatcher, tracker, "ask_workshop_cost")
            return []
        dispatcher.utter_message(
            response="utter_workshop_cost", **workshop_values(offer), cost=cost_of(offer)
        )
        return []


ACTIONS = (ActionFindWorkshops, ActionWorkshopCost)
