"""Citizens of the soak on their channels: each says its piece and waits for its answers."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Protocol

import httpx

from bot.channels.rest import RestMessage
from tests.fakes.bot_api import BotApi
from tests.fakes.graph_api import GraphApi
from tests.fakes.graph_webhooks import button_reply
from tests.soak.script import Citizen, Step
from tests.soak.watch import Watch


class Way(Protocol):
    """How a citizen's words get to the service."""

    async def say(self, citizen: Citizen, step: Step) -> int:
        """Say a step; how many messages that is, repeated ones left out."""


@dataclass
class ByTelegram:
    """Words, or a button that is pressed twice by an impatient thumb: one press."""

    api: BotApi

    async def say(self, citizen: Citizen, step: Step) -> int:
        chat = int(citizen.address)
        buttons = [s for s in list(self.api.sent) if s.chat == chat and s.buttons]
        if step.pressed and buttons:
            _, data = buttons[-1].buttons[0]
            for _ in range(2):
                self.api.push_callback(chat, data, message_id=buttons[-1].message_id)
            return 1
        for said in step.said:
            self.api.push_text(chat, said)
        return len(step.said)


@dataclass
class ByWhatsApp:
    """Words, or a reply button."""

    api: GraphApi

    async def say(self, citizen: Citizen, step: Step) -> int:
        shown = [s for s in list(self.api.sent) if s.citizen == citizen.address and s.options]
        if step.pressed and shown:
            payload, title = shown[-1].options[0]
            self.api.push(citizen.address, button_reply(payload, title, shown[-1].wamid))
            return 1
        for said in step.said:
            self.api.push_text(citizen.address, said)
        return len(step.said)


@dataclass(frozen=True)
class Acknowledged:
    """A message that got its 200, and the answer that came with it."""

    body: dict[str, str]
    answer: list[dict[str, Any]]

    @property
    def key(self) -> str:
        return RestMessage(**self.body).external_id


@dataclass
class ByRest:
    """Sends each message until it is acknowledged, always with the same id; some of them twice."""

    http: httpx.AsyncClient
    dice: Random
    patience: float
    acknowledged: list[Acknowledged] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    tries: int = 0

    async def say(self, citizen: Citizen, step: Step) -> int:
        for number, said in enumerate(step.said, citizen.sent):
            body = {"sender": citizen.address, "message": said, "message_id": str(number)}
            copies = 2 if self.dice.random() < 0.2 else 1
            answers = await asyncio.gather(*(self.send(body) for _ in range(copies)))
            self.acknowledged.append(Acknowledged(body, answers[0]))
            if answers[0] != answers[-1]:
                self.problems.append(f"rest: {body['sender']} was answered in two ways")
        return len(step.said)

    async def send(self, body: dict[str, str]) -> list[dict[str, Any]]:
        """The answer, however often it takes; only an unready server may answer otherwise."""
        async with asyncio.timeout(self.patience):
            while True:
                self.tries += 1
                with contextlib.suppress(httpx.TransportError):
                    answer = await self.http.post("/webhooks/rest/webhook", json=body)
                    if answer.status_code == 200:
                        return list(answer.json())
                    if answer.status_code not in (502, 503):
                        self.problems.append(f"rest: answered with {answer.status_code}")
                await asyncio.sleep(0.05)

    async def ask_again(self) -> None:
        """Every message once more: the answer is the same, and nothing happens."""
        for said in self.acknowledged:
            if await self.send(said.body) != said.answer:
                self.problems.append(f"rest: {said.body['sender']} was told something else again")


async def live(citizen: Citizen, steps: Sequence[Step], way: Way, watch: Watch) -> None:
    """Say all steps; what got an apology is said again, as the apology asks for."""
    try:
        for step in steps:
            while True:
                failed = watch.failed(citizen)
                citizen.sent += await way.say(citizen, step)
                if not await watch.answered(citizen):
                    citizen.stuck = f"no answer to message {citizen.sent}"
                    return
                if watch.failed(citizen) == failed:
                    break
                citizen.repeated += 1
                # In words: the same button pressed again would be the same press.
                step = replace(step, pressed=False)  # noqa: PLW2901
        citizen.finished = True
    except TimeoutError:
        citizen.stuck = f"never acknowledged: message {citizen.sent + 1}"
