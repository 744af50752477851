"""One message through the Rasa domain: extract slots, then action after action until listening."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.executor import ActionExecutor

from bot.dialogue.forms import Rejected, run_form, run_two_stage_fallback
from bot.dialogue.project import FALLBACK_LOOP, Domain
from bot.dialogue.rules import LISTEN, Rule, best_rule
from bot.dialogue.slots import extract_slots
from bot.dialogue.tracker import Event, Tracker

log = logging.getLogger(__name__)
MAX_ACTIONS = 12
FALLBACK = "action_default_fallback"


class Engine:
    """Runs a domain's rules and forms with rasa-sdk actions, in process."""

    def __init__(self, domain: Domain, rules: Sequence[Rule], executor: ActionExecutor) -> None:
        self.domain = domain
        self.rules = rules
        self.executor = executor
        missing = sorted(a for a in domain.actions if a not in executor.actions)
        if missing:
            raise LookupError(f"actions in the domain without code: {', '.join(missing)}")

    async def handle(self, tracker: Tracker, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The responses to a parsed message; the tracker is left as the next turn finds it.

        Each response is a rasa-sdk dispatcher message: `response` names a template, the other
        keys are its values, `buttons` come after those of the template.
        """
        said: list[dict[str, Any]] = []
        tracker.hear(dict(message))
        events = extract_slots(tracker)
        tracker.latest_message["slot_events"] = events
        tracker.apply(events)
        tracker.understood()
        turn = _Turn(self, said)
        for _ in range(MAX_ACTIONS):
            action = tracker.followup or self.predict(tracker)
            tracker.followup = None
            if action == LISTEN:
                return said
            await turn.run(tracker, action)
        raise RuntimeError(f"no end after {MAX_ACTIONS} actions; the last was {action}")

    def predict(self, tracker: Tracker) -> str:
        """The next action, as Rasa's RulePolicy predicts it."""
        loop = tracker.loop
        if loop is not None and not tracker.rejected:
            return LISTEN if tracker.latest_action == loop else loop
        rule = best_rule(self.rules, tracker.trace)
        if rule is None:
            return FALLBACK
        if loop is not None and rule.action == LISTEN and rule.loop is None:
            # A general rule inside a form: back to the question that was open.
            return loop
        if rule.action == loop and tracker.latest_action == LISTEN:
            # The form rejected the message, a rule returns to it: it asks without reading again.
            tracker.interrupted = True
        return rule.action

    def exists(self, name: str) -> bool:
        """Whether the name is an action or a response."""
        return name in self.executor.actions or name in self.domain.responses


class _Turn:
    """Runs actions and collects what they say, in order."""

    def __init__(self, engine: Engine, said: list[dict[str, Any]]) -> None:
        self.engine = engine
        self.said = said

    def exists(self, name: str) -> bool:
        return self.engine.exists(name)

    async def run(self, tracker: Tracker, action: str) -> None:
        said = len(self.said)
        if action in self.engine.domain.forms:
            is_answer = tracker.is_answer_to(action)
            try:
                await run_form(self, tracker, action)
            except Rejected:
                del self.said[said:]
                tracker.rejected = True
                return
            if is_answer:
                # What was said is the form's: rules see the form only.
                tracker.trace = []
        elif action == FALLBACK_LOOP:
            if await run_two_stage_fallback(self, tracker):
                tracker.understood()
                return
        else:
            tracker.apply(await self.run_action(tracker, action, []))
        tracker.did(action)

    async def run_action(self, tracker: Tracker, name: str, candidates: list[Event]) -> list[Event]:
        if name in self.engine.domain.responses and name not in self.engine.executor.actions:
            self.said.append({"response": name})
            return []
        call = {
            "next_action": name,
            "sender_id": tracker.sender_id,
            "tracker": tracker.as_rasa(candidates),
            "domain": self.engine.domain.raw,
        }
        result = await self.engine.executor.run(call)
        if result is None:
            raise LookupError(name)
        self.said.extend(result.responses)
        return result.events
