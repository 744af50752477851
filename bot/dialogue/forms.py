"""Loops: forms that ask slot after slot, and Rasa's two-stage fallback."""

from typing import Any, Protocol

from bot.dialogue.project import FALLBACK_LOOP
from bot.dialogue.slots import extract_slots
from bot.dialogue.tracker import Event, Tracker

AFFIRM, REPHRASE, GIVE_UP = (
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    "action_default_fallback",
)
UNCLEAR = ("nlu_fallback", "out_of_scope")
TWICE = ["nlu_fallback", "nlu_fallback"]
FAILED_AGAIN = ["out_of_scope", "nlu_fallback", "out_of_scope"]


class Rejected(Exception):  # noqa: N818 - Rasa's word: the form rejects, nothing went wrong
    """The form found nothing for the requested slot: rules decide what to do."""


class Runner(Protocol):
    """What a loop needs of the engine: run an action, and know which ones exist."""

    async def run_action(self, tracker: Tracker, name: str, candidates: list[Event]) -> list[Event]:
        """The events of an action; what it says is collected."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is such an action or response."""
        ...


def slot_event(name: str, value: Any) -> Event:
    """Rasa's SlotSet."""
    return {"event": "slot", "name": name, "value": value}


async def run_form(runner: Runner, tracker: Tracker, form: str) -> None:
    """Activate the form or take the answer, then ask for the next slot or leave the form."""
    if tracker.loop != form:
        requested = await _activate(runner, tracker, form)
    else:
        requested = await _take_answer(runner, tracker, form)
    if tracker.loop != form:
        return
    if requested is _UNDECIDED:
        requested = next(
            (s for s in _required(tracker, form) if tracker.slots.get(s) is None), None
        )
    tracker.apply([slot_event("requested_slot", requested)])
    if requested is None:
        tracker.apply([{"event": "active_loop", "name": None}])
    else:
        await _ask(runner, tracker, form, requested)


_UNDECIDED = object()


async def _activate(runner: Runner, tracker: Tracker, form: str) -> Any:
    tracker.apply([{"event": "active_loop", "name": form}])
    tracker.apply(extract_slots(tracker, trigger=True))
    filled = [
        slot_event(s, tracker.slots[s])
        for s in _required(tracker, form)
        if tracker.slots.get(s) is not None
    ]
    return await _validate(runner, tracker, form, filled)


async def _take_answer(runner: Runner, tracker: Tracker, form: str) -> Any:
    requested = tracker.slots.get("requested_slot")
    if not tracker.is_answer_to(form):
        return await _validate(runner, tracker, form, [])
    expected = {*_required(tracker, form), requested}
    candidates = [e for e in tracker.latest_message["slot_events"] if e["name"] in expected]
    before = (tracker.slots.copy(), tracker.loop, tracker.followup)
    events: list[Event] = []
    next_slot = await _validate(runner, tracker, form, candidates, events)
    validated = [e for e in events if e["event"] == "slot" and e["name"] != "requested_slot"]
    if requested and not candidates and not validated:
        # What the validation wanted besides is dropped with it.
        tracker.slots, tracker.loop, tracker.followup = before
        raise Rejected(form)
    return next_slot


async def _validate(
    runner: Runner,
    tracker: Tracker,
    form: str,
    candidates: list[Event],
    seen: list[Event] | None = None,
) -> Any:
    """Run `validate_<form>`; the slot that it asks for next, or undecided."""
    name = f"validate_{form}"
    if not runner.exists(name):
        tracker.apply(candidates)
        return _UNDECIDED
    events = await runner.run_action(tracker, name, candidates)
    tracker.apply(events)
    if seen is not None:
        seen.extend(events)
    asked = [e["value"] for e in events if e.get("name") == "requested_slot"]
    return asked[-1] if asked else _UNDECIDED


def _required(tracker: Tracker, form: str) -> list[str]:
    return list(tracker.domain.forms[form]["required_slots"])


async def _ask(runner: Runner, tracker: Tracker, form: str, slot: str) -> None:
    for name in (
        f"action_ask_{form}_{slot}",
        f"utter_ask_{form}_{slot}",
        f"action_ask_{slot}",
        f"utter_ask_{slot}",
    ):
        if runner.exists(name):
            tracker.apply(await runner.run_action(tracker, name, []))
            return
    raise LookupError(f"nothing asks for slot {slot!r} of {form!r}")


async def run_two_stage_fallback(runner: Runner, tracker: Tracker) -> bool:
    """Ask what was meant, then to rephrase, then give up.

    True when the citizen made it clear: the message is then handled as any other.
    """
    intents = tracker.last_intents
    begins = tracker.loop != FALLBACK_LOOP
    if begins:
        tracker.apply([{"event": "active_loop", "name": FALLBACK_LOOP}])
    elif intents[0] not in UNCLEAR:
        tracker.apply([{"event": "active_loop", "name": None}])
        return True
    if intents[:2] == TWICE or intents[:3] == FAILED_AGAIN:
        # Giving up may rewind to before the message; the loop ends all the same.
        tracker.apply(await runner.run_action(tracker, GIVE_UP, []))
        tracker.apply([{"event": "active_loop", "name": None}])
        return False
    ask = AFFIRM if begins or intents[0] == "nlu_fallback" else REPHRASE
    tracker.apply(await runner.run_action(tracker, ask, []))
    return False
