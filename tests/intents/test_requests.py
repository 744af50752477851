"""A message with two requests is heard as two, a story as its one request."""

import pytest
from ruamel.yaml import YAML

from intents.interpreter import Interpreter
from intents.requests import clauses
from tests.conftest import NOW
from tests.near_duplicates import SENTENCES

CASES = YAML(typ="safe").load((SENTENCES / "requests.yml").read_text(encoding="utf-8"))
# Misheard for now, listed until they are heard.
MISHEARD = frozenset(CASES["misheard"])


def heard(interpreter: Interpreter, text: str) -> list[str]:
    requests = interpreter.requests(interpreter.parse(text, NOW.date()), NOW.date())
    return [request["intent"]["name"] for request in requests]


@pytest.mark.parametrize("case", CASES["double"], ids=lambda c: c["text"][:40])
def test_two_requests_are_both_heard_in_order(interpreter, case):
    assert (heard(interpreter, case["text"]) == case["requests"]) != (case["text"] in MISHEARD)


@pytest.mark.parametrize("case", CASES["single"] + CASES["stories"], ids=lambda c: c["text"][:40])
def test_one_request_is_not_torn_apart_however_long_its_story(interpreter, case):
    assert (heard(interpreter, case["text"]) == [case["request"]]) != (case["text"] in MISHEARD)


def test_a_clause_keeps_its_words_as_written():
    text = "¿Dónde queda la Casa? y además cuánto cuesta"
    assert clauses(text) == ["¿Dónde queda la Casa?", "y además cuánto cuesta"]


def test_a_sentence_without_a_second_request_is_one_clause():
    assert clauses("hay talleres de baile y de cocina") == ["hay talleres de baile y de cocina"]
