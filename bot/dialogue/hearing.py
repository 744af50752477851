"""How a message is read: a choice among those offered, a button's payload, or words."""

from dataclasses import dataclass
from typing import Any

from bot.clock import LOCAL, Clock
from bot.dialogue.choices import StaleChoiceError, parse_payload, resolve_choice
from bot.dialogue.project import Domain
from intents.interpreter import MAX_PARSED, Interpreter
from intents.normalise import normalise
from intents.openers import asks_for_more


@dataclass(frozen=True)
class Hearing:
    """Understands with one interpreter and domain; pure but for the clock's "today"."""

    interpreter: Interpreter
    domain: Domain
    clock: Clock

    def understand(self, text: str, offered: list[list[str]], is_open: bool) -> dict[str, Any]:
        """The Rasa parse of a text or button payload; raises StaleChoiceError.

        `is_open`: a form's question is open, which a bare number may answer.
        """
        chosen = resolve_choice(text, offered)
        is_number = text.strip().isdigit() and len(text.strip()) <= 2
        if chosen == text and (asks_for_more(text) or (is_number and not is_open)):
            raise StaleChoiceError
        payload = parse_payload(chosen, self.domain.intents, self.domain.entities)
        return dict(payload) if payload is not None else self._read(chosen)

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse object for a text or payload, as `POST /model/parse` answers it."""
        try:
            return self.understand(text, [], False)
        except StaleChoiceError:
            return self._read(text)

    def _read(self, text: str) -> dict[str, Any]:
        return self.interpreter.parse(text, self.clock().astimezone(LOCAL).date())

    def requests(self, heard: dict[str, Any]) -> list[dict[str, Any]]:
        """The requests of a message, each a parse of its own."""
        return self.interpreter.requests(heard, self.clock().astimezone(LOCAL).date())

    def danger(self, text: str) -> str | None:
        """The intent of danger that the guard hears in a text."""
        return self.interpreter.guard.check(normalise(text[:MAX_PARSED]))

    def is_urgent(self, text: str) -> bool:
        """Whether a message is answered without waiting for another: danger, a choice."""
        said = text.strip()
        return said.startswith("/") or said.isdigit() or self.danger(said) is not None
