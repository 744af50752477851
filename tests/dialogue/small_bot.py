"""A small Rasa project in a folder, and one citizen who talks to it."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor

from bot.dialogue.engine import Engine
from bot.dialogue.project import load_domain
from bot.dialogue.rules import load_rules
from bot.dialogue.tracker import Tracker

RESPONSES = (
    "utter_greet", "utter_menu", "utter_answer", "utter_in_form", "utter_done", "utter_stopped",
    "utter_ask_name", "utter_ask_size", "utter_ask_other_form_size", "utter_ask_city",
    "utter_ask_from", "utter_ask_to", "utter_ask_kind",
)  # fmt: skip


def action(name: str, events: Any = (), say: str | None = None) -> Action:
    """A fake action: returns the events, or what a function of the tracker makes."""

    class Fake(Action):
        def name(self) -> str:
            return name

        def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
            dispatcher.utter_message(response=say or name)
            return list(events(tracker) if isinstance(events, Callable) else events)

    return Fake()


FALLBACK = (
    action("action_default_fallback", [{"event": "rewind"}]),
    action("action_default_ask_affirmation"),
    action("action_default_ask_rephrase"),
)


def write_project(folder: Path, domain: str, rules: str) -> Path:
    """The two files of a project."""
    project = folder / "small"
    project.mkdir(exist_ok=True)
    (project / "domain.yml").write_text(dedent(domain).lstrip("\n"), encoding="utf-8")
    (project / "rules.yml").write_text(dedent(rules).lstrip("\n"), encoding="utf-8")
    return project


class SmallBot:
    """Runs a project with fake actions and keeps the state between messages, as the turn does."""

    def __init__(self, folder: Path, domain: str, rules: str, *actions: Action) -> None:
        project = write_project(folder, domain, rules)
        self.domain = load_domain(project / "domain.yml", RESPONSES)
        executor = ActionExecutor()
        for each in (*FALLBACK, *actions):
            executor.register_action(each)
        self.engine = Engine(self.domain, load_rules(project / "rules.yml", self.domain), executor)
        self.saved: dict[str, Any] = {}
        self.tracker = self._restore()

    def _restore(self) -> Tracker:
        return Tracker.restore("citizen", self.domain, self.saved)

    async def hear(self, intent: str, text: str = "", **entities: Any) -> list[str]:
        """The names of what is said; an entity's key is `entity` or `entity__role`."""
        found = []
        for key, value in entities.items():
            name, _, role = key.partition("__")
            for each in value if isinstance(value, list) else [value]:
                found.append({"entity": name, "value": each} | ({"role": role} if role else {}))
        message = {
            "text": text or f"/{intent}",
            "intent": {"name": intent, "confidence": 1.0},
            "entities": found,
            "intent_ranking": [],
        }
        self.tracker = self._restore()
        said = await self.engine.handle(self.tracker, message)
        self.saved = self.tracker.dump()
        return [response["response"] for response in said]

    def slot(self, name: str) -> Any:
        """A slot's value."""
        return self.tracker.slots[name]
