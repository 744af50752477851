"""Our actions for a Rasa server, which keeps the dialogue's state itself."""

from typing import Any

from bot.actions.context import TurnContext, speaking
from bot.dialogue.speaking import speak
from bot.dialogue.turn import Turns
from storage.queries.conversations import lock_conversation


async def run_action(
    turns: Turns, name: str, sender: str, tracker: dict[str, Any]
) -> dict[str, Any]:
    """Run one action in a transaction of its own.

    Returns Rasa's `events` and `responses`, texts rendered. Raises LookupError for an unknown
    action, and what the action raises.
    """
    if name not in turns.engine.executor.actions:
        raise LookupError(name)
    async with turns.database.write() as session:
        conversation = await lock_conversation(session, "rasa", sender, turns.clock())
        context = TurnContext(
            session, conversation.account, conversation, turns.clock(), turns.interpreter
        )
        call = {"next_action": name, "sender_id": sender, "tracker": tracker,
                "domain": turns.engine.domain.raw}  # fmt: skip
        with speaking(context):
            result = await turns.engine.executor.run(call)
        if result is None:
            raise LookupError(name)
        language = (tracker.get("slots") or {}).get("language") or "es"
        said = [speak(turns.renderer, r, language).as_body() for r in result.responses]
        return {"events": result.events, "responses": said}
