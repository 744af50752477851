"""Documents, phones and folios are understood as tests/sentences/documents.yml says."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from intents.documents import check_national_id, find_documents, other_document, parse_phone

SENTENCES = Path(__file__).resolve().parents[1] / "sentences"
DATA: dict[str, Any] = YAML(typ="safe").load((SENTENCES / "documents.yml").read_text("utf-8"))


def said(case: dict[str, Any]) -> str:
    return str(case["say"])


@pytest.mark.parametrize("case", DATA["messages"], ids=said)
def test_a_message_has_these_numbers(case: dict[str, Any]) -> None:
    found = find_documents(case["say"])
    shown = [f"{'unsure ' * (m.confidence < 1)}{m.entity} {m.value}" for m in found]
    assert shown == case["finds"]
    if "words" in case:
        assert [case["say"][m.start : m.end] for m in found] == case["words"]


@pytest.mark.parametrize("case", DATA["national_ids"], ids=said)
def test_a_form_can_say_what_is_wrong_with_a_cedula(case: dict[str, Any]) -> None:
    checked = check_national_id(case["say"])
    assert checked.number == case["number"]
    assert checked.problem == case.get("problem")
    assert checked.missing == case.get("missing", 0)
    assert list(checked.warnings) == case.get("warnings", [])


@pytest.mark.parametrize("case", DATA["other_documents"], ids=said)
def test_an_answer_gives_this_other_document(case: dict[str, Any]) -> None:
    assert other_document(case["say"]) == case["number"]


@pytest.mark.parametrize("case", DATA["phones"], ids=said)
def test_an_answer_gives_this_phone(case: dict[str, Any]) -> None:
    assert parse_phone(case["say"]) == case["phone"]


@pytest.mark.parametrize("name", list(DATA))
def test_no_message_is_listed_twice(name: str) -> None:
    assert len({said(case) for case in DATA[name]}) == len(DATA[name])


@given(st.text(alphabet="0159 -+()./:aINS\u2013\u0665", max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for match in find_documents(text):
        assert 0 <= match.start < match.end <= len(text)
    check_national_id(text)
    parse_phone(text)
    other = other_document(text)
    assert other is None or (other.isalnum() and 5 <= len(other) <= 20)
