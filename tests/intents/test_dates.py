"""Dates are understood as tests/sentences/dates.yml says."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from intents.birth_dates import parse_birth_date
from intents.dates import _DATA, _PHRASES, _TELLING, _WORDS, find_dates
from intents.normalise import tokenise
from intents.numbers import NUMBERS
from intents.periods import MEANINGS

SENTENCES = Path(__file__).resolve().parents[1] / "sentences"
DATA: dict[str, Any] = YAML(typ="safe").load((SENTENCES / "dates.yml").read_text("utf-8"))
TODAY: date = DATA["today"]


def said(case: dict[str, Any]) -> str:
    return str(case["say"])


@pytest.mark.parametrize("case", DATA["messages"], ids=said)
def test_a_message_names_these_dates(case: dict[str, Any]) -> None:
    found = find_dates(tokenise(case["say"]), TODAY, case["say"])
    assert [match.value for match in found] == [str(value) for value in case["dates"]]
    assert {match.role for match in found} <= {case.get("role")}
    if "words" in case:
        assert [case["say"][match.start : match.end] for match in found] == case["words"]


@pytest.mark.parametrize("case", DATA["birth_dates"], ids=said)
def test_an_answer_gives_this_date_of_birth(case: dict[str, Any]) -> None:
    assert parse_birth_date(case["say"], TODAY) == case["born"]


def test_no_message_is_listed_twice() -> None:
    for cases in (DATA["messages"], DATA["birth_dates"]):
        assert len({said(case) for case in cases}) == len(cases)


def test_every_phrase_means_something_that_the_code_knows() -> None:
    assert {phrase["means"] for phrase in _DATA["phrases"]} == set(MEANINGS)


def test_a_phrase_never_has_a_word_that_is_read_as_its_class() -> None:
    said = {word for phrase in _PHRASES for word in phrase.split()}
    assert said & (_WORDS.keys() | NUMBERS.keys()) == set()


def test_every_phrase_has_a_word_or_a_number_that_tells_of_a_day() -> None:
    classes = {"<weekday>", "<weekdays>", "<month>", "<doubtful>", "<n>", "<date>", "<year>"}
    named = (text.split() for text, phrase in _PHRASES.items() if phrase["means"] != "nothing")
    assert [words for words in named if not set(words) & (_TELLING | classes)] == []


def test_a_slash_is_guessed_when_only_the_tokens_are_known() -> None:
    found = find_dates(tokenise("desde el 5/12 en la tarde"), TODAY)
    assert [match.value for match in found] == ["2026-12-05"]


@pytest.mark.parametrize("today", [date(2026, 11, 16 + n) for n in range(7)], ids=str)
def test_the_next_weekend_is_the_first_that_has_not_begun(today: date) -> None:
    next_weekend, this = (
        find_dates(tokenise(say), today)[0].value for say in ("el próximo finde", "este finde")
    )
    assert this == "2026-11-21/2026-11-22"
    assert next_weekend == (this if today.day < 21 else "2026-11-28/2026-11-29")


@pytest.mark.parametrize(
    ("today", "day"),
    [(date(2026, 12, 31), "2027-01-31"), (date(2027, 1, 31), "2027-02-28")],
    ids=str,
)
def test_a_month_later_is_at_most_the_last_day_of_that_month(today: date, day: str) -> None:
    assert find_dates(tokenise("dentro de un mes"), today)[0].value == day
