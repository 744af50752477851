"""Hours, refusals, names given early, and messages that go on from what was shown."""

import pytest

from intents.followups import read_followup
from intents.given import participant_named, writer_named
from intents.hours import find_hours
from intents.subjects import asks_to_switch, sound_of


@pytest.mark.parametrize(
    ("said", "after", "before"),
    [
        ("después de las 5", "17:00", None),
        ("de 3 a 5 de la tarde", "15:00", "17:00"),
        ("entre las 9 y las 11", "09:00", "11:00"),
        ("antes de mediodía", None, "12:00"),
        ("saliendo del trabajo", "17:00", None),
        ("a las 10:30 de la mañana", "10:30", "11:30"),
        ("en las tardes después de las 4", "16:00", "18:00"),
        ("after 5pm", "17:00", None),
    ],
)
def test_hours_are_read_as_people_say_them(said: str, after: str, before: str) -> None:
    hours = find_hours(said)
    assert hours is not None
    assert (hours.after, hours.before) == (after, before)


@pytest.mark.parametrize(
    "said",
    ["buenas tardes veci", "buenas noches", "niños de 8 a 12 años", "desde los 5 años",
     "el 5 de diciembre", "los talleres de mañana", "más tarde le escribo"],
)  # fmt: skip
def test_what_only_looks_like_an_hour_is_none(said: str) -> None:
    assert find_hours(said) is None


@pytest.mark.parametrize(
    "said",
    ["y después de las 5?", "gratis", "en las tardes", "que tengan cupo", "no, mejor pintura"],
)
def test_nothing_but_wishes_changes_a_search(said: str) -> None:
    assert read_followup(said, []).changes


@pytest.mark.parametrize(
    "said", ["cocina", "talleres gratis", "hola", "ya no", "no tengo luz en mi calle", "gracias"]
)
def test_a_request_of_its_own_changes_none(said: str) -> None:
    assert not read_followup(said, []).changes


@pytest.mark.parametrize(
    ("said", "place"),
    [("inscríbame en el segundo", 1), ("cuánto cuesta el 2", 1), ("el último", -1),
     ("la primera semana de diciembre", None), ("somos dos", None)],
)  # fmt: skip
def test_a_place_in_the_list_is_pointed_at(said: str, place: int | None) -> None:
    assert read_followup(said, []).place == place


def test_a_day_is_no_item_that_is_pointed_at() -> None:
    day = {"entity": "date", "value": "2026-11-22", "start": 7, "end": 23}
    assert not read_followup("qué hay este fin de semana", [day | {"end": 26}]).points
    assert read_followup("cuánto cuesta ese", []).points


def test_a_name_given_with_the_request_is_read_and_nothing_else() -> None:
    assert participant_named("inscriba a mi hijo Mateo Pérez de 9 años") == "Mateo Pérez"
    assert participant_named("para mi hijo que quiere clases de fútbol") is None
    assert writer_named("me llamo rosa quishpe y quiero tejer") == "Rosa Quishpe"
    assert writer_named("soy adulto mayor y quiero yoga") is None


def test_words_that_sound_alike_are_alike() -> None:
    assert sound_of("cosina") == sound_of("cocina")
    assert sound_of("vicuteria") != sound_of("bisuteria")
    assert sound_of("computasion") == sound_of("computacion")


def test_a_language_to_learn_is_not_one_to_speak() -> None:
    assert asks_to_switch("en inglés por favor")
    assert not asks_to_switch("idiomas menos inglés en el centro")
