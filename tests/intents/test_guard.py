"""The guard recognises every sentence that must not wait, and leaves the harmless ones alone."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from intents.examples import NLU, read_examples
from intents.guard import EMERGENCY, VIOLENCE, Guard
from intents.guard_scores import DANGER, DangerSet, GuardScores, recall_by_intent, score
from intents.normalise import normalise

SAFETY = Path(__file__).parents[2] / "intents" / "safety.yml"
LABELLED = Path(__file__).parents[1] / "sentences"
DEVELOPMENT = DangerSet.load(LABELLED / "danger_development.yml")
MEASURED = DangerSet.load(LABELLED / "danger.yml")
TRAINING = [e for path in sorted(NLU.glob("*.yml")) for e in read_examples(path)]
SENTENCES = YAML(typ="safe").load(Path(__file__).with_name("guard_sentences.yml"))
MUST = [(s, intent) for intent in (EMERGENCY, VIOLENCE) for s in SENTENCES[intent]]
HARMLESS = SENTENCES["harmless"]
# What the guard alone reaches on sentences that it was not tuned on; raise it when it does better.
LEAST_RECALL = 0.92
MOST_FALSE_ALARMS = 0.03


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard.load(SAFETY)


def test_every_cry_for_help_is_recognised(guard: Guard) -> None:
    assert [s for s, intent in MUST if guard.check(normalise(s)) != intent] == []


def test_every_harmless_sentence_is_left_alone(guard: Guard) -> None:
    assert [s for s in HARMLESS if guard.check(normalise(s)) is not None] == []


def test_a_known_miss_is_listed_until_it_is_recognised(guard: Guard) -> None:
    assert [s for s in SENTENCES["missed"] if guard.check(normalise(s)) is not None] == []


def test_no_sentence_is_an_example_twice() -> None:
    sentences = [normalise(s) for s in [s for s, _ in MUST] + HARMLESS + SENTENCES["missed"]]
    assert sorted(sentences) == sorted(set(sentences))


@pytest.mark.parametrize(
    ("sentence", "intent"),
    [
        ("Hay un incendio y mi marido me está pegando", VIOLENCE),
        ("Me quiero morir porque mi marido me pega", VIOLENCE),
        ("Mi tío abusó de mí cuando era niña y me quiero morir", EMERGENCY),
    ],
)
def test_violence_under_way_comes_before_danger(guard: Guard, sentence: str, intent: str) -> None:
    assert guard.check(normalise(sentence)) == intent


@pytest.mark.parametrize(
    "sentence", ["AUXILIO!!!", "auxiliooooo", "a\u200bu\u200bxilio", "Áuxïlio"]
)
def test_a_cry_for_help_is_recognised_however_it_is_typed(guard: Guard, sentence: str) -> None:
    assert guard.check(normalise(sentence)) == EMERGENCY


def test_most_of_the_measured_cries_for_help_are_recognised(guard: Guard) -> None:
    scores = _scores(guard, MEASURED)
    assert scores.recall >= LEAST_RECALL
    assert scores.exact >= LEAST_RECALL - 0.02
    assert scores.false_alarms <= MOST_FALSE_ALARMS


def test_what_the_guard_was_tuned_on_stays_recognised(guard: Guard) -> None:
    scores = _scores(guard, DEVELOPMENT)
    assert scores.recall >= 0.98
    assert scores.false_alarms <= 0.02


def test_ordinary_sentences_are_hardly_ever_taken_for_danger(guard: Guard) -> None:
    ordinary = tuple(text for text, intent in TRAINING if intent not in DANGER)
    assert _scores(guard, DangerSet((), ordinary)).false_alarms <= 0.005


def test_no_labelled_sentence_is_there_twice_or_trained_on() -> None:
    labelled = [normalise(s) for half in (DEVELOPMENT, MEASURED) for s in half.sentences()]
    examples = {normalise(s) for s in [s for s, _ in MUST] + HARMLESS}
    assert sorted(labelled) == sorted(set(labelled))
    assert not examples & set(labelled)
    # The classifier learns near misses of the development half; the measured half is new to all.
    assert not {normalise(text) for text, _ in TRAINING} & set(map(normalise, MEASURED.sentences()))


def test_scores_tell_what_was_missed_confused_and_falsely_alarmed() -> None:
    sentences = DangerSet(
        (("a", EMERGENCY), ("b", VIOLENCE), ("c", VIOLENCE), ("f", VIOLENCE)), ("d", "e")
    )
    read = {"a": EMERGENCY, "b": EMERGENCY, "c": None, "d": VIOLENCE, "e": "greet"}.get
    assert score(sentences, read) == GuardScores(
        recall=0.5,
        exact=0.25,
        false_alarms=0.5,
        missed=("c", "f"),
        confused=("b",),
        alarmed=("d",),
    )
    assert recall_by_intent(sentences, read) == {EMERGENCY: 1, VIOLENCE: pytest.approx(1 / 3)}


def _scores(guard: Guard, sentences: DangerSet) -> GuardScores:
    return score(sentences, lambda text: guard.check(normalise(text)))


@pytest.mark.parametrize("words", ["", "la la la", "mi papa me ", "el que se me ha ", "a de la "])
def test_a_very_long_message_does_not_hang_the_guard(guard: Guard, words: str) -> None:
    message = normalise(words * 4096)[:4096]
    guard.check(message)
