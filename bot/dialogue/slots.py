"""Slot mappings: what a message fills, under Rasa's conditions (action_extract_slots)."""

from typing import Any

from bot.dialogue.project import as_list
from bot.dialogue.tracker import Event, Tracker


def extract_slots(tracker: Tracker, trigger: bool = False) -> list[Event]:
    """Slot events for the latest message; `trigger` when a form has just been activated."""
    events: list[Event] = []
    for name, slot in tracker.domain.slots.items():
        for mapping in slot.get("mappings", []):
            if not _applies(name, mapping, tracker, trigger):
                continue
            value = _value(mapping, tracker, slot["type"] == "list")
            if value is not None:
                events.append({"event": "slot", "name": name, "value": value})
                break
    return events


def _applies(slot: str, mapping: dict[str, Any], tracker: Tracker, trigger: bool) -> bool:
    intent = tracker.latest_message["intent"]["name"]
    wanted = as_list(mapping.get("intent"))
    unwanted = [*as_list(mapping.get("not_intent")), *_ignored(tracker)]
    # As in Rasa, an intent that the mapping names counts even where the form ignores it.
    is_welcome = intent in wanted if wanted else intent not in unwanted
    if not is_welcome or _is_ambiguous(slot, mapping, tracker):
        return False
    conditions = mapping.get("conditions", [])
    if mapping["type"] == "from_trigger_intent":
        # As Rasa's manual says. Rasa 3.6 itself fills it at every such message inside the form.
        loops = [c.get("active_loop") for c in conditions]
        return trigger and (not loops or tracker.loop in loops)
    return _conditions_hold(slot, conditions, tracker)


def _is_ambiguous(slot: str, mapping: dict[str, Any], tracker: Tracker) -> bool:
    """Whether an entity could fill several slots of the form, of which this one isn't asked."""
    form = tracker.domain.forms.get(tracker.loop or "")
    asked = tracker.slots.get("requested_slot")
    if mapping["type"] != "from_entity" or form is None or slot == asked:
        return False
    slots = [tracker.domain.slots[s] for s in form["required_slots"]]
    same = [m for s in slots for m in s.get("mappings", []) if m == mapping]
    return slot in form["required_slots"] and len(same) > 1


def _conditions_hold(slot: str, conditions: list[dict[str, Any]], tracker: Tracker) -> bool:
    if not conditions:
        return True
    requested = tracker.slots.get("requested_slot")
    if tracker.rejected and requested == slot:
        return False
    return any(
        c.get("active_loop") == tracker.loop
        and c.get("requested_slot", requested) in (requested, None)
        for c in conditions
    )


def _value(mapping: dict[str, Any], tracker: Tracker, many: bool) -> Any:
    match mapping["type"]:
        case "from_entity":
            found = [
                e["value"]
                for e in tracker.latest_message["entities"]
                if e["entity"] == mapping["entity"] and e.get("role") == mapping.get("role")
            ]
            if many:
                return found or None
            return found[-1] if found else None
        case "from_text":
            return tracker.latest_message["text"]
        case "from_intent" | "from_trigger_intent":
            return mapping["value"]
        case _:
            # `custom` is filled by the form's own validation action.
            return None


def _ignored(tracker: Tracker) -> list[str]:
    if tracker.loop is None or tracker.loop not in tracker.domain.forms:
        return []
    return as_list(tracker.domain.forms[tracker.loop].get("ignored_intents"))
