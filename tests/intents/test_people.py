"""Ages and names are understood as tests/sentences/people.yml says."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from intents.normalise import tokenise
from intents.people import find_audience_ages, parse_person_name

SENTENCES = Path(__file__).resolve().parents[1] / "sentences"
DATA: dict[str, Any] = YAML(typ="safe").load((SENTENCES / "people.yml").read_text("utf-8"))


def said(case: dict[str, Any]) -> str:
    return str(case["say"])


@pytest.mark.parametrize("case", DATA["ages"], ids=said)
def test_a_message_names_these_ages(case: dict[str, Any]) -> None:
    found = find_audience_ages(tokenise(case["say"]))
    assert [match.value for match in found] == [f"age:{age}" for age in case["ages"]]
    assert {match.entity for match in found} <= {"audience"}
    if "words" in case:
        assert [case["say"][match.start : match.end] for match in found] == case["words"]


@pytest.mark.parametrize("case", DATA["names"], ids=said)
def test_an_answer_gives_this_name(case: dict[str, Any]) -> None:
    assert parse_person_name(case["say"]) == case["name"]


@pytest.mark.parametrize("name", list(DATA))
def test_no_message_is_listed_twice(name: str) -> None:
    assert len({said(case) for case in DATA[name]}) == len(DATA[name])


def test_a_name_has_at_most_a_hundred_letters() -> None:
    assert parse_person_name(f"Ana {'P' * 96}") == f"Ana {'P' * 96}"
    assert parse_person_name(f"Ana {'P' * 97}") is None


def test_many_numbers_in_a_row_are_no_problem() -> None:
    assert len(find_audience_ages(tokenise("8 " * 2000 + "años"))) <= 4
