"""Rules of a Rasa project, matched as Rasa's RulePolicy does.

A rule becomes one prediction for each of its actions: what must have happened since the citizen's
message, and the state after each of it. The most specific prediction that matches decides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from bot.dialogue.project import Domain, Source

LISTEN = "action_listen"
RULE_KEYS = {"rule", "condition", "steps", "wait_for_user_input"}
CHECKS = {"active_loop", "slot_was_set"}
OPTIONS = {"intent", "slot_was_set"}
# Rules of forms end with it for people to read; Rasa doesn't look at it either.
UNSEEN = "requested_slot"
# What Rasa sees of a slot depends on its type. It doesn't see slots of type `any`, nor those that
# don't influence the conversation.
VISIBLE: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda value: value is not None or None,
    "list": lambda value: bool(value) or None,
    "categorical": lambda value: None if value is None else str(value).lower(),
    "bool": lambda value: value,
    "float": lambda value: value,
}
_ANY = object()


@dataclass(frozen=True)
class State:
    """What rules may look at: the active loop and the slots."""

    loop: str | None
    slots: Mapping[str, Any]


@dataclass(frozen=True)
class Happening:
    """An intent said or an action run, with the state in which the next action is predicted."""

    kind: str
    name: str
    after: State


@dataclass(frozen=True)
class Expected:
    """What a rule wants to have happened, and of the state after it."""

    kind: str = ""
    name: str = ""
    loop: Any = _ANY
    slots: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, past: Happening, types: Mapping[str, str]) -> bool:
        """Whether this is what happened."""
        if (past.kind, past.name) != (self.kind, self.name):
            return False
        if self.loop is not _ANY and past.after.loop != self.loop:
            return False
        return all(
            VISIBLE[types[name]](past.after.slots.get(name)) == VISIBLE[types[name]](wanted)
            for name, wanted in self.slots.items()
        )

    def example(self) -> Happening:
        """The plainest happening that matches."""
        loop = None if self.loop is _ANY else self.loop
        return Happening(self.kind, self.name, State(loop, self.slots))

    def also(self, node: Mapping[str, Any]) -> "Expected":
        """The same with a check of `active_loop` or `slot_was_set`."""
        if "active_loop" in node:
            return replace(self, loop=node["active_loop"])
        seen = {n: v for item in node["slot_was_set"] for n, v in item.items() if n != UNSEEN}
        return replace(self, slots={**self.slots, **seen})


@dataclass(frozen=True)
class Rule:
    """One prediction of a rule: after `past`, `action`."""

    name: str
    past: tuple[Expected, ...]
    action: str
    types: Mapping[str, str]

    @property
    def loop(self) -> str | None:
        """The loop that must be active for this prediction; None if it doesn't matter."""
        loop = self.past[-1].loop
        return None if loop is _ANY else loop

    def matches(self, trace: Sequence[Happening]) -> bool:
        """Whether the last happenings of the turn are those of the rule."""
        tail = trace[-len(self.past) :]
        return len(tail) == len(self.past) and all(
            expected.matches(happened, self.types)
            for expected, happened in zip(self.past, tail, strict=True)
        )

    def weight(self) -> tuple[int, int]:
        """How specific it is: by its length, then by its conditions."""
        return len(self.past), sum((e.loop is not _ANY) + len(e.slots) for e in self.past)


def best_rule(rules: Iterable[Rule], trace: Sequence[Happening]) -> Rule | None:
    """The most specific rule that matches."""
    return max((r for r in rules if r.matches(trace)), key=Rule.weight, default=None)


def load_rules(path: Path, domain: Domain) -> list[Rule]:
    """The rules of a file; raises ProjectError for what does not exist or isn't supported."""
    source = Source(path)
    source.only(source.data, {"version", "rules"}, "rules file")
    rules: list[Rule] = []
    places: list[int] = []
    for place, node in enumerate(source.data["rules"]):
        source.only(node, RULE_KEYS, f"rule {node.get('rule')!r}")
        found = _predictions(source, node, domain)
        rules.extend(found)
        places.extend([place] * len(found))
    for rule, place in zip(rules, places, strict=True):
        _refuse_contradiction(source, place, rule, rules)
    return rules


def _refuse_contradiction(source: Source, place: int, rule: Rule, rules: list[Rule]) -> None:
    # As Rasa does when it trains: where exactly this rule's past happened, it must decide.
    best = best_rule(rules, [expected.example() for expected in rule.past])
    if best is not None and best.action != rule.action:
        raise source.fail(
            source.data["rules"],
            place,
            f"rule {rule.name!r} wants {rule.action} where rule {best.name!r} wants {best.action}",
        )


def _predictions(source: Source, node: Any, domain: Domain) -> list[Rule]:
    start = Expected()
    for condition in node.get("condition", []):
        _check_step(source, condition, domain, CHECKS)
        start = start.also(condition)
    types = {name: slot["type"] for name, slot in domain.slots.items()}
    found: list[Rule] = []
    for steps in product(*(_alternatives(source, step, domain) for step in node["steps"])):
        if any("intent" in step for step in steps[1:]):
            raise source.fail(node, "steps", "a rule has at most one intent, as its first step")
        waits = node.get("wait_for_user_input", True)
        found.extend(
            Rule(node["rule"], past, action, types) for past, action in _unroll(start, steps, waits)
        )
    return found


def _unroll(
    start: Expected, steps: Iterable[Mapping[str, Any]], waits: bool
) -> list[tuple[tuple[Expected, ...], str]]:
    past: tuple[Expected, ...] = ()
    found = []
    # A condition holds until a later step says otherwise.
    now = start
    for step in steps:
        kind, value = next(iter(step.items()))
        if kind in CHECKS:
            now = now.also(step)
            past = (*past[:-1], now) if past else past
            continue
        if kind == "action" and past:
            found.append((past, value))
        now = replace(now, kind=kind, name=value)
        past = (*past, now)
    return [*found, (past, LISTEN)] if waits and past else found


def _alternatives(source: Source, node: Any, domain: Domain) -> list[Mapping[str, Any]]:
    if "or" not in node:
        _check_step(source, node, domain, CHECKS | {"intent", "action"})
        return [node]
    source.only(node, {"or"}, "step")
    for option in node["or"]:
        _check_step(source, option, domain, OPTIONS)
    return list(node["or"])


def _check_step(source: Source, node: Any, domain: Domain, allowed: set[str]) -> None:
    source.only(node, allowed, "step")
    if len(node) != 1:
        raise source.fail(node, None, "a step is one thing")
    key, value = next(iter(node.items()))
    if key == "slot_was_set":
        _check_slots(source, node, domain)
    elif key == "intent" and value not in domain.intents:
        raise source.fail(node, key, f"intent {value!r} is not in the domain")
    elif key == "action" and not domain.is_action(value):
        raise source.fail(node, key, f"action {value!r} is not in the domain")
    elif key == "active_loop" and value is not None and not domain.is_loop(value):
        raise source.fail(node, key, f"form {value!r} is not in the domain")


def _check_slots(source: Source, node: Any, domain: Domain) -> None:
    items = node["slot_was_set"]
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise source.fail(node, "slot_was_set", "slot_was_set is a list of `slot: value`")
    for item in items:
        for name in item:
            slot = domain.slots.get(name)
            if slot is None:
                raise source.fail(item, name, f"slot {name!r} is not in the domain")
            if name == UNSEEN:
                continue
            if slot["type"] not in VISIBLE or not slot.get("influence_conversation", True):
                raise source.fail(item, name, f"slot {name!r} does not influence rules")
