"""Entities are found in messages as people write them, and marked where they stand in the text."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from intents.entities import EntityFinder
from intents.entity_scores import Score, _label, _labels, read, score
from intents.normalise import normalise, tokenise
from intents.periods import easter
from intents.sounds import sound

SENTENCES = Path(__file__).resolve().parents[1] / "sentences"
DATA = read(SENTENCES / "entities.yml")
APART = read(SENTENCES / "entities_apart.yml")
TODAY: date = DATA["today"]
MEASURED: list[dict[str, Any]] = [*DATA["measured"], *APART["apart"], *APART["again"]]
ALL: list[dict[str, Any]] = [*DATA["development"], *MEASURED]


@pytest.fixture(scope="module")
def finder() -> EntityFinder:
    return EntityFinder()


@pytest.fixture(scope="module")
def measured(finder: EntityFinder) -> Score:
    return score(finder, MEASURED, TODAY)


def _found(finder: EntityFinder, text: str) -> list[tuple[str, str, str]]:
    found = finder.find(text, tokenise(text), TODAY)
    return [(e["entity"], e["value"], text[e["start"] : e["end"]]) for e in found]


def test_the_figures_are_of_at_least_350_messages_and_one_day() -> None:
    assert len(MEASURED) >= 350
    assert APART["today"] == TODAY


def test_what_was_written_for_the_figures_is_found_as_well_as_promised(measured: Score) -> None:
    _, _, f1, strict = measured.figures()
    assert f1 >= 0.95
    assert strict >= 0.88


def test_every_entity_with_ten_cases_is_found_well(measured: Score) -> None:
    often = [entity for entity in measured.entities() if measured.cases(entity) >= 10]
    assert {e: measured.figures(e)[2] for e in often if measured.figures(e)[2] < 0.95} == {}


def test_what_was_tuned_on_stays_found(finder: EntityFinder) -> None:
    assert score(finder, DATA["development"], TODAY).errors == []


def test_the_labelled_messages_are_many_and_of_all_kinds() -> None:
    assert len(ALL) >= 400
    assert sum(not case["finds"] for case in ALL) >= 70
    assert len({normalise(case["say"]) for case in ALL}) >= len(ALL) - 1


def test_every_label_is_a_value_that_exists(finder: EntityFinder) -> None:
    folder = Path(__file__).parents[2] / "intents" / "gazetteers"
    files = [YAML(typ="safe").load(path) for path in folder.glob("*.yml")]
    known = {(f["entity"], row["value"]) for f in files for row in f.get("values", ())}
    ruled = {"date", "phone", "national_id", "folio"}
    for case in ALL:
        for label in [
            *_labels(case["say"], case["finds"]),
            *_labels(case["say"], case.get("may", ())),
        ]:
            assert label.entity in ruled or label[:2] in known or label.value.startswith("age:")


def test_overlapping_words_are_right_and_the_same_words_are_exact() -> None:
    case = {"say": "la casa de la tola hoy", "finds": ["casa=la-tola@casa de la tola"]}

    class Finder(EntityFinder):
        def __init__(self) -> None:
            """No gazetteers."""

        def find(self, *_: Any) -> list[dict[str, Any]]:
            return [
                {"entity": "casa", "value": "la-tola", "start": 11, "end": 18},
                {"entity": "date", "value": "2026-11-21", "start": 19, "end": 22},
            ]

    total = score(Finder(), [case], TODAY)
    assert total.figures("casa") == (1, 1, 1, 0)
    assert total.figures() == pytest.approx((0.5, 1, 2 / 3, 0))
    assert total.errors == ["wrong  date=2026-11-21@hoy in: la casa de la tola hoy"]
    assert list(total.table())[-1] == "| all | 1 | 0.500 | 1.000 | 0.667 | 0.000 |"


def test_an_entity_is_as_rasa_writes_it(finder: EntityFinder) -> None:
    text = "guitarra el sábado"
    category, day = finder.find(text, tokenise(text), TODAY)
    assert category == {
        "entity": "category",
        "value": "desarrollo-artistico",
        "start": 0,
        "end": 8,
        "confidence": 1.0,
        "confidence_entity": 1.0,
        "extractor": "GazetteerExtractor",
        "text": "guitarra",
    }
    assert (day["value"], day["start"], day["end"]) == ("2026-11-21", 9, 18)
    assert day["extractor"] == "RuleExtractor"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("👩🏽‍🍳🥐 panadería en La Tola 🙏🏽", ["panadería", "La Tola"]),
        ("sa\u0301bado en Cotocolla\u0301o", ["sa\u0301bado", "Cotocolla\u0301o"]),
        ("nin\u0303a de 8 an\u0303os", ["nin\u0303a", "8 an\u0303os"]),
        ("𝗴𝘂𝗶𝘁𝗮𝗿𝗿𝗮 en 𝐒𝐨𝐥𝐚𝐧𝐝𝐚", ["𝗴𝘂𝗶𝘁𝗮𝗿𝗿𝗮", "𝐒𝐨𝐥𝐚𝐧𝐝𝐚"]),
        ("mi casa es en Alangasi\u0301.", ["Alangasi\u0301"]),
        ("el\u200b 24/12", ["el\u200b 24/12"]),
        ("mi cel 👉０９９ １２３ ４５６７", ["０９９ １２３ ４５６７"]),
        ("ﬁnde en Nayón", ["ﬁnde", "Nayón"]),
        ("folio “AS–2026–00045”", ["AS–2026–00045"]),
    ],
)
def test_offsets_are_those_of_the_text_as_written(
    finder: EntityFinder, text: str, marked: list[str]
) -> None:
    assert [words for entity, _, words in _found(finder, text) if entity != "option"] == marked


def test_the_name_of_a_number_is_not_a_workshop(finder: EntityFinder) -> None:
    kinds = [entity for entity, _, _ in _found(finder, "mi celular es el 099 123 4567")]
    assert "category" not in kinds
    assert "category" in [e for e, _, _ in _found(finder, "celular para abuelitos 099 123 4567")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("chillogayo", "chillogallo"), ("kosina", "cocina"), ("vanderas", "banderas"), ("ola", "hola"),
     ("guapulo", "wapulo"), ("jente", "gente"), ("qechua", "kechua"), ("yaruqy", "yaruqui")],
)  # fmt: skip
def test_spellings_of_the_same_sounds_are_heard_as_one(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize("different", [("casa", "cama"), ("chicha", "cica"), ("pena", "pela")])
def test_other_sounds_are_other_words(different: tuple[str, str]) -> None:
    assert sound(different[0]) != sound(different[1])


@pytest.mark.parametrize(
    "day",
    [date(1961, 4, 2), date(2000, 4, 23), date(2008, 3, 23), date(2025, 4, 20), date(2026, 4, 5),
     date(2027, 3, 28), date(2038, 4, 25), date(2285, 3, 22)],
)  # fmt: skip
def test_easter_is_on_its_known_day(day: date) -> None:
    assert easter(day.year) == day


def test_entities_are_labels_of_the_scores(finder: EntityFinder) -> None:
    [entity] = finder.find("solanda", tokenise("solanda"), TODAY)
    assert _label(entity) == ("casa", "solanda", 0, 7)
