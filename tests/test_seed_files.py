"""The seed files say what the official documents say."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

SEED = Path(__file__).resolve().parents[1] / "storage" / "seed"
DOCUMENTS = (
    "zones",
    "casas",
    "categories",
    "programmes",
    "work_plan_2023",
    "dialogue_calvas_2024",
)


def load(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load((SEED / f"{name}.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_names_its_source(name: str) -> None:
    source = load(name)["source"]
    assert source["title"]
    assert source["date"][:4] in {"2023", "2024"}


def test_the_nine_zones_add_up_to_the_declared_target() -> None:
    zones = load("zones")["zones"]
    assert len({zone["slug"] for zone in zones}) == len({zone["code"] for zone in zones}) == 9
    assert sum(zone["beneficiary_target"] for zone in zones) == 249718


def test_the_51_casas_have_a_known_zone_and_a_slug_of_their_own() -> None:
    casas = load("casas")["casas"]
    assert len(casas) == len({casa["slug"] for casa in casas}) == 51
    assert {casa["zone"] for casa in casas} == {zone["slug"] for zone in load("zones")["zones"]}


def test_each_zone_has_as_many_casas_as_the_table_shows() -> None:
    assert Counter(casa["zone"] for casa in load("casas")["casas"]) == {
        "calderon": 4,
        "eloy-alfaro": 9,
        "eugenio-espejo": 9,
        "la-delicia": 8,
        "la-mariscal": 1,
        "los-chillos": 4,
        "manuela-saenz": 9,
        "quitumbe": 4,
        "tumbaco": 3,
    }


def test_no_casa_has_an_address_without_a_source() -> None:
    casas = load("casas")["casas"]
    assert [casa["slug"] for casa in casas if casa.get("address")] == ["cotocollao"]
    assert all(("address" in casa) == ("address_source" in casa) for casa in casas)


def test_there_are_thirteen_categories() -> None:
    assert len({category["slug"] for category in load("categories")["categories"]}) == 13


def test_community_workshops_cost_one_dollar_and_municipal_ones_nothing() -> None:
    programmes = load("programmes")
    costs = {m["slug"]: Decimal(m["cost_per_class"]) for m in programmes["modalities"]}
    assert costs == {"community": Decimal("1.00"), "municipal": Decimal("0.00")}
    assert len(programmes["programmes"]) == 4
    assert [cycle["number"] for cycle in programmes["cycles"]] == [1, 2, 3, 4]


def test_the_work_plan_has_41_rows_in_order_under_six_headings() -> None:
    plan = load("work_plan_2023")
    assert [row["order"] for row in plan["rows"]] == list(range(1, 42))
    assert len(plan["headings"]) == 6


def test_the_work_plan_has_as_many_rows_a_unit_as_the_document() -> None:
    assert Counter(row["unit"] for row in load("work_plan_2023")["rows"]) == {
        "Gestión Participativa": 10,
        "ADEL": 6,
        "Comunicación Social": 5,
        "Seguridad y Riesgos": 5,
        "Ambiente": 4,
        "Salud": 4,
        "Obras Públicas": 2,
        "Cultura": 2,
        "Gestión Urbana": 1,
        "Espacio Público": 1,
        "Inclusión social": 1,
    }


def test_the_work_plan_keeps_the_three_spellings_of_its_first_mesa() -> None:
    assert Counter(row["mesa"] for row in load("work_plan_2023")["rows"]) == {
        "Gobernabilidad e Institucionalidad": 6,
        "governabilidad e Institucionalidad": 2,
        "Governabilidad e Institucionalidad": 8,
        "Territorial": 7,
        "Económico": 7,
        "Social": 11,
    }


def test_the_calvas_dialogue_counts_its_people() -> None:
    dialogue = load("dialogue_calvas_2024")["dialogue"]
    assert dialogue["date"] == date(2024, 11, 21)
    assert dialogue["attendance"]["total"] == 200
    assert [(item["institution"], item["count"]) for item in dialogue["attentions"]] == [
        ("MIES", 20),
        ("MIES", 15),
        ("MIES", 40),
        ("MIES", 50),
        ("Ministerio de Salud Pública", 12),
        ("BanEcuador", 17),
        ("Ministerio de Educación", 8),
        ("Ministerio de Agricultura y Ganadería", 10),
    ]


def test_the_calvas_dialogue_has_four_alert_entries_and_two_commitments() -> None:
    dialogue = load("dialogue_calvas_2024")["dialogue"]
    entries = dialogue["alerts_matrix"]["entries"]
    assert [entry["kind"] for entry in entries] == ["alert", "need", "suggestion", "channel"]
    commitments = dialogue["commitments_matrix"]
    assert [len(row) for row in commitments["headings"]] == [4, 4, 4]
    assert [entry["term"] for entry in commitments["entries"]] == ["Permanente", "Permanente"]
