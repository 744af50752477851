"""What people look for is read as they write it, and the search gives what it promises.

`tests/sentences/searches.yml`: what is said and what it looks for; what is not listed is not
looked for.
"""

from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker as RasaTracker
from ruamel.yaml import YAML

from bot.actions.context import TurnContext, speaking
from bot.actions.wanted import search_of
from bot.app import Service
from bot.clock import LOCAL
from bot.dialogue.tracker import Tracker
from bot.services.search import Search, search_workshops
from storage.models import Account, Conversation
from tests.conftest import NOW

FILE = Path(__file__).parent / "sentences" / "searches.yml"
SEARCHES = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
TODAY = NOW.astimezone(LOCAL).date()
# How the same things are called, or follow from others that are compared.
UNSEEN = {"titles", "place", "part", "audience", "without_titles"}
SOUTH = ("eloy-alfaro", "quitumbe")


async def search_for(service: Service, said: str) -> Search:
    """The search that a message asks for, without any dialogue."""
    message = service.turns.interpreter.parse(said, TODAY)
    tracker = Tracker.restore("citizen", service.turns.engine.domain, {})
    tracker.hear(message)
    account = Account(channel="rest", address="citizen")
    async with service.database.read() as session:
        context = TurnContext(
            session, account, Conversation(state={}), NOW, service.turns.interpreter
        )
        with speaking(context):
            return await search_of(RasaTracker.from_dict(tracker.as_rasa()))


def seen(search: Search) -> dict[str, Any]:
    """What the sentences compare; a subject's category only matters without the subject."""
    found = {k: v for k, v in search.dump().items() if k not in UNSEEN}
    if "subjects" in found:
        found.pop("categories", None)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}


async def test_each_sentence_looks_for_what_it_says(service: Service) -> None:
    wrong = []
    for case in SEARCHES:
        wants = {k: v for k, v in case.items() if k != "say"}
        found = seen(await search_for(service, case["say"]))
        if found != wants:
            wrong.append(f"«{case['say']}»\n  wants {wants}\n  found {found}")
    assert not wrong, "\n".join(wrong)


def test_no_sentence_is_there_twice() -> None:
    said = [case["say"] for case in SEARCHES]
    assert len(said) == len(set(said)) >= 60


async def results(service: Service, search: Search) -> Any:
    async with service.database.read() as session:
        return await search_workshops(session, search, TODAY)


async def titled(service: Service, *words: str) -> tuple[str, ...]:
    return (await search_for(service, " y ".join(words))).titles


async def test_the_neighbouring_casas_come_before_another_day(service: Service) -> None:
    pottery = await titled(service, "pintura")
    found = await results(service, Search(titles=pottery, casas=("franco-mendez",), weekdays=(2,)))
    assert found.relaxed == ("zone",)
    assert {o.workshop.casa.zone.slug for o in found.offers} == {"quitumbe"}
    assert {o.workshop.weekday for o in found.offers} == {2}


async def test_the_day_falls_before_the_side_of_the_city(service: Service) -> None:
    cooking = await titled(service, "cocina")
    found = await results(service, Search(titles=cooking, zones=SOUTH, weekdays=(6,)))
    assert found.relaxed == ("weekday",)
    assert {o.workshop.casa.zone.slug for o in found.offers} <= set(SOUTH)


async def test_an_age_is_kept_as_long_as_the_category_has_something(service: Service) -> None:
    search = await search_for(service, "taller de panadería para mi hijo de 8 años")
    found = await results(service, search)
    assert found.relaxed == ("subject",)
    assert all(o.workshop.min_age <= 8 for o in found.offers)


async def test_what_is_refused_is_never_given_up(service: Service) -> None:
    search = await search_for(service, "cocina los domingos, que no sea en el sur ni gratis")
    found = await results(service, search)
    assert found.offers
    assert not {o.workshop.casa.zone.slug for o in found.offers} & set(SOUTH)


async def test_children_see_first_what_is_made_for_them(service: Service) -> None:
    found = await results(service, await search_for(service, "inglés para mi niña de 7 años"))
    assert all(o.workshop.max_age is not None for o in found.offers)


async def test_workshops_for_older_people_come_late_when_nobody_said_an_age(
    service: Service,
) -> None:
    found = await results(service, await search_for(service, "yoga"))
    assert all((o.workshop.min_age or 0) < 60 for o in found.offers)


async def test_two_children_are_only_shown_what_both_may_join(service: Service) -> None:
    found = await results(
        service, await search_for(service, "deportes para mis hijos de 6 y 13 años")
    )
    for offer in found.offers:
        assert (offer.workshop.min_age or 0) <= 6
        assert (offer.workshop.max_age or 100) >= 13


@pytest.mark.parametrize("page", [1, 2, 500])
async def test_any_page_can_be_asked_for(service: Service, page: int) -> None:
    async with service.database.read() as session:
        found = await search_workshops(session, Search(weekdays=(5,)), TODAY, page)
    assert len(found.offers) == (0 if page == 500 else 5)
    assert found.total > 100


def test_a_search_survives_the_slot_that_it_is_kept_in() -> None:
    search = Search(subjects=("yoga",), weekdays=(5, 6), ages=(6, 9), after="14:00", free=True)
    saved = {k: list(v) if isinstance(v, tuple) else v for k, v in search.dump().items()}
    assert Search.restore({**saved, "of_an_older_version": 1}) == search


def test_what_is_said_later_replaces_what_it_names_and_nothing_else() -> None:
    first = Search(subjects=("yoga",), titles=("yoga",), zones=("quitumbe",), weekdays=(5,))
    later = first.refined_by(Search(weekdays=(6,), without_zones=("quitumbe",)))
    assert (later.subjects, later.weekdays, later.zones) == (("yoga",), (6,), ())
    assert later.without_zones == ("quitumbe",)
    assert later.refined_by(Search(zones=("quitumbe",))).without_zones == ()
