"""What a message asks for, told apart from what else it tells: people, subjects, two wishes."""

from datetime import date

import pytest

from intents.entities import EntityFinder
from intents.lexicon import asks_only_part
from intents.normalise import tokenise
from intents.stories import audience_meant, spans_asked
from intents.two_wishes import wishes_apart

FINDER = EntityFinder()


def entities(text: str) -> list[dict[str, object]]:
    return FINDER.find(text, tokenise(text), date(2026, 11, 21))


def audience(text: str) -> list[object]:
    found = entities(text)
    topics = [(e["start"], e["end"]) for e in found if e["entity"] in ("category", "event_kind")]
    return [
        e["value"]
        for e in audience_meant(text, [e for e in found if e["entity"] == "audience"], topics)
    ]


def apart(text: str) -> list[str]:
    return wishes_apart(text, entities(text))


def test_who_learns_for_themselves_is_no_child_of_the_story():
    text = "vivo con mis nietos que van a la escuela y yo quisiera aprender a tejer en un taller"
    assert audience(text) == []


def test_a_child_whose_course_it_is_stays():
    text = "mi hija tiene 8 años y le gusta la musica, quiero un curso de guitarra los sabados"
    assert audience(text) == ["age:8"]


def test_a_short_message_is_all_request():
    assert audience("baile para mis nietos") == ["children"]


def test_a_subject_of_the_story_is_not_asked_for():
    text = "mis hijos pasan todo el día viendo el celular, hay algún taller de fútbol para ellos"
    celular, futbol = (text.index(w) for w in ("celular", "fútbol"))
    assert spans_asked(text, [(celular, celular + 7), (futbol, futbol + 6)]) == [
        (futbol, futbol + 6)
    ]


def test_each_subject_with_a_day_of_its_own_is_a_wish_of_its_own():
    assert len(apart("yoga los martes y también inglés los jueves")) == 2


def test_what_is_said_once_is_meant_for_both():
    first, second = apart("quiero yoga los martes e inglés los jueves por el sur")
    assert "sur" in first
    assert "sur" in second


@pytest.mark.parametrize(
    "text",
    [
        "yoga o inglés los martes",
        "baile y pintura en solanda",
        "cocina los sábados y domingos en el sur",
        "talleres de buceo",
        "y en el norte los sábados",
    ],
)
def test_a_list_under_the_same_wishes_is_one(text):
    assert apart(text) == [text]


@pytest.mark.parametrize("text", ["y quien puede cobrarlo", "hasta que edad", "q papeles piden"])
def test_a_question_may_name_only_the_part_that_it_asks_for(text):
    assert asks_only_part(text)


@pytest.mark.parametrize(
    "text", ["quien gano el partido", "gracias", "cuantos años tiene el alcalde"]
)
def test_a_question_that_names_something_else_is_about_that(text):
    assert not asks_only_part(text)
