"""The state of one conversation during a turn, in the shape that rasa-sdk actions read."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.project import Domain
from bot.dialogue.rules import LISTEN, Happening, State

Event = dict[str, Any]


@dataclass
class Tracker:
    """Slots, active loop and what happened in this turn."""

    sender_id: str
    domain: Domain
    slots: dict[str, Any]
    loop: str | None = None
    rejected: bool = False
    interrupted: bool = False
    latest_message: dict[str, Any] = field(default_factory=dict)
    latest_action: str = LISTEN
    last_intents: list[str] = field(default_factory=list)
    trace: list[Happening] = field(default_factory=list)
    followup: str | None = None
    before_message: tuple[dict[str, Any], str | None, bool] = ({}, None, False)

    @classmethod
    def restore(cls, sender_id: str, domain: Domain, saved: dict[str, Any]) -> "Tracker":
        """The tracker of a stored conversation; a form that no longer exists is left."""
        known = {k: v for k, v in saved.get("slots", {}).items() if k in domain.slots}
        loop = saved.get("loop")
        if loop is not None and not domain.is_loop(loop):
            loop = known["requested_slot"] = None
        return cls(
            sender_id=sender_id,
            domain=domain,
            slots={**domain.initial_slots(), **deepcopy(known)},
            loop=loop,
            rejected=saved.get("rejected", False),
            last_intents=list(saved.get("last_intents", [])),
        )

    def dump(self) -> dict[str, Any]:
        """What is stored between turns: slots that differ from their start, and the loop."""
        initial = self.domain.initial_slots()
        return {
            "slots": {k: v for k, v in self.slots.items() if v != initial.get(k)},
            "loop": self.loop,
            "rejected": self.rejected,
            "last_intents": self.last_intents[:3],
        }

    def state(self) -> State:
        """The state that rules look at, as it is now."""
        return State(self.loop, dict(self.slots))

    def hear(self, message: dict[str, Any]) -> None:
        """Begin a turn with a parsed message."""
        self.latest_message = message
        self.last_intents.insert(0, message["intent"]["name"])
        self.before_message = (dict(self.slots), self.loop, self.rejected)

    def understood(self) -> None:
        """Record the message for the rules, once it filled its slots."""
        self.latest_action = LISTEN
        self.trace = [Happening("intent", self.latest_message["intent"]["name"], self.state())]

    def is_answer_to(self, form: str) -> bool:
        """Whether the form reads the message: it is active, and no rule took it up."""
        return self.loop == form and self.latest_action == LISTEN and not self.interrupted

    def did(self, action: str) -> None:
        """Record an action that ran, once its events are applied."""
        self.trace.append(Happening("action", action, self.state()))
        self.latest_action = action
        self.interrupted = False
        if action == self.loop:
            self.rejected = False

    def apply(self, events: Iterable[Event]) -> None:
        """Apply events that an action returned.

        Raises ValueError for an event that this engine does not support.
        """
        for event in events:
            match event["event"]:
                case "slot":
                    self._set_slot(event["name"], event["value"])
                case "active_loop" | "form":
                    self.loop = event["name"]
                    self.rejected = False
                case "reset_slots":
                    self.slots = self.domain.initial_slots()
                case "followup":
                    self.followup = event["name"]
                case "rewind":
                    # The message is as if it had not been said: nothing more follows from it.
                    self.slots, self.loop, self.rejected = self.before_message
                    self.last_intents.insert(0, "")
                    self.followup = LISTEN
                case other:
                    raise ValueError(f"event {other!r} is not supported")

    def _set_slot(self, name: str, value: Any) -> None:
        if name not in self.domain.slots:
            raise ValueError(f"slot {name!r} is not in the domain")
        self.slots[name] = value

    def as_rasa(self, candidates: Iterable[Event] = ()) -> dict[str, Any]:
        """The tracker as Rasa sends it to an action server.

        Slot candidates that a form validates are the trailing `slot` events.
        """
        user = {"event": "user", "text": self.latest_message.get("text"), "timestamp": None}
        return {
            "sender_id": self.sender_id,
            "slots": dict(self.slots),
            "latest_message": self.latest_message,
            "events": [user, *candidates],
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": self.loop} if self.loop else {},
            "latest_action_name": self.latest_action,
        }
