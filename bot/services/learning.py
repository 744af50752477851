"""What Somos did not understand is kept for staff, without personal data, for them to teach it.

Nothing leads from here to who wrote it. Examples count once staff approved them and
`somos train` put a model with them into service.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.errors import SomosError
from intents.examples import NLU
from intents.interpreter import DANGER, FALLBACK, Interpreter
from intents.masking import mask
from intents.normalise import normalise
from storage.models import Example, Inbound
from storage.models.learning import LONGEST
from storage.queries import audit, learning

Message = Mapping[str, Any]
Status = Literal["new", "approved", "refused"]
# From here on a request was turned away for good reason, whatever is chosen from the menu then.
SURE = 0.9
# Choices that ask for nothing: they tell nothing about the message before them.
NO_REQUEST = frozenset({"help", "affirm", "deny", "cancel", "repeat", "greet", "thank", "goodbye",
                        FALLBACK, "out_of_scope"})  # fmt: skip


async def learn(
    session: AsyncSession,
    interpreter: Interpreter,
    message: Message,
    inbound: Inbound,
    was_free: bool,
) -> None:
    """Keep a message that was not understood, or note what its writer then chose.

    `was_free`: the message before this one answered no form. Call it before `inbound` is stored.
    """
    intent = message["intent"]["name"]
    if intent in DANGER:
        # What was said just before belongs to it.
        await _forget_last(session, interpreter, inbound)
    elif message["text"].startswith("/"):
        if intent not in NO_REQUEST:
            await _note_choice(session, interpreter, inbound, intent, was_free)
    elif inbound.unclear:
        ranking = [i for i in message["intent_ranking"] if i["name"] != FALLBACK]
        guess, sure = (ranking[0]["name"], ranking[0]["confidence"]) if ranking else (None, 0.0)
        # The whole message, where it was read as several requests.
        text = inbound.text or message["text"]
        await _count(session, interpreter, text, guess, sure, _day(inbound))


async def _count(
    session: AsyncSession,
    interpreter: Interpreter,
    text: str,
    guess: str | None,
    confidence: float,
    on: date,
) -> None:
    kept, plain = _masked(interpreter, text, on)
    if plain:
        await learning.count_message(session, plain, kept, guess, confidence, on)


def _masked(interpreter: Interpreter, text: str, on: date) -> tuple[str, str]:
    """What is kept of a text, and what makes two of them the same. Long stories tell too much."""
    if len(text) > LONGEST:
        return "", ""
    entities = interpreter.parse(text, on)["entities"]
    kept = mask(text, entities, interpreter.classifier.knows)[:LONGEST]
    return kept, normalise(kept)[:LONGEST]


async def _note_choice(
    session: AsyncSession, interpreter: Interpreter, inbound: Inbound, intent: str, was_free: bool
) -> None:
    on = _day(inbound)
    before = await learning.last_heard(session, inbound, 2)
    if len(before) == 2 and before[0].intent == "help":
        # "None of these, the menu": what is chosen there is still what was meant.
        before = before[1:]
    last = before[0] if before else None
    if last is None or not last.text or last.text.startswith("/"):
        return
    sure = last.confidence or 0.0
    if was_free and last.intent == "out_of_scope" and sure < SURE:
        # We had turned away what is ours after all.
        await _count(session, interpreter, last.text, last.intent, sure, on)
    elif not last.unclear:
        return
    example = await learning.example_of(session, _masked(interpreter, last.text, on)[1])
    if example is not None:
        example.chosen = {**example.chosen, intent: example.chosen.get(intent, 0) + 1}


def _day(inbound: Inbound) -> date:
    return inbound.received_at.astimezone(LOCAL).date()


async def _forget_last(session: AsyncSession, interpreter: Interpreter, inbound: Inbound) -> None:
    for last in await learning.last_heard(session, inbound, 1):
        if last.unclear and last.text:
            plain = _masked(interpreter, last.text, _day(inbound))[1]
            example = await learning.example_of(session, plain)
            if example is not None and example.status == "new" and example.count == 1:
                await session.delete(example)


def learnable() -> list[str]:
    """The intents that examples can be given to."""
    return sorted(path.stem for path in NLU.glob("*.yml"))


async def approve(
    session: AsyncSession,
    example_id: int,
    intent: str,
    actor: str,
    now: datetime,
    text: str | None = None,
) -> Example:
    """Make a message an example of an intent, in other words if `text` gives some.

    Raises SomosError for an unknown message or intent.
    """
    if intent not in learnable():
        raise SomosError("staff_intent_unknown", intent=intent, known=", ".join(learnable()))
    example = await _get(session, example_id)
    if text and text.strip():
        example.text = " ".join(text.split())[:LONGEST]
    example.intent = intent
    await _decide(session, example, "approved", actor, now)
    return example


async def refuse(session: AsyncSession, example_id: int, actor: str, now: datetime) -> Example:
    """Keep a message out of the training. Raises SomosError for an unknown one."""
    example = await _get(session, example_id)
    example.intent = None
    await _decide(session, example, "refused", actor, now)
    return example


async def _get(session: AsyncSession, example_id: int) -> Example:
    example = await learning.get_example(session, example_id)
    if example is None:
        raise SomosError("staff_example_unknown", id=example_id)
    return example


async def _decide(
    session: AsyncSession, example: Example, status: Status, actor: str, now: datetime
) -> None:
    before, example.status = example.status, status
    audit.note(session, now, actor, status, f"example:{example.id}", {"status": before},
               {"status": status, "intent": example.intent})  # fmt: skip
    await session.flush()


async def keep_correction(
    session: AsyncSession, interpreter: Interpreter, words: str, intent: str, now: datetime
) -> None:
    """Staff said what a report is: its first message becomes an approved example, masked."""
    first = words.split("\n", 1)[0]
    kept, plain = _masked(interpreter, first, now.astimezone(LOCAL).date())
    if not plain:
        return
    on = now.astimezone(LOCAL).date()
    await learning.count_message(session, plain, kept, intent, 1.0, on)
    example = await learning.example_of(session, plain)
    if example is not None:
        example.status, example.intent = "approved", intent
