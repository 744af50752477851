"""Rules: a condition and an intent (or a loop that ended), then actions; matched as Rasa does.

A rule is compared with what happened since the citizen's message. The longest match decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from bot.dialogue.project import Domain, Source

LISTEN = "action_listen"
RULE_KEYS = {"rule", "condition", "steps", "wait_for_user_input"}
STEP_KEYS = {"intent", "action", "active_loop", "slot_was_set", "or"}


@dataclass(frozen=True)
class State:
    """What rules may look at: the active loop and the slots."""

    loop: str | None
    slots: Mapping[str, Any]


@dataclass(frozen=True)
class Happening:
    """An intent said or an action run, with the state before it."""

    kind: str
    name: str
    before: State


@dataclass(frozen=True)
class Step:
    """A step of a rule: `intent` or `action` by name, or a check of `loop` or `slots`."""

    kind: str
    value: Any

    def holds(self, state: State) -> bool:
        """Whether a check step is true of the state."""
        if self.kind == "loop":
            return bool(state.loop == self.value)
        return all(_slot_matches(state.slots.get(k), v) for k, v in self.value.items())


@dataclass(frozen=True)
class Rule:
    """A rule with its `or` resolved."""

    name: str
    conditions: tuple[Step, ...]
    steps: tuple[Step, ...]
    waits: bool
    mentions_loop: bool

    def next_action(self, trace: Sequence[Happening], now: State) -> tuple[str, int] | None:
        """The action after this trace and the match's weight, or None if it doesn't match."""
        for start in range(len(trace)):
            found = self._match(trace[start:], now)
            if found is not None:
                return found, len(trace) - start + len(self.conditions)
        return None

    def _match(self, tail: Sequence[Happening], now: State) -> str | None:
        if not all(c.holds(tail[0].before) for c in self.conditions):
            return None
        position = 0
        for step in self.steps:
            reached = tail[position].before if position < len(tail) else now
            if step.kind in ("loop", "slots"):
                if not step.holds(reached):
                    return None
            elif position == len(tail):
                return str(step.value)
            elif (tail[position].kind, tail[position].name) != (step.kind, step.value):
                return None
            else:
                position += 1
        return LISTEN if position == len(tail) and self.waits else None


def _slot_matches(actual: Any, wanted: Any) -> bool:
    if wanted is None:
        return actual is None
    return bool(actual == wanted)


def load_rules(path: Path, domain: Domain) -> list[Rule]:
    """The rules of a file; raises ProjectError for what does not exist or isn't supported."""
    source = Source(path)
    source.only(source.data, {"version", "rules"}, "rules file")
    rules: list[Rule] = []
    for node in source.data["rules"]:
        source.only(node, RULE_KEYS, f"rule {node.get('rule')!r}")
        rules.extend(_resolve(source, node, domain))
    _refuse_twins(source, rules)
    return rules


def _resolve(source: Source, node: Any, domain: Domain) -> list[Rule]:
    conditions = tuple(_step(source, c, domain) for c in node.get("condition", []))
    alternatives = [_alternatives(source, step, domain) for step in node["steps"]]
    resolved = []
    for steps in product(*alternatives):
        intents = [i for i, s in enumerate(steps) if s.kind == "intent"]
        if intents not in ([], [0]):
            raise source.fail(node, "steps", "a rule has at most one intent, as its first step")
        resolved.append(
            Rule(
                name=node["rule"],
                conditions=conditions,
                steps=steps,
                waits=node.get("wait_for_user_input", True),
                mentions_loop=any(s.kind == "loop" and s.value for s in (*conditions, *steps)),
            )
        )
    return resolved


def _alternatives(source: Source, node: Any, domain: Domain) -> list[Step]:
    source.only(node, STEP_KEYS, "step")
    if "or" in node:
        return [_step(source, option, domain) for option in node["or"]]
    return [_step(source, node, domain)]


def _step(source: Source, node: Any, domain: Domain) -> Step:
    source.only(node, STEP_KEYS - {"or"}, "step")
    key, value = next(iter(node.items()))
    if key == "intent" and value not in domain.intents:
        raise source.fail(node, key, f"intent {value!r} is not in the domain")
    if key == "action" and not _is_action(value, domain):
        raise source.fail(node, key, f"action {value!r} is not in the domain")
    if key == "active_loop":
        if value is not None and not domain.is_loop(value):
            raise source.fail(node, key, f"form {value!r} is not in the domain")
        return Step("loop", value)
    if key == "slot_was_set":
        return Step("slots", {k: v for item in value for k, v in item.items()})
    return Step(key, value)


def _is_action(name: str, domain: Domain) -> bool:
    return name in domain.actions or name in domain.responses or domain.is_loop(name)


def _refuse_twins(source: Source, rules: Sequence[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        key = repr(
            (rule.conditions, rule.steps[0], [s for s in rule.steps[1:2] if s.value is None])
        )
        if key in seen and rule.steps[0].kind == "intent":
            raise source.fail(
                source.data["rules"], None, f"{rule.name!r} contradicts {seen[key].name!r}"
            )
        seen[key] = rule
