"""The sentences that teach and those that examine are many, labelled once, and kept apart."""

from collections import Counter

import pytest

from bot.dialogue.project import load_domain
from intents.examples import FOLDER, read_examples, training_examples
from responses.render import Renderer
from tests.near_duplicates import CLEAN, NOISY, SENTENCES, bare, near_duplicates

EXAMPLES = training_examples()
HELD_OUT = read_examples(CLEAN) + read_examples(NOISY)
DEVELOPMENT = read_examples(SENTENCES / "development.yml")


@pytest.fixture(scope="module")
def intents():
    domain = load_domain(FOLDER / "domain.yml", Renderer().templates)
    return {intent for intent in domain.intents if intent != "nlu_fallback"}


def test_every_intent_has_enough_examples(intents):
    counts = Counter(intent for _, intent in EXAMPLES)
    assert set(counts) == intents
    assert {i: n for i, n in counts.items() if n < 60} == {}
    assert counts["out_of_scope"] >= 300


def test_every_intent_is_examined(intents):
    counts = Counter(intent for _, intent in HELD_OUT)
    assert {i for i in intents if counts[i] < 10} == set()
    assert counts["out_of_scope"] >= 100


def test_no_example_stands_twice():
    counts = Counter(bare(text) or text for text, _ in EXAMPLES)
    assert {text for text, n in counts.items() if n > 1} == set()


@pytest.mark.parametrize("examined", [HELD_OUT, DEVELOPMENT], ids=["held-out", "development"])
def test_what_examines_was_not_taught(examined):
    taught = {bare(text) for text, _ in EXAMPLES} - {""}
    assert {text for text, _ in examined if bare(text) in taught} == set()


def test_the_final_set_was_not_used_to_choose():
    chosen_with = {bare(text) for text, _ in DEVELOPMENT}
    assert {text for text, _ in HELD_OUT if bare(text) in chosen_with} == set()


def test_few_held_out_sentences_are_nearly_examples(record_property):
    near = near_duplicates(HELD_OUT, EXAMPLES)
    record_property("near duplicates", near)
    assert len(near) < 0.2 * len(HELD_OUT)
