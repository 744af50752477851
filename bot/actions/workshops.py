"""Workshops: find them by anything that was named, show one, answer what is asked about it."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.articles import tell_article
from bot.actions.context import current
from bot.actions.places import place_of
from bot.actions.reading import entity, number_of, slot_of
from bot.actions.wanted import search_of
from bot.actions.workshop_list import demo_mark, places_left, tell_results
from bot.services.search import Results, Search, search_workshops
from responses.render import Phrase
from storage.queries.catalogue import Offer, get_offer

Events = list[dict[str, Any]]
LAST_PAGE = 10_000
# What may be asked about one workshop, each with its own short answer.
ABOUT = frozenset({"cost", "start", "places", "where", "teacher", "hours", "ages"})


async def offer_of(workshop: Any) -> Offer | None:
    """The offer of a workshop's id as slots and payloads hold it; None if there is none."""
    number = number_of(workshop)
    return None if number is None else await get_offer(current.get().session, number)


def shown_workshops(offers: list[Offer]) -> dict[str, Any]:
    """What a follow-up may point at, as kept in the slot `shown`."""
    items = [
        {
            "id": str(offer.workshop.id),
            "title": offer.workshop.title,
            "casa": offer.workshop.casa.slug,
            "zone": offer.workshop.casa.zone.slug,
            "weekday": offer.workshop.weekday,
            "time": offer.workshop.starts_at.isoformat("minutes"),
        }
        for offer in offers
    ]
    return {"kind": "workshop", "items": items}


async def tell_found(
    dispatcher: CollectingDispatcher, search: Search, page: int, payload: str
) -> Results:
    """Search and tell a page of it; nothing is said if there is nothing at all."""
    context = current.get()
    results = await search_workshops(context.session, search, context.today, page)
    if results.offers:
        await tell_results(dispatcher, search, results, page, payload)
    return results


class ActionFindWorkshops(Action):
    """Five workshops at a time, then one in detail."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_find_workshops"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """A pressed workshop is shown; "ver más" goes on; anything else is a search."""
        message = tracker.latest_message
        chosen = entity(tracker, "workshop")
        if chosen:
            return await show_workshop(dispatcher, chosen, message.get("about"))
        if message.get("which"):
            return await _ask_which(dispatcher, message["which"], message.get("enrols", False))
        page = number_of(entity(tracker, "page"), LAST_PAGE) or 1
        saved = slot_of(tracker, "search")
        is_more = bool(entity(tracker, "page") and saved)
        search = Search.restore(saved) if is_more else await search_of(tracker)
        place = place_of(tracker)
        if place.is_unknown:
            dispatcher.utter_message(response="utter_place_without_zone", place=place.words)
        if search.is_empty:
            dispatcher.utter_message(response="utter_which_workshops")
            return [SlotSet("workshop", None), SlotSet("shown", None)]
        if search == Search(unknown=search.unknown):
            # Everything that is given would be no answer to a subject that isn't.
            dispatcher.utter_message(response="utter_no_such_subject", subject=search.unknown)
            return [SlotSet("workshop", None), SlotSet("shown", None)]
        results = await tell_found(dispatcher, search, page, "ask_workshops")
        if not results.offers:
            dispatcher.utter_message(response="utter_no_workshops")
        return [
            SlotSet("search", search.dump()),
            SlotSet("workshop", None),
            SlotSet("shown", shown_workshops(results.offers)),
        ]


async def show_workshop(
    dispatcher: CollectingDispatcher, workshop_id: str, about: str | None = None
) -> Events:
    """One workshop, or only what was asked `about` it, ending in the offer to enrol."""
    offer = await offer_of(workshop_id)
    if offer is None:
        dispatcher.utter_message(response="utter_workshop_gone")
        return [SlotSet("workshop", None)]
    workshop = offer.workshop
    template = f"utter_workshop_{about}" if about in ABOUT else "utter_workshop"
    dispatcher.utter_message(
        response=template,
        **workshop_values(offer),
        cost=cost_of(offer),
        places=places_left(offer),
        ages=_ages(workshop.min_age, workshop.max_age),
        address=_address(offer),
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
    return [SlotSet("workshop", str(workshop.id)), SlotSet("shown", shown_workshops([offer]))]


async def _ask_which(dispatcher: CollectingDispatcher, ids: list[str], enrols: bool) -> Events:
    """Which of those shown, when a pointer fits several."""
    offers = [offer for offer in [await offer_of(i) for i in ids] if offer is not None]
    payload = "enroll_workshop" if enrols else "ask_workshops"
    buttons = [
        {
            "title": offer.workshop.title,
            "description": Phrase(
                "workshop_short",
                {
                    "casa": offer.workshop.casa.name,
                    "weekday": Phrase(f"weekday_{offer.workshop.weekday}"),
                    "time": offer.workshop.starts_at,
                },
            ),
            "payload": f'/{payload}{{"workshop": "{offer.workshop.id}"}}',
        }
        for offer in offers
    ]
    dispatcher.utter_message(response="utter_which_of_these", buttons=buttons)
    return [SlotSet("shown", shown_workshops(offers))]


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


def _address(offer: Offer) -> Phrase:
    casa = offer.workshop.casa
    if casa.address is None:
        return Phrase("address_unknown")
    return Phrase("address_known", {"address": casa.address, "source": casa.address_source})


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
            response="utter_workshop_cost",
            **workshop_values(offer),
            cost=cost_of(offer),
            demo=demo_mark(offer.workshop.demo),
        )
        return []


ACTIONS = (ActionFindWorkshops, ActionWorkshopCost)
