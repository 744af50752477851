"""What people type is compared as they mean it, and slips are made as thumbs make them."""

from random import Random

import pytest

from intents.noise import with_slips
from intents.spelling import words_as_meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("HOLA Señora", "hola senora"),
        ("xq no m pagan??", "porque no me pagan ? ?"),
        ("dnd qda la casa", "donde queda la casa"),
        ("holaaaaa veciiii", "hola veci"),
        ("llamar al perro", "llamar al perro"),
        ("porfavor nose q aser", "por favor no se que aser"),
        ("buenasnoches 🙏🏽", "buenas noches gracias"),
        ("👍", "si"),
        ("⭐⭐⭐", "estrella estrella estrella"),
        ("guaguas", "wawas"),
        ("e\u0301xito\u200b", "exito"),
        ("", ""),
    ],
)
def test_words_are_read_as_meant(typed, meant):
    assert list(words_as_meant(typed)) == meant.split()


def test_slips_leave_short_words_and_the_first_letter_of_long_ones():
    random = Random(1)
    for _ in range(200):
        first, second = with_slips("por talleres", random).split()
        assert first == "por"
        assert second[0] == "t"
        assert abs(len(second) - len("talleres")) <= 1


def test_the_same_seed_makes_the_same_slips():
    text = "quisiera inscribir a mi hija en natación"
    assert with_slips(text, Random(3)) == with_slips(text, Random(3))
