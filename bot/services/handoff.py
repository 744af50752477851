"""A person takes over: while staff hold a conversation the bot is silent, except for safety."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from storage.models import Audit, Conversation, HandoffCase
from storage.queries import handoff as queries
from storage.queries.conversations import lock_conversation_by_id


@dataclass(frozen=True)
class Word:
    """What is to be said to a citizen: a response, or the words of staff."""

    conversation: Conversation
    response: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


async def ask_for_person(session: AsyncSession, conversation: Conversation, now: datetime) -> bool:
    """Open a case; False if one was open already."""
    if await queries.open_case_of(session, conversation.id) is not None:
        return False
    session.add(HandoffCase(conversation_id=conversation.id, status="waiting", opened_at=now))
    await session.flush()
    return True


async def take(session: AsyncSession, case_id: int, actor: str, now: datetime) -> Word:
    """A staff member takes a case over: from now on the bot is silent in it.

    Raises SomosError for an unknown or closed case, and for one that somebody else holds.
    """
    case = await _open(session, case_id)
    if case.status == "held" and case.taken_by != actor:
        raise SomosError("staff_case_taken", id=case_id)
    case.status, case.taken_by, case.taken_at, case.last_word_at = "held", actor, now, now
    _audit(session, actor, "take", case, now)
    return Word(await _conversation(session, case), response="utter_handoff_taken")


async def reply(session: AsyncSession, case_id: int, text: str, now: datetime) -> Word:
    """The words of who holds a case. Raises SomosError for a case that nobody took."""
    case = await _open(session, case_id)
    if case.status != "held":
        raise SomosError("staff_case_not_taken", id=case_id)
    case.last_word_at = now
    return Word(await _conversation(session, case), text=text)


async def close(session: AsyncSession, case_id: int, actor: str, now: datetime) -> Word:
    """Hand the conversation back to the bot. Raises SomosError for an unknown or closed case."""
    case = await _open(session, case_id)
    _audit(session, actor, "close", case, now)
    return await _end(session, case, "staff", "utter_handoff_closed", now)


async def end_silent(session: AsyncSession, now: datetime, patience: timedelta) -> Sequence[Word]:
    """Hand back the conversations in which nobody said a word for so long."""
    silent = await queries.silent_cases(session, now - patience)
    return [await _end(session, c, "timeout", "utter_handoff_timeout", now) for c in silent]


def leave(case: HandoffCase, now: datetime) -> None:
    """The citizen wants the bot back."""
    case.status, case.closed_by, case.closed_at = "closed", "citizen", now


async def _end(
    session: AsyncSession, case: HandoffCase, by: str, response: str, now: datetime
) -> Word:
    case.status, case.closed_by, case.closed_at = "closed", by, now
    return Word(await _conversation(session, case), response=response)


async def _open(session: AsyncSession, case_id: int) -> HandoffCase:
    case = await queries.get_case(session, case_id)
    if case is None or case.status == "closed":
        raise SomosError("staff_case_unknown", id=case_id)
    return case


async def _conversation(session: AsyncSession, case: HandoffCase) -> Conversation:
    found = await lock_conversation_by_id(session, case.conversation_id, wait=True)
    if found is None:
        raise LookupError(f"case {case.id} has no conversation")
    return found


def _audit(
    session: AsyncSession, actor: str, action: str, case: HandoffCase, now: datetime
) -> None:
    session.add(
        Audit(actor=actor, action=action, target=f"case:{case.id}", detail={}, created_at=now)
    )
