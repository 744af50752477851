"""Forms do as Rasa's."""

from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.forms import FormValidationAction

from tests.dialogue.order_bot import CANCEL, RULES, SIZE, domain, order_bot
from tests.dialogue.small_bot import SmallBot, action


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
    bot = order_bot(tmp_path, required="name, size")
    assert await bot.hear("order") == ["utter_ask_name"]
    assert bot.slot("requested_slot") == "name"
    assert await bot.hear("inform", "Rosa") == ["utter_ask_size"]
    assert bot.slot("requested_slot") == "size"
    assert await bot.hear("inform", size="m") == ["utter_done"]
    assert (bot.slot("name"), bot.slot("size")) == ("Rosa", "m")
    assert bot.slot("requested_slot") is None
    assert bot.tracker.loop is None


async def test_a_form_that_is_full_when_it_begins_ends_at_once(tmp_path: Path) -> None:
    bot = order_bot(tmp_path, required="size")
    assert await bot.hear("order", size="m") == ["utter_done"]


async def test_slots_that_are_filled_before_the_form_begins_are_validated(tmp_path: Path) -> None:
    validate = ValidateOrder()
    bot = order_bot(tmp_path, required="name, size", actions=[validate])
    assert await bot.hear("greet", size="xxl") == ["utter_greet"]
    assert await bot.hear("order") == ["utter_ask_name"]
    assert validate.given == [("size", "xxl")]
    assert bot.slot("size") is None


async def test_a_refused_answer_is_asked_for_again(tmp_path: Path) -> None:
    bot = order_bot(tmp_path, actions=[ValidateOrder()])
    await bot.hear("order")
    assert await bot.hear("inform", "?") == ["bad_name", "utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_an_action_asks_before_a_response_and_the_name_with_the_form_first(
    tmp_path: Path,
) -> None:
    bot = order_bot(tmp_path, required="name, size", actions=[action("action_ask_name")])
    assert await bot.hear("order") == ["action_ask_name"]
    slots = "kind: {type: any, mappings: [{type: custom}]}"
    bot = order_bot(tmp_path, slots, "kind", actions=[action("action_ask_order_form_kind")])
    assert await bot.hear("order") == ["action_ask_order_form_kind"]


async def test_a_form_extracts_custom_slots_itself(tmp_path: Path) -> None:
    class Validate(FormValidationAction):
        def name(self) -> str:
            return "validate_travel_form"

        def extract_city(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            text = tracker.latest_message["text"]
            return {} if text.startswith("/") else {"city": text.lower()}

        def validate_city(self, value: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            return {"city": f"{value}!"}

    bot = order_bot(tmp_path, actions=[Validate()])
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

        def extract_size(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            return {}

    bot = order_bot(tmp_path, required="name", actions=[Validate()])
    await bot.hear("order")
    assert await bot.hear("inform", "Rosa") == ["utter_ask_size"]
    assert await bot.hear("inform", size="m") == ["utter_done"]
    bot = order_bot(tmp_path, required="name", actions=[Validate()])
    await bot.hear("order")
    assert await bot.hear("inform", "Ana") == ["utter_done"]


async def test_a_validation_ends_the_form_early_by_requesting_nothing(tmp_path: Path) -> None:
    bot = order_bot(
        tmp_path, required="name, size", actions=[ValidateOrder({"requested_slot": None})]
    )
    await bot.hear("order")
    assert await bot.hear("inform", "Rosa") == ["utter_done"]
    assert (bot.tracker.loop, bot.slot("size")) == (None, None)


async def test_a_message_that_answers_nothing_goes_to_a_rule_and_back_to_the_question(
    tmp_path: Path,
) -> None:
    bot = order_bot(tmp_path, actions=[ValidateOrder()])
    await bot.hear("order")
    assert await bot.hear("affirm") == ["utter_menu", "utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_a_slot_of_another_form_is_no_answer_to_this_one(tmp_path: Path) -> None:
    bot = order_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("aside", size="m") == ["utter_menu", "utter_ask_name"]
    assert bot.slot("size") == "m"


async def test_what_a_validation_says_before_the_form_rejects_is_dropped(tmp_path: Path) -> None:
    talk = action(
        "validate_order_form", [{"event": "slot", "name": "requested_slot", "value": None}]
    )
    bot = order_bot(tmp_path, actions=[talk])
    bot.saved = {"loop": "order_form", "slots": {"requested_slot": "name"}}
    said = await bot.hear("affirm")
    assert said[0] == "utter_menu"


async def test_a_rule_that_names_the_form_without_going_back_listens(tmp_path: Path) -> None:
    bot = order_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("wait") == ["utter_stopped"]
    assert bot.tracker.loop == "order_form"


@pytest.mark.parametrize("intent", ["again", "order"])
async def test_a_rule_that_returns_to_the_form_at_once_asks_without_reading_again(
    tmp_path: Path, intent: str
) -> None:
    bot = order_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear(intent) == ["utter_ask_name"]
    assert await bot.hear("inform", "Rosa") == ["utter_done"]


async def test_after_the_fallback_inside_a_form_the_next_answer_is_read(tmp_path: Path) -> None:
    bot = order_bot(tmp_path, SIZE, "size")
    await bot.hear("order")
    assert await bot.hear("deny") == ["action_default_fallback"]
    assert await bot.hear("inform", size="m") == ["utter_done"]


async def test_an_action_leaves_the_form(tmp_path: Path) -> None:
    bot = order_bot(tmp_path)
    await bot.hear("order")
    assert await bot.hear("cancel") == ["action_cancel"]
    assert await bot.hear("affirm") == ["utter_menu"]


async def test_a_rule_switches_to_another_form(tmp_path: Path) -> None:
    bot = order_bot(tmp_path)
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
    bot = order_bot(tmp_path)
    bot.saved = {"loop": "old_form", "slots": {"requested_slot": "name", "gone": 1}}
    assert await bot.hear("greet") == ["utter_greet"]
    assert (bot.tracker.loop, bot.slot("requested_slot")) == (None, None)


async def test_an_action_in_the_domain_without_code_is_refused_at_start_up(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="without code: action_cancel, action_new"):
        SmallBot(tmp_path, domain(SIZE, "name", "action_new"), RULES)
