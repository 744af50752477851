"""Forms, slot mappings and the two-stage fallback do as Rasa's."""

from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.forms import FormValidationAction

from tests.dialogue.small_bot import SmallBot, action

RULES = """
rules:
  - {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
  - {rule: order, steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]}
  - rule: done
    condition: [{active_loop: order_form}]
    steps:
      - action: order_form
      - active_loop: null
      - slot_was_set: [{requested_slot: null}]
      - action: utter_done
  - {rule: travel, steps: [{intent: travel}, {action: travel_form}, {active_loop: travel_form}]}
  - {rule: affirm, steps: [{intent: affirm}, {action: utter_menu}]}
  - {rule: cancel, steps: [{intent: cancel}, {action: action_cancel}]}
  - rule: stop here
    condition: [{active_loop: order_form}]
    steps: [{intent: wait}, {action: utter_stopped}]
  - rule: ask again
    condition: [{active_loop: order_form}]
    steps: [{intent: again}, {action: order_form}, {active_loop: order_form}]
  - rule: unclear
    steps:
      - intent: nlu_fallback
      - action: action_two_stage_fallback
      - active_loop: action_two_stage_fallback
  - {rule: not ours, steps: [{intent: out_of_scope}, {action: utter_answer}]}
"""
INTENTS = "greet, order, order_now, travel, affirm, deny, inform, cancel, wait, again, out_of_scope"
NOT_ANSWERS = "greet, order, travel, cancel, wait, again"


def domain(slots: str, required: str, *actions: str, travel: str = "city") -> str:
    lines = "\n".join(f"  {line}" for line in slots.strip("\n").splitlines())
    names = ["action_default_fallback", "action_default_ask_affirmation",
             "action_default_ask_rephrase", "action_cancel", *actions]  # fmt: skip
    return f"""
intents: [{INTENTS}]
entities: [size, {{city: {{roles: [from, to]}}}}]
slots:
  name: {{type: any, mappings: [{{type: from_text, not_intent: [{NOT_ANSWERS}],
    conditions: [{{active_loop: order_form, requested_slot: name}}]}}]}}
  city: {{type: any, mappings: [{{type: custom}}]}}
{lines}
forms:
  order_form: {{ignored_intents: [greet, affirm], required_slots: [{required}]}}
  travel_form: {{required_slots: [{travel}]}}
actions: [{", ".join(names)}]
"""


SIZE = "size: {type: any, mappings: [{type: from_entity, entity: size}]}"
CANCEL = action("action_cancel", [{"event": "active_loop", "name": None}])


def small_bot(folder: Path, slots: str = SIZE, required: str = "name", **more: Any) -> SmallBot:
    actions = more.pop("actions", ())
    names = [a.name() for a in actions]
    return SmallBot(folder, domain(slots, required, *names, **more), RULES, CANCEL, *actions)


class ValidateOrder(FormValidationAction):
    """A fake validation; notes what it is given."""

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        self.values = values or {}
        self.given: list[tuple[str, Any]] = []

    def name(self) -> str:
        return "validate_order_form"

    def validate_name(self, value: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        self.given.append(("name", value))
        if value == "?":
            dispatcher.utter_message(response="bad_name")
        return {"name": None if value == "?" else value} | self.values

    def validate_size(self, value: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        self.given.append(("size", value))
        return {"size": value if value in ("s", "m") else None}


async def test_a_form_asks_slot_after_slot_and_its_end_runs_the_rule(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, required="name, size")
    assert await bot.hear("order") == ["utter_ask_name"]
    assert bot.slot("requested_slot") == "name"
    assert await bot.hear("inform", "Rosa") == ["utter_ask_size"]
    assert bot.slot("requested_slot") == "size"
    assert await bot.hear("inform", size="m") == ["utter_done"]
    assert (bot.slot("name"), bot.slot("size")) == ("Rosa", "m")
    assert bot.slot("requested_slot") is None
    assert bot.tracker.loop is None


async def test_a_form_that_is_full_when_it_begins_ends_at_once(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, required="size")
    assert await bot.hear("order", size="m") == ["utter_done"]


async def test_slots_that_are_filled_before_the_form_begins_are_validated(tmp_path: Path) -> None:
    validate = ValidateOrder()
    bot = small_bot(tmp_path, required="name, size", actions=[validate])
    assert await bot.hear("greet", size="xxl") == ["utter_greet"]
    assert await bot.hear("order") == ["utter_ask_name"]
    assert validate.given == [("size", "xxl")]
    assert bot.slot("size") is None


async def test_a_refused_answer_is_asked_for_again(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, actions=[ValidateOrder()])
    await bot.hear("order")
    assert await bot.hear("inform", "?") == ["bad_name", "utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_an_action_asks_before_a_response_and_the_name_with_the_form_first(
    tmp_path: Path,
) -> None:
    bot = small_bot(tmp_path, required="name, size", actions=[action("action_ask_name")])
    assert await bot.hear("order") == ["action_ask_name"]
    slots = "kind: {type: any, mappings: [{type: custom}]}"
    bot = small_bot(
        tmp_path, slots, "kind", actions=[action("action_ask_order_form_kind")]
    )
    assert await bot.hear("order") == ["action_ask_order_form_kind"]


async def test_entities_fill_slots_by_their_role(tmp_path: Path) -> None:
    slots = """
from: {type: any, mappings: [{type: from_entity, entity: city, role: from}]}
to: {type: any, mappings: [{type: from_entity, entity: city, role: to}]}
"""
    bot = small_bot(tmp_path, slots, travel="from, to")
    assert await bot.hear("travel", city__to="Quito") == ["utter_ask_from"]
    await bot.hear("inform", city="Loja", city__from="Ibarra")
    assert (bot.slot("from"), bot.slot("to")) == ("Ibarra", "Quito")


async def test_an_entity_that_fits_two_slots_fills_only_the_one_that_is_asked(
    tmp_path: Path,
) -> None:
    slots = """
from: {type: any, mappings: [{type: from_entity, entity: city}]}
to: {type: any, mappings: [{type: from_entity, entity: city}]}
"""
    bot = small_bot(tmp_path, slots, travel="from, to")
    await bot.hear("travel")
    assert await bot.hear("inform", city="Loja") == ["utter_ask_to"]
    assert (bot.slot("from"), bot.slot("to")) == ("Loja", None)


async def test_the_last_of_several_entities_counts_but_a_list_takes_all(tmp_path: Path) -> None:
    slots = f"{SIZE}\nsizes: {{type: list, mappings: [{{type: from_entity, entity: size}}]}}"
    bot = small_bot(tmp_path, slots)
    await bot.hear("greet", size=["s", "m"])
    assert (bot.slot("size"), bot.slot("sizes")) == ("m", ["s", "m"])


async def test_an_intent_fills_a_slot_and_false_is_a_value(tmp_path: Path) -> None:
    slots = """
size:
  type: bool
  mappings:
    - {type: from_intent, intent: inform, value: true, conditions: [{active_loop: order_form}]}
    - {type: from_intent, intent: [deny, wait], value: false, conditions: [{active_loop: order_form}]}
"""  # noqa: E501
    bot = small_bot(tmp_path, slots, "size")
    await bot.hear("inform")
    assert bot.slot("size") is None
    await bot.hear("order")
    assert await bot.hear("deny") == ["utter_done"]
    assert bot.slot("size") is False


async def test_the_intent_that_begins_a_form_fills_its_slot_and_only_then(tmp_path: Path) -> None:
    slots = """
size:
  type: any
  mappings:
    - {type: from_trigger_intent, intent: order, value: m, conditions: [{active_loop: order_form}]}
    - {type: from_trigger_intent, intent: deny, value: s, conditions: [{active_loop: order_form}]}
"""
    bot = small_bot(tmp_path, slots, "size, name")
    assert await bot.hear("order") == ["utter_ask_name"]
    assert bot.slot("size") == "m"
    await bot.hear("deny", "No")
    assert (bot.slot("size"), bot.slot("name")) == ("m", "No")


async def test_intents_that_a_mapping_excludes_or_a_form_ignores_fill_nothing(
    tmp_path: Path,
) -> None:
    bot = small_bot(tmp_path)
    await bot.hear("order")
    # not_intent of the mapping, then ignored_intents of the form.
    assert await bot.hear("travel", "a Loja") == ["utter_ask_city"]
    await bot.hear("cancel")
    await bot.hear("order")
    assert await bot.hear("greet", "hola") == ["utter_greet", "utter_ask_name"]
    assert bot.slot("name") is None


async def test_an_intent_that_a_mapping_names_counts_though_the_form_ignores_it(
    tmp_path: Path,
) -> None:
    slots = """
size: {type: any, mappings: [{type: from_intent, intent: affirm, value: m}]}
"""
    bot = small_bot(tmp_path, slots, "size")
    await bot.hear("order")
    assert await bot.hear("affirm") == ["utter_done"]


async def test_a_condition_on_the_requested_slot_keeps_other_answers_away(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, required="size, name")
    await bot.hear("order")
    await bot.hear("inform", "m", size="m")
    assert (bot.slot("size"), bot.slot("name")) == ("m", None)


async def test_a_form_extracts_custom_slots_itself(tmp_path: Path) -> None:
    class Validate(FormValidationAction):
        def name(self) -> str:
            return "validate_travel_form"

        def extract_city(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            text = tracker.latest_message["text"]
            return {} if text.startswith("/") else {"city": text.lower()}

        def validate_city(self, value: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            return {"city": f"{value}!"}

    bot = small_bot(tmp_path, actions=[Validate()])
    assert await bot.hear("travel") == ["utter_ask_city"]
    assert await bot.hear("greet") == ["utter_greet", "utter_ask_city"]
    await bot.hear("inform", "LOJA")
    assert bot.slot("city") == "loja!"


async def test_required_slots_may_depend_on_answers(tmp_path: Path) -> None:
    class Validate(ValidateOrder):
        async def required_slots(
            self, domain_slots: Any, dispatcher: Any, tracker: Any, domain: Any
        ) -> list[str]:
            return [*domain_slots, "size"] if tracker.get_slot("name") == "Rosa" else domain_slots

    bot = small_bot(tmp_path, required="name", actions=[Validate()])
    await bot.hear("order")
    assert await bot.hear("inform", "Rosa") == ["utter_ask_size"]
    assert await bot.hear("inform", size="m") == ["utter_done"]
    bot = small_bot(tmp_path, required="name", actions=[Validate()])
    await bot.hear("order")
    assert await bot.hear("inform", "Ana") == ["utter_done"]


async def test_a_validation_ends_the_form_early_by_requesting_nothing(tmp_path: Path) -> None:
    bot = small_bot(
        tmp_path, required="name, size", actions=[ValidateOrder({"requested_slot": None})]
    )
    await bot.hear("order")
    assert await bot.hear("inform", "Rosa") == ["utter_done"]
    assert (bot.tracker.loop, bot.slot("size")) == (None, None)


async def test_a_message_that_answers_nothing_goes_to_a_rule_and_back_to_the_question(
    tmp_path: Path,
) -> None:
    bot = small_bot(tmp_path, actions=[ValidateOrder()])
    await bot.hear("order")
    assert await bot.hear("affirm") == ["utter_menu", "utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_a_slot_of_another_form_is_no_answer_to_this_one(tmp_path: Path) -> None:
    bot = small_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("affirm", size="m") == ["utter_menu", "utter_ask_name"]
    assert bot.slot("size") == "m"


async def test_what_a_validation_says_before_the_form_rejects_is_dropped(tmp_path: Path) -> None:
    talk = action("validate_order_form", [{"event": "slot", "name": "requested_slot", "value": None}])
    bot = small_bot(tmp_path, actions=[talk])
    bot.saved = {"loop": "order_form", "slots": {"requested_slot": "name"}}
    said = await bot.hear("affirm")
    assert said[0] == "utter_menu"


async def test_a_rule_that_names_the_form_without_going_back_listens(tmp_path: Path) -> None:
    bot = small_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("wait") == ["utter_stopped"]
    assert bot.tracker.loop == "order_form"


@pytest.mark.parametrize("intent", ["again", "order"])
async def test_a_rule_that_returns_to_the_form_at_once_asks_without_reading_again(
    tmp_path: Path, intent: str
) -> None:
    bot = small_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear(intent) == ["utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_after_the_fallback_inside_a_form_the_next_answer_is_read(tmp_path: Path) -> None:
    bot = small_bot(tmp_path, SIZE, "size")
    await bot.hear("order")
    assert await bot.hear("deny") == ["action_default_fallback"]
    assert await bot.hear("inform", size="m") == ["utter_done"]


async def test_an_action_leaves_the_form(tmp_path: Path) -> None:
    bot = small_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("cancel") == ["action_cancel"]
    assert await bot.hear("affirm") == ["utter_menu"]


async def test_a_rule_switches_to_another_form(tmp_path: Path) -> None:
    bot = small_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("travel") == ["utter_ask_city"]
    assert (bot.tracker.loop, bot.slot("requested_slot")) == ("travel_form", "city")


async def test_an_answer_inside_a_form_does_not_count_as_the_intent_of_a_rule(
    tmp_path: Path,
) -> None:
    rules = RULES + (
        "  - rule: trap\n"
        "    steps: [{intent: inform}, {action: order_form}, {active_loop: null},"
        " {action: utter_answer}]\n"
    )
    bot = SmallBot(tmp_path, domain(SIZE, "name"), rules, CANCEL)
    await bot.hear("order")
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_a_form_begins_as_followup_of_an_action(tmp_path: Path) -> None:
    follow = action("action_cancel", [{"event": "followup", "name": "order_form"}])
    bot = SmallBot(tmp_path, domain(SIZE, "name"), RULES, follow)
    assert await bot.hear("cancel") == ["action_cancel", "utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_a_stored_form_that_no_longer_exists_is_left(tmp_path: Path) -> None:
    bot = small_bot(tmp_path)
    bot.saved = {"loop": "old_form", "slots": {"requested_slot": "name", "gone": 1}}
    assert await bot.hear("greet") == ["utter_greet"]
    assert (bot.tracker.loop, bot.slot("requested_slot")) == (None, None)


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
    bot = small_bot(tmp_path)
    for intent, said in FALLBACKS[case]:
        assert await bot.hear(intent) == [said]


async def test_an_action_in_the_domain_without_code_is_refused_at_start_up(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="without code: action_cancel, action_new"):
        SmallBot(tmp_path, domain(SIZE, "name", "action_new"), RULES)
