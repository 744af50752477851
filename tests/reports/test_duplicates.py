"""How well the suggestion of duplicates does on pairs that nobody tuned on."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML

from bot.services.duplicates import alike
from bot.services.suggesting import details_of
from intents.gazetteer import Gazetteers
from storage.models import Report

ROOT = Path(__file__).parent.parent.parent
PAIRS = YAML(typ="safe").load((ROOT / "tests/sentences/duplicates.yml").read_text("utf-8"))
PRECISION, RECALL = 0.9, 0.7


@pytest.fixture(scope="module")
def gazetteers():
    return Gazetteers.load(ROOT / "intents/gazetteers")


def report(gazetteers, told):
    words, _, place = told.partition(" @ ")
    found = SimpleNamespace(**{"neighbourhood": None, **details_of(gazetteers, words)})
    place = place or getattr(found, "place", "")
    answered = details_of(gazetteers, place)
    zone = getattr(found, "zone", None) or answered.get("zone")
    return Report(words=words, place=place, theme=getattr(found, "theme", None),
                  neighbourhood=found.neighbourhood or answered.get("neighbourhood"),
                  zone_id=hash(zone) if zone else None)  # fmt: skip


@pytest.mark.parametrize("half", PAIRS)
def test_duplicates_are_found_and_few_others(gazetteers, half):
    suggested = {
        label: sum(
            alike(report(gazetteers, one), report(gazetteers, other)) for one, other in pairs
        )
        for label, pairs in PAIRS[half].items()
    }
    found, wrong = suggested["same"], suggested["other"]
    assert len(PAIRS[half]["same"]) + len(PAIRS[half]["other"]) >= 120
    assert found / (found + wrong) >= PRECISION, suggested
    assert found / len(PAIRS[half]["same"]) >= RECALL, suggested
