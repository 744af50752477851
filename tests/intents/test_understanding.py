"""What the project promises of understanding, on sentences that nobody taught or tuned on."""

import pytest

from intents.evaluate import evaluate
from intents.examples import read_examples
from tests.conftest import NOW
from tests.near_duplicates import CLEAN, NOISY


@pytest.fixture(scope="module")
def understood(interpreter):
    return {
        path: evaluate(lambda text: interpreter.parse(text, NOW.date()), read_examples(path))
        for path in (CLEAN, NOISY)
    }


def test_people_are_understood(understood):
    assert understood[CLEAN]["accuracy"] >= 0.95
    assert understood[CLEAN]["macro_f1"] >= 0.94


def test_hurried_typing_costs_little(understood):
    assert understood[NOISY]["accuracy"] >= understood[CLEAN]["accuracy"] - 0.03


@pytest.mark.parametrize("path", [CLEAN, NOISY], ids=["clean", "noisy"])
def test_it_says_how_sure_it_is_and_is(understood, path):
    assert understood[path]["calibration_error"] <= 0.03


def test_what_is_not_our_business_is_admitted_and_what_is_is_not_turned_away(interpreter):
    both = read_examples(CLEAN) + read_examples(NOISY)
    found = evaluate(lambda text: interpreter.parse(text, NOW.date()), both)["out_of_scope"]
    assert found["admitted"] >= 0.9
    assert found["turned_away"] <= 0.03
