"""Rules decide as Rasa's RulePolicy does."""

from pathlib import Path

import pytest

from bot.errors import ProjectError
from tests.dialogue.small_bot import SmallBot, action

DOMAIN = """
    version: "3.1"
    intents: [greet, bye, ask, start, stop]
    entities: [kind]
    slots:
      kind: {type: text, mappings: [{type: from_entity, entity: kind}]}
      known: {type: bool, mappings: [{type: custom}]}
      level: {type: categorical, values: [low, high], mappings: [{type: custom}]}
      items: {type: list, mappings: [{type: custom}]}
      hidden: {type: any, mappings: [{type: custom}]}
      quiet: {type: text, influence_conversation: false, mappings: [{type: custom}]}
      name: {type: any, mappings: [{type: from_text, conditions: [{active_loop: form}]}]}
    forms:
      form:
        ignored_intents: [greet, bye, ask, start, stop]
        required_slots: [name]
    actions:
      [action_default_fallback, action_default_ask_affirmation, action_default_ask_rephrase,
       action_look, action_then]
"""


def slot(name: str, value: object) -> dict[str, object]:
    return {"event": "slot", "name": name, "value": value}


def small_bot(folder: Path, rules: str, look: object = (), then: object = ()) -> SmallBot:
    lines = "\n".join(f"  {line}" for line in rules.strip("\n").splitlines())
    return SmallBot(
        folder,
        DOMAIN,
        f"rules:\n{lines}\n",
        action("action_look", look),
        action("action_then", then),
    )


async def test_a_rule_answers_its_intent_and_then_listens(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        "- {rule: a, steps: [{intent: greet}, {action: utter_greet}, {action: utter_menu}]}",
    )
    assert await bot.hear("greet") == ["utter_greet", "utter_menu"]


async def test_an_intent_without_a_rule_gets_the_fallback_once(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, "- {rule: a, steps: [{intent: greet}, {action: utter_greet}]}")
    assert await bot.hear("bye") == ["action_default_fallback"]
    assert await bot.hear("greet") == ["utter_greet"]


async def test_the_fallback_undoes_the_slots_that_its_message_filled(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, "- {rule: a, steps: [{intent: greet}, {action: utter_greet}]}")
    await bot.hear("greet", kind="old")
    await bot.hear("bye", kind="new")
    assert bot.slot("kind") == "old"


async def test_or_means_any_of_the_intents(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        "- {rule: a, steps: [{or: [{intent: greet}, {intent: bye}]}, {action: utter_menu}]}",
    )
    assert await bot.hear("greet") == ["utter_menu"]
    assert await bot.hear("bye") == ["utter_menu"]
    assert await bot.hear("ask") == ["action_default_fallback"]


async def test_a_condition_on_the_active_loop_decides_inside_and_outside_the_form(
    tmp_path: Path,
) -> None:
    bot = small_bot(
        tmp_path,
        """
- {rule: outside, steps: [{intent: ask}, {action: utter_answer}]}
- rule: inside
  condition: [{active_loop: form}]
  steps: [{intent: ask}, {action: utter_in_form}, {action: form}, {active_loop: form}]
- {rule: begin, steps: [{intent: start}, {action: form}, {active_loop: form}]}
""",
    )
    assert await bot.hear("ask") == ["utter_answer"]
    await bot.hear("start")
    # The longest match is the one with the condition.
    assert await bot.hear("ask") == ["utter_in_form", "utter_ask_name"]


async def test_a_condition_sees_the_slot_that_the_same_message_fills(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        """
- {rule: plain, steps: [{intent: ask}, {action: utter_menu}]}
- rule: with kind
  condition: [{slot_was_set: [{kind: any text}]}]
  steps: [{intent: ask}, {action: utter_answer}]
""",
    )
    assert await bot.hear("ask") == ["utter_menu"]
    assert await bot.hear("ask", kind="course") == ["utter_answer"]


@pytest.mark.parametrize(
    ("wanted", "value", "matches"),
    [
        ("kind: null", None, True),
        ("kind: null", "x", False),
        ("kind: whatever", "x", True),
        ("known: true", True, True),
        ("known: true", False, False),
        ("known: null", False, False),
        ("level: high", "HIGH", True),
        ("level: high", "low", False),
        ("items: [a]", ["b"], True),
        ("items: null", [], True),
    ],
)
async def test_a_slot_is_compared_as_rasa_sees_its_type(
    tmp_path: Path, wanted: str, value: object, matches: bool
) -> None:
    name = wanted.partition(":")[0]
    bot = small_bot(
        tmp_path,
        f"""
- {{rule: set, steps: [{{intent: start}}, {{action: action_look}}]}}
- rule: a
  condition: [{{slot_was_set: [{{{wanted}}}]}}]
  steps: [{{intent: ask}}, {{action: utter_answer}}]
""",
        look=[slot(name, value)],
    )
    await bot.hear("start")
    assert await bot.hear("ask") == (["utter_answer"] if matches else ["action_default_fallback"])


async def test_slots_that_an_action_sets_choose_the_next_one(tmp_path: Path) -> None:
    rules = """
- {rule: yes, steps: [{intent: ask}, {action: action_look}, {slot_was_set: [{known: true}]}, {action: utter_answer}]}
- {rule: no, steps: [{intent: ask}, {action: action_look}, {slot_was_set: [{known: false}]}, {action: utter_menu}]}
"""  # noqa: E501
    bot = small_bot(tmp_path, rules, look=[slot("known", True)])
    assert await bot.hear("ask") == ["action_look", "utter_answer"]
    bot = small_bot(tmp_path, rules, look=[slot("known", False)])
    assert await bot.hear("ask") == ["action_look", "utter_menu"]


async def test_a_condition_holds_for_the_whole_rule(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        """
- rule: a
  condition: [{slot_was_set: [{kind: null}]}]
  steps: [{intent: ask}, {action: action_look}, {action: utter_answer}]
- {rule: b, steps: [{intent: ask}, {action: action_look}, {slot_was_set: [{kind: x}]}, {action: utter_menu}]}
""",  # noqa: E501
        look=[slot("kind", "x")],
    )
    assert await bot.hear("ask") == ["action_look", "utter_menu"]


async def test_a_rule_that_does_not_wait_leaves_the_next_action_to_others(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        """
- {rule: first, wait_for_user_input: false, steps: [{intent: ask}, {action: action_look}]}
- {rule: second, steps: [{action: action_look}, {action: utter_answer}]}
""",
    )
    assert await bot.hear("ask") == ["action_look", "utter_answer"]


async def test_a_followup_action_comes_before_the_rules(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        """
- {rule: a, steps: [{intent: ask}, {action: action_look}, {action: utter_menu}]}
- {rule: b, steps: [{action: action_then}, {action: utter_answer}]}
""",
        look=[{"event": "followup", "name": "action_then"}],
    )
    assert await bot.hear("ask") == ["action_look", "action_then", "utter_answer"]


async def test_an_event_that_the_engine_does_not_know_raises(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        "- {rule: a, steps: [{intent: ask}, {action: action_look}]}",
        look=[{"event": "pause"}],
    )
    with pytest.raises(ValueError, match="'pause' is not supported"):
        await bot.hear("ask")


async def test_actions_that_never_come_to_an_end_raise(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path,
        "- {rule: a, steps: [{intent: ask}, {action: action_look}]}",
        look=[{"event": "followup", "name": "action_look"}],
    )
    with pytest.raises(RuntimeError, match="no end"):
        await bot.hear("ask")


REFUSED = {
    "an intent that does not exist": (
        "- {rule: a, steps: [{intent: gone}, {action: utter_greet}]}", 2, "intent 'gone'"),
    "an action that does not exist": (
        "- rule: a\n  steps:\n    - intent: greet\n    - action: action_gone", 5, "action_gone"),
    "a form that does not exist": (
        "- {rule: a, steps: [{intent: greet}, {active_loop: gone}]}", 2, "form 'gone'"),
    "a slot that does not exist": (
        "- {rule: a, condition: [{slot_was_set: [{gone: 1}]}], steps: [{intent: greet}]}", 2,
        "slot 'gone'"),
    "a slot of type any, which Rasa does not look at": (
        "- {rule: a, condition: [{slot_was_set: [{hidden: 1}]}], steps: [{intent: greet}]}", 2,
        "'hidden' does not influence"),
    "a slot that does not influence the conversation": (
        "- {rule: a, condition: [{slot_was_set: [{quiet: 1}]}], steps: [{intent: greet}]}", 2,
        "'quiet' does not influence"),
    "slot_was_set without values": (
        "- {rule: a, condition: [{slot_was_set: [kind]}], steps: [{intent: greet}]}", 2,
        "is a list of"),
    "a checkpoint": (
        "- rule: a\n  steps:\n    - checkpoint: c\n    - action: utter_greet", 4, "'checkpoint'"),
    "an intent with entities": (
        "- {rule: a, steps: [{intent: greet, entities: [kind]}]}", 2, "'entities'"),
    "two things in one step": (
        "- {rule: a, steps: [{intent: greet, action: utter_greet}]}", 2, "one thing"),
    "a step of the story format": (
        "- {rule: a, conversation_start: true, steps: [{intent: greet}]}", 2,
        "'conversation_start'"),
    "two intents": (
        "- {rule: a, steps: [{intent: greet}, {action: utter_greet}, {intent: bye}]}", 2,
        "at most one intent"),
    "an intent after an action": (
        "- {rule: a, steps: [{action: utter_greet}, {intent: bye}]}", 2, "at most one intent"),
    "an action as condition": (
        "- {rule: a, condition: [{action: utter_greet}], steps: [{intent: greet}]}", 2, "'action'"),
    "alternatives of actions": (
        "- {rule: a, steps: [{intent: greet}, {or: [{action: utter_greet}]}]}", 2, "'action'"),
    "another answer to the same intent": (
        "- {rule: a, steps: [{intent: greet}, {action: utter_greet}]}\n"
        "- {rule: b, steps: [{intent: greet}, {action: utter_menu}]}", 3,
        "'b' wants utter_menu where rule 'a' wants utter_greet"),
    "another answer through an alternative": (
        "- {rule: a, steps: [{or: [{intent: bye}, {intent: greet}]}, {action: utter_greet}]}\n"
        "- {rule: b, steps: [{intent: greet}, {action: utter_menu}]}", 3, "'b' wants utter_menu"),
    "a rule that goes on where another one listens": (
        "- {rule: a, steps: [{intent: greet}, {action: utter_greet}]}\n"
        "- {rule: b, steps: [{intent: greet}, {action: utter_greet}, {action: utter_menu}]}", 3,
        "'b' wants utter_menu where rule 'a' wants action_listen"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_at_start_up_a_rules_file_is_refused_that_has(tmp_path: Path, case: str) -> None:
    rules, line, problem = REFUSED[case]
    with pytest.raises(ProjectError, match=f"^small/rules.yml:{line}: .*{problem}"):
        small_bot(tmp_path, rules)


@pytest.mark.parametrize(
    "rules",
    [
        "- {rule: a, steps: [{intent: greet}, {action: utter_greet}]}\n"
        "- {rule: b, steps: [{intent: greet}, {action: utter_greet}]}",
        "- {rule: a, steps: [{intent: greet}, {action: utter_greet}]}\n"
        "- {rule: b, condition: [{active_loop: form}],"
        " steps: [{intent: greet}, {action: utter_menu}]}",
        "- {rule: a, wait_for_user_input: false, steps: [{intent: greet}, {action: utter_greet}]}\n"
        "- {rule: b, steps: [{action: utter_greet}, {action: utter_menu}]}",
    ],
)  # fmt: skip
def test_rules_that_agree_or_differ_in_their_conditions_are_no_contradiction(
    tmp_path: Path, rules: str
) -> None:
    small_bot(tmp_path, rules)
