"""What is not understood is asked about, then to be said in other words, then given up."""

from pathlib import Path

import pytest

from tests.dialogue.order_bot import order_bot

AFFIRM, REPHRASE, GIVE_UP = (
    "action_default_ask_affirmation", "action_default_ask_rephrase", "action_default_fallback",
)  # fmt: skip
FALLBACKS = {
    "a choice is taken": [
        ("nlu_fallback", AFFIRM), ("greet", "utter_greet"), ("nlu_fallback", AFFIRM)],
    "twice not understood gives up": [
        ("nlu_fallback", AFFIRM), ("nlu_fallback", GIVE_UP), ("greet", "utter_greet")],
    "after giving up it begins anew": [
        ("nlu_fallback", AFFIRM), ("nlu_fallback", GIVE_UP), ("nlu_fallback", AFFIRM),
        ("nlu_fallback", GIVE_UP), ("out_of_scope", "utter_answer")],
    "none of the choices: in other words, which are understood": [
        ("nlu_fallback", AFFIRM), ("out_of_scope", REPHRASE), ("greet", "utter_greet")],
    "the other words are not understood: asked once more": [
        ("nlu_fallback", AFFIRM), ("out_of_scope", REPHRASE), ("nlu_fallback", AFFIRM),
        ("greet", "utter_greet")],
    "none of the choices twice gives up": [
        ("nlu_fallback", AFFIRM), ("out_of_scope", REPHRASE), ("nlu_fallback", AFFIRM),
        ("out_of_scope", GIVE_UP), ("greet", "utter_greet")],
    "a form begins from the choices": [
        ("nlu_fallback", AFFIRM), ("order", "utter_ask_name")],
}  # fmt: skip


@pytest.mark.parametrize("case", FALLBACKS)
async def test_the_two_stage_fallback_when(tmp_path: Path, case: str) -> None:
    bot = order_bot(tmp_path)
    for intent, said in FALLBACKS[case]:
        assert await bot.hear(intent) == [said]
