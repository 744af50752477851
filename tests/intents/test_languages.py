"""English is told from Spanish by whole sentences, never by a name or a single word."""

from datetime import date

import pytest

from intents.entities import EntityFinder
from intents.languages import written_in
from intents.normalise import tokenise

FINDER = EntityFinder()


def language_of(text: str) -> str | None:
    return written_in(text, FINDER.find(text, tokenise(text), date(2026, 11, 21)))


@pytest.mark.parametrize(
    "text",
    [
        "where is casa somos la tola?",
        "are there cooking classes for kids",
        "my husband hits me",
        "the lights on my street are broken",
        "i want to sign up for yoga",
        "how much does it cost",
    ],
)
def test_a_sentence_in_english_is_english(text):
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "quiero un curso de how to sell online para mi negocio",
        "dónde queda la casa somos de la tola",
        "me gusta el rock and roll, hay talleres de baile",
        "kiero un curso de cosina para mi mami x el sur",
    ],
)
def test_spanish_with_english_in_it_is_spanish(text):
    assert language_of(text) in ("es", None)


@pytest.mark.parametrize("text", ["hello", "ok thank you", "yoga", "Solanda", "1", "no", "English"])
def test_a_word_or_two_tell_nothing(text):
    assert language_of(text) is None
