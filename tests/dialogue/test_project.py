"""The domain is read, and what the engine does not do is refused with file and line."""

from pathlib import Path

import pytest

from bot.dialogue.project import Domain, load_domain
from bot.errors import ProjectError
from tests.dialogue.small_bot import RESPONSES, SmallBot, write_project

GOOD = """
version: "3.1"
intents: [greet, order]
entities:
  - size
  - city:
      roles: [from, to]
slots:
  size:
    type: categorical
    values: [s, m]
    initial_value: s
    mappings:
      - type: from_entity
        entity: size
        not_intent: greet
        conditions:
          - active_loop: order_form
            requested_slot: size
forms:
  order_form:
    ignored_intents: [greet]
    required_slots:
      - size
actions: [action_default_fallback]
"""
# What is replaced in the good domain, by what, the line and the words of the refusal.
REFUSED = {
    "an unknown section": ("actions:", "e2e_actions:", 24, "domain: 'e2e_actions'"),
    "an unknown slot type": ("categorical", "weird", 9, "slot size: type 'weird'"),
    "an unknown key of a slot": ("initial_value", "auto_fill", 11, "slot size: 'auto_fill'"),
    "an unknown mapping": ("type: from_entity", "type: from_magic", 13, "mapping 'from_magic'"),
    "a mapping that lacks its entity": ("        entity: size\n", "", 13, "'entity' is missing"),
    "a mapping of an entity that does not exist": (
        "entity: size", "entity: gone", 14, "entity 'gone' does not exist"),
    "a key of another mapping": ("entity: size", "entity: size\n        value: m", 15, "'value'"),
    "an action that fills slots": (
        "entity: size", "entity: size\n        action: action_fill", 15, "'action'"),
    "an intent of a mapping that does not exist": (
        "not_intent: greet", "not_intent: gone", 15, "intent 'gone' does not exist"),
    "a form of a condition that does not exist": (
        "active_loop: order_form", "active_loop: gone", 17, "form 'gone' does not exist"),
    "an unknown condition": ("requested_slot:", "mood:", 18, "condition: 'mood'"),
    "an unknown key of a form": ("ignored_intents", "ignore", 21, "form order_form: 'ignore'"),
    "an ignored intent that does not exist": (
        "ignored_intents: [greet]", "ignored_intents: [gone]", 21, "intent 'gone' does not exist"),
    "a required slot that does not exist": (
        "- size\nactions", "- gone\nactions", 23, "slot 'gone'"),
    "a validation of all slots, which is never run": (
        "[action_default_fallback]", "[action_validate_slot_mappings]", 24,
        "'action_validate_slot_mappings' is not supported"),
}  # fmt: skip


def read(folder: Path, domain: str) -> Domain:
    return load_domain(write_project(folder, domain, "rules: []") / "domain.yml", RESPONSES)


def test_a_domain_is_read(tmp_path: Path) -> None:
    domain = read(tmp_path, GOOD)
    assert domain.intents == {"greet", "order", "nlu_fallback"}
    assert domain.entities == {"size", "city"}
    assert domain.initial_slots() == {"size": "s", "requested_slot": None}
    assert domain.is_loop("order_form")
    assert domain.is_loop("action_two_stage_fallback")
    assert not domain.is_loop("action_default_fallback")


@pytest.mark.parametrize("case", REFUSED)
def test_at_start_up_a_domain_is_refused_that_has(tmp_path: Path, case: str) -> None:
    old, new, line, problem = REFUSED[case]
    assert old in GOOD
    with pytest.raises(ProjectError, match=f"^small/domain.yml:{line}: .*{problem}"):
        read(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize("section", ["intents", "entities", "slots", "forms"])
def test_a_domain_may_leave_out_what_it_does_not_need(tmp_path: Path, section: str) -> None:
    sections = {
        "intents": "intents: []", "entities": "entities: []", "slots": "slots: {}",
        "forms": "forms: {}", "actions": "actions: [action_default_fallback]",
    }  # fmt: skip
    del sections[section]
    read(tmp_path, "\n".join(sections.values()))


def test_an_action_in_the_domain_without_code_is_refused(tmp_path: Path) -> None:
    domain = GOOD.replace("[action_default_fallback]", "[action_new]")
    with pytest.raises(LookupError, match="without code: action_new"):
        SmallBot(tmp_path, domain, "rules: []")


async def test_the_stored_state_holds_only_what_differs_from_the_start(tmp_path: Path) -> None:
    rules = "rules: [{rule: a, steps: [{intent: greet}, {action: utter_greet}]}]"
    bot = SmallBot(tmp_path, GOOD, rules)
    await bot.hear("greet")
    assert bot.saved["slots"] == {}
    assert bot.slot("size") == "s"
