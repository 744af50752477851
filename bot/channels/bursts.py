"""Several short messages within seconds are one thought: they wait for each other a moment.

Only holds what a gateway still has: nothing here is acknowledged before its turn is committed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.messages import Incoming

# Who writes on and on still gets an answer, after so many moments of quiet.
MOST_WAITS = 5


@dataclass
class _Held:
    """The messages of a chat that wait, the time of the first one and when they are due."""

    messages: list[Incoming]
    since: float
    due: float


@dataclass
class Bursts:
    """Messages that wait. `quiet`: seconds without another one; `is_urgent`: what never waits."""

    quiet: float
    is_urgent: Callable[[str], bool]
    _held: dict[str, _Held] = field(default_factory=dict)

    def add(self, incoming: Incoming, now: float) -> None:
        """Hold a message with those of its chat; `now` in seconds of any steady clock."""
        held = self._held.setdefault(incoming.sender, _Held([], now, now))
        held.messages.append(incoming)
        said = "\n".join(message.text for message in held.messages)
        # What is urgent takes those before it along: the order stays.
        waits = 0.0 if self.is_urgent(incoming.text) or self.is_urgent(said) else self.quiet
        held.due = min(now + waits, held.since + MOST_WAITS * self.quiet)

    def take_due(self, now: float) -> list[Incoming]:
        """The thoughts that are complete, each as its last message with the earlier ones."""
        due = [sender for sender, held in self._held.items() if held.due <= now]
        return [as_one(self._held.pop(sender).messages) for sender in due]

    @property
    def next_due(self) -> float | None:
        """When something is due; None when nothing waits."""
        return min((held.due for held in self._held.values()), default=None)

    def clear(self) -> None:
        """Let go of everything: the gateway will give it again."""
        self._held.clear()


def as_one(messages: list[Incoming]) -> Incoming:
    """The messages as one turn takes them."""
    return replace(messages[-1], earlier=tuple(messages[:-1]))
