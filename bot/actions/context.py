"""What an action needs beyond rasa-sdk's three arguments: the turn's session, account and clock.

rasa-sdk fixes the signature of `run`, so the turn hands these over in a context variable.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from intents.interpreter import Interpreter
from storage.models import Account, Conversation


@dataclass
class TurnContext:
    """The open transaction and who is speaking. `last_said` is for `repeat`."""

    session: AsyncSession
    account: Account
    conversation: Conversation
    now: datetime
    interpreter: Interpreter
    last_said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Today in Ecuador."""
        return self.now.astimezone(LOCAL).date()


current: ContextVar[TurnContext] = ContextVar("turn")
