"""Reads `domain.yml` and `rules.yml`, and refuses at start-up what the engine doesn't do.

Formats: Rasa 3.1 domain and rules. Every refusal names the file and the line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from bot.errors import ProjectError

DOMAIN_KEYS = {
    "version", "intents", "entities", "slots", "forms", "actions", "responses", "session_config",
}  # fmt: skip
SECTIONS: dict[str, Any] = {"intents": [], "entities": [], "slots": {}, "forms": {}, "actions": []}
SLOT_TYPES = {"text", "bool", "list", "any", "float", "categorical"}
MAPPING_KEYS = {
    "from_entity": {"entity", "role"},
    "from_text": set(),
    "from_intent": {"value"},
    "from_trigger_intent": {"value"},
    "custom": set(),
}
COMMON_MAPPING_KEYS = {"type", "intent", "not_intent", "conditions"}
REQUIRED_KEYS = {
    "from_entity": ["entity"], "from_intent": ["value"], "from_trigger_intent": ["value"],
}  # fmt: skip
FALLBACK_LOOP = "action_two_stage_fallback"
# Rasa runs it by itself at every message; this engine doesn't.
VALIDATE_ALL = "action_validate_slot_mappings"


@dataclass(frozen=True)
class Domain:
    """What the project knows; `raw` is the dict that rasa-sdk actions receive."""

    raw: dict[str, Any]
    intents: frozenset[str]
    entities: frozenset[str]
    actions: frozenset[str]
    responses: frozenset[str]
    slots: Mapping[str, Mapping[str, Any]]
    forms: Mapping[str, Mapping[str, Any]]

    def initial_slots(self) -> dict[str, Any]:
        """Every slot with the value that a new conversation starts with."""
        return {name: slot.get("initial_value") for name, slot in self.slots.items()}

    def is_loop(self, action: str) -> bool:
        """Whether running this action starts or continues a loop."""
        return action in self.forms or action == FALLBACK_LOOP

    def is_action(self, name: str) -> bool:
        """Whether a rule can name it: an action, a response or a loop."""
        return name in self.actions or name in self.responses or self.is_loop(name)


class Source:
    """A YAML file that can say on which line something stands."""

    def __init__(self, path: Path) -> None:
        self.name = f"{path.parent.name}/{path.name}"
        self.data: CommentedMap = YAML().load(path.read_text(encoding="utf-8"))

    def fail(self, node: Any, key: Any, problem: str) -> ProjectError:
        """The error for `node[key]`, or for the node itself where `key` is None."""
        lines = getattr(node, "lc", None)
        line = 0
        if lines is not None:
            # ruamel keeps positions by key for maps and by index for lists.
            line = lines.data[key][0] if lines.data and key in lines.data else lines.line
        return ProjectError(self.name, line + 1, problem)

    def only(self, node: Mapping[str, Any], allowed: Iterable[str], what: str) -> None:
        """Refuse keys that this engine would silently ignore."""
        for key in node:
            if key not in allowed:
                raise self.fail(node, key, f"{what}: {key!r} is not supported")


def plain(node: Any) -> Any:
    """YAML nodes as plain dicts, lists and scalars."""
    if isinstance(node, Mapping):
        return {str(k): plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [plain(v) for v in node]
    return node


def as_list(value: Any) -> list[Any]:
    """Rasa lets a list of one be written as its value."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def load_domain(path: Path, responses: Iterable[str]) -> Domain:
    """The domain of `path`; `responses` are the names that `responses/*.yml` define."""
    source = Source(path)
    source.only(source.data, DOMAIN_KEYS, "domain")
    for section, empty in SECTIONS.items():
        source.data.setdefault(section, empty)
    _check_slots(source)
    _check_forms(source)
    if VALIDATE_ALL in source.data["actions"]:
        raise source.fail(source.data, "actions", f"{VALIDATE_ALL!r} is not supported")
    raw = plain(source.data)
    raw["responses"] = {name: [] for name in responses}
    return Domain(
        raw=raw,
        intents=frozenset(raw["intents"]) | {"nlu_fallback"},
        entities=frozenset(_entities(raw)),
        actions=frozenset(raw["actions"]),
        responses=frozenset(raw["responses"]),
        slots=raw["slots"] | {"requested_slot": {"type": "any", "mappings": []}},
        forms=raw["forms"],
    )


def _entities(data: Mapping[str, Any]) -> list[str]:
    return [e if isinstance(e, str) else next(iter(e)) for e in data["entities"]]


def _check_slots(source: Source) -> None:
    slots = source.data["slots"]
    for name, slot in slots.items():
        allowed = {"type", "mappings", "influence_conversation", "initial_value", "values"}
        source.only(slot, allowed, f"slot {name}")
        if slot["type"] not in SLOT_TYPES:
            raise source.fail(slot, "type", f"slot {name}: type {slot['type']!r} is not supported")
        for mapping in slot.get("mappings", []):
            _check_mapping(source, name, mapping)


def _check_mapping(source: Source, slot: str, mapping: Any) -> None:
    kind = mapping.get("type")
    if kind not in MAPPING_KEYS:
        raise source.fail(mapping, "type", f"slot {slot}: mapping {kind!r} is not supported")
    source.only(mapping, COMMON_MAPPING_KEYS | MAPPING_KEYS[kind], f"slot {slot}: {kind}")
    for key in REQUIRED_KEYS.get(kind, []):
        if mapping.get(key) is None:
            raise source.fail(mapping, None, f"slot {slot}: {key!r} is missing")
    entity = mapping.get("entity")
    if entity is not None and entity not in _entities(source.data):
        raise source.fail(mapping, "entity", f"slot {slot}: entity {entity!r} does not exist")
    _check_intents(source, mapping, ("intent", "not_intent"), f"slot {slot}")
    for condition in mapping.get("conditions", []):
        source.only(condition, {"active_loop", "requested_slot"}, f"slot {slot}: condition")
        loop = condition.get("active_loop")
        if loop is not None and loop not in source.data["forms"]:
            raise source.fail(condition, "active_loop", f"form {loop!r} does not exist")


def _check_intents(source: Source, node: Any, keys: Iterable[str], what: str) -> None:
    for key in keys:
        for intent in as_list(node.get(key)):
            if intent not in source.data["intents"]:
                raise source.fail(node, key, f"{what}: intent {intent!r} does not exist")


def _check_forms(source: Source) -> None:
    for name, form in source.data["forms"].items():
        source.only(form, {"required_slots", "ignored_intents"}, f"form {name}")
        _check_intents(source, form, ("ignored_intents",), f"form {name}")
        for index, slot in enumerate(form["required_slots"]):
            if slot not in source.data["slots"]:
                raise source.fail(
                    form["required_slots"], index, f"form {name}: slot {slot!r} does not exist"
                )
