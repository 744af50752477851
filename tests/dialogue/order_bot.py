"""A bot that takes orders: the project that tests of forms share."""

from pathlib import Path
from typing import Any

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
  - rule: travelled
    condition: [{active_loop: travel_form}]
    steps: [{action: travel_form}, {active_loop: null}, {action: utter_done}]
  - {rule: aside, steps: [{intent: aside}, {action: utter_menu}]}
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
INTENTS = "greet, order, aside, travel, affirm, deny, inform, cancel, wait, again, out_of_scope"
NOT_ANSWERS = "aside, greet, order, travel, cancel, wait, again"


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


def order_bot(folder: Path, slots: str = SIZE, required: str = "name", **more: Any) -> SmallBot:
    actions = more.pop("actions", ())
    names = [a.name() for a in actions]
    return SmallBot(folder, domain(slots, required, *names, **more), RULES, CANCEL, *actions)
