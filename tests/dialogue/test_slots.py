"""Slot mappings fill slots as Rasa's action_extract_slots does."""

from pathlib import Path

from tests.dialogue.order_bot import SIZE, order_bot


async def test_entities_fill_slots_by_their_role(tmp_path: Path) -> None:
    slots = """
from: {type: any, mappings: [{type: from_entity, entity: city, role: from}]}
to: {type: any, mappings: [{type: from_entity, entity: city, role: to}]}
"""
    bot = order_bot(tmp_path, slots, travel="from, to")
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
    bot = order_bot(tmp_path, slots, travel="from, to")
    await bot.hear("travel")
    assert await bot.hear("inform", city="Loja") == ["utter_ask_to"]
    assert (bot.slot("from"), bot.slot("to")) == ("Loja", None)


async def test_the_last_of_several_entities_counts_but_a_list_takes_all(tmp_path: Path) -> None:
    slots = f"{SIZE}\nsizes: {{type: list, mappings: [{{type: from_entity, entity: size}}]}}"
    bot = order_bot(tmp_path, slots)
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
    bot = order_bot(tmp_path, slots, "size")
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
    bot = order_bot(tmp_path, slots, "size, name")
    assert await bot.hear("order") == ["utter_ask_name"]
    assert bot.slot("size") == "m"
    await bot.hear("deny", "No")
    assert (bot.slot("size"), bot.slot("name")) == ("m", "No")


async def test_intents_that_a_mapping_excludes_or_a_form_ignores_fill_nothing(
    tmp_path: Path,
) -> None:
    bot = order_bot(tmp_path)
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
    bot = order_bot(tmp_path, slots, "size")
    await bot.hear("order")
    assert await bot.hear("affirm") == ["utter_done"]


async def test_a_condition_on_the_requested_slot_keeps_other_answers_away(tmp_path: Path) -> None:
    bot = order_bot(tmp_path, required="size, name")
    await bot.hear("order")
    await bot.hear("inform", "m", size="m")
    assert (bot.slot("size"), bot.slot("name")) == ("m", None)
