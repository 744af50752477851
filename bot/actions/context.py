"""What an action needs beyond rasa-sdk's three arguments: the turn's session, account and clock.

rasa-sdk fixes the signature of `run`, so the turn hands these over in a context variable.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.services.office import Office
from intents.interpreter import Interpreter
from storage.models import Account, Conversation
from storage.queries.conversations import blank_messages


@dataclass(frozen=True)
class Notice:
    """A response for somebody else than who is speaking."""

    account_id: int
    response: str
    values: dict[str, Any]


@dataclass
class TurnContext:
    """The open transaction and who is speaking. `last_said` is for `repeat`."""

    session: AsyncSession
    account: Account
    conversation: Conversation
    now: datetime
    interpreter: Interpreter
    last_said: list[dict[str, Any]] = field(default_factory=list)
    # Whether this turn already said what is wrong with the answer: the question is in that.
    has_complained: bool = False
    # Whether a number was said that no choice bears.
    not_listed: bool = False
    # An anonymous report: nothing of this turn may tie its folio to the account.
    is_private: bool = False
    # The message answered a question of staff about a report.
    answered_staff: bool = False
    notices: list[Notice] = field(default_factory=list)
    office: Office = field(default_factory=Office)
    # Whether we can write of our own accord, not only in the answer to a request.
    can_be_written_to: bool = False

    def notify(self, account_id: int | None, response: str, values: dict[str, Any]) -> None:
        """Have something said to another account, in the same transaction."""
        if account_id is not None:
            self.notices.append(Notice(account_id, response, values))

    async def forget_words(self) -> None:
        """Make what led to an anonymous report untraceable in the message log."""
        self.is_private = True
        await blank_messages(self.session, self.conversation.id)

    @property
    def today(self) -> date:
        """Today in Ecuador."""
        return self.now.astimezone(LOCAL).date()


current: ContextVar[TurnContext] = ContextVar("turn")


@contextmanager
def speaking(context: TurnContext) -> Iterator[None]:
    """Actions run inside see this context."""
    token = current.set(context)
    try:
        yield
    finally:
        current.reset(token)
