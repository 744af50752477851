"""Where: what a message says about Casas, zones and neighbourhoods, and where a Casa is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import text_of
from intents.directions import zones_of
from intents.normalise import tokenise
from responses.render import Phrase
from storage.models import Casa
from storage.queries.catalogue import all_zones, find_casas

Events = list[dict[str, Any]]
Span = tuple[int, int]
PLACES = frozenset({"casa", "zone", "neighbourhood"})


@dataclass(frozen=True)
class Place:
    """Casas and zones (slugs) that were named, and the words they were named with."""

    casas: tuple[str, ...]
    zones: tuple[str, ...]
    words: str | None
    neighbourhood: str | None = None
    # The zones of the named Casas: "Tumbaco" is a Casa, and events there are the zone's.
    around: tuple[str, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether a neighbourhood was named of which we know neither Casa nor zone."""
        return self.neighbourhood is not None and not self.casas and not self.zones


def place_of(tracker: Tracker, counts: Callable[[Span], bool] = lambda _: True) -> Place:
    """The place in the latest message; a neighbourhood stands for its Casa or its zone.

    `counts` leaves out some mentions, by where they stand ("que no sea en el sur").
    """
    found = [e for e in tracker.latest_message["entities"] if counts((e["start"], e["end"]))]
    casas = [e["value"] for e in found if e["entity"] == "casa"]
    zone_values = [e["value"] for e in found if e["entity"] == "zone"]
    words, neighbourhood = None, None
    around: list[str] = []
    for match in current.get().interpreter.finder.gazetteers.find(tokenise(text_of(tracker))):
        if match.entity not in PLACES or not counts((match.start, match.end)):
            continue
        words = text_of(tracker)[match.start : match.end]
        if match.entity == "casa" and match.extra.get("zone"):
            around.append(match.extra["zone"])
        if match.entity == "neighbourhood":
            neighbourhood = match.value
            casas += [match.extra["casa"]] if match.extra.get("casa") else []
            zone_values += [match.extra["zone"]] if match.extra.get("zone") else []
            around += zone_values[-1:] if match.extra.get("casa") else []
    unique = tuple(dict.fromkeys(casas))
    return Place(
        unique,
        () if unique else zones_of(dict.fromkeys(zone_values)),
        words,
        neighbourhood,
        tuple(dict.fromkeys(around)),
    )


class ActionFindCasas(Action):
    """Casas by name, neighbourhood or zone; an unknown address is said to be unknown."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_find_casas"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """One Casa in detail, the Casas of one zone, or the choice of zones."""
        place = place_of(tracker)
        session = current.get().session
        if place.casas:
            for casa in (await find_casas(session, slugs=place.casas))[:3]:
                _tell_casa(dispatcher, casa)
            return []
        if len(place.zones) == 1:
            casas = await find_casas(session, zones=place.zones)
            dispatcher.utter_message(
                response="utter_casas_of_zone",
                count=len(casas),
                zone=casas[0].zone.name,
                buttons=[_casa_button(c) for c in casas],
            )
            return []
        await self._ask_zone(dispatcher, place)
        return []

    async def _ask_zone(self, dispatcher: CollectingDispatcher, place: Place) -> None:
        zones = await all_zones(current.get().session)
        if place.is_unknown:
            dispatcher.utter_message(response="utter_place_without_zone", place=place.words)
        wanted = [z for z in zones if not place.zones or z.slug in place.zones]
        buttons = [
            {"title": z.short_name, "payload": f'/find_casa{{"zone": "{z.slug}"}}'} for z in wanted
        ]
        dispatcher.utter_message(
            response="utter_which_zone" if place.zones else "utter_which_part", buttons=buttons
        )


def _casa_button(casa: Casa) -> dict[str, Any]:
    return {"title": casa.name, "payload": f'/find_casa{{"casa": "{casa.slug}"}}'}


def _tell_casa(dispatcher: CollectingDispatcher, casa: Casa) -> None:
    known = casa.address is not None
    dispatcher.utter_message(
        response="utter_casa_with_address" if known else "utter_casa",
        casa=casa.name,
        zone=casa.zone.name,
        address=casa.address,
        source=casa.address_source,
        buttons=[
            {
                "title": Phrase("button_casa_workshops"),
                "payload": f'/ask_workshops{{"casa": "{casa.slug}"}}',
            },
            {
                "title": Phrase("button_casa_agenda"),
                "payload": f'/ask_agenda{{"casa": "{casa.slug}"}}',
            },
        ],
    )


ACTIONS = (ActionFindCasas,)
