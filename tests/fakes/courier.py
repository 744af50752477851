"""Carries webhooks to our service as gateways do: again and again until it answers with 2xx.

Those of one citizen go one by one in order, those of others beside them, unless told otherwise.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

import httpx

LONGEST_WAIT = 2.0  # seconds between attempts


@dataclass(frozen=True)
class Delivery:
    """A webhook to be; `lane`: whose order matters; `ids`: (address, number) it acknowledges."""

    url: str
    body: bytes
    headers: dict[str, str]
    lane: str
    ids: tuple[tuple[str, str], ...] = ()
    attempts: int = 0
    due: float = 0.0


@dataclass
class Manner:
    """How to deliver.

    `copies`: how often each goes out anyway; `redeliver`: the share that comes once more although
    it was acknowledged; `shuffle`: any order; `workers`: how many at once; `patience`: the first
    wait after a failure, in seconds.
    """

    workers: int = 4
    shuffle: bool = False
    copies: int = 1
    redeliver: float = 0.0
    patience: float = 0.02
    timeout: float = 20.0
    dice: Random = field(default_factory=lambda: Random(0))


class Courier:
    """Threads that start with the first delivery; `acknowledged` hears (address, number) once."""

    def __init__(self, acknowledged: Callable[[str, str], None]) -> None:
        self.manner = Manner()
        self.statuses: list[int] = []  # what our service answered; 0: nothing
        self.problem = ""
        self._acknowledged = acknowledged
        self._known: set[tuple[str, str]] = set()
        self._waiting: list[Delivery] = []
        self._busy: dict[str, int] = {}
        self._change = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    @property
    def waiting(self) -> int:
        """Deliveries that are not acknowledged yet, those under way included."""
        with self._change:
            return len(self._waiting) + sum(self._busy.values())

    def post(self, delivery: Delivery) -> None:
        with self._change:
            self._waiting.extend([delivery] * self.manner.copies)
            while len(self._threads) < self.manner.workers:
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._change.notify_all()

    def clear(self) -> None:
        """Forget what is not delivered, and deliver in the usual manner again."""
        with self._change:
            self._waiting.clear()
            self.statuses.clear()
            self.manner = replace(Manner(), workers=len(self._threads) or 4)

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(30)

    def _work(self) -> None:
        # Nothing here is TLS, and reading certificates takes longer than all the rest.
        with httpx.Client(verify=False) as client:
            while (delivery := self._take()) is not None:
                self._settle(delivery, self._try(client, delivery))

    def _take(self) -> Delivery | None:
        with self._change:
            while not self._closed:
                found = self._next()
                if found is not None:
                    self._waiting.remove(found)
                    self._busy[found.lane] = self._busy.get(found.lane, 0) + 1
                    return found
                self._change.wait(0.02 if self._waiting else None)
        return None

    def _next(self) -> Delivery | None:
        now = time.monotonic()
        if self.manner.shuffle:
            due = [d for d in self._waiting if d.due <= now]
            return self.manner.dice.choice(due) if due else None
        closed = {lane for lane, busy in self._busy.items() if busy}
        for delivery in self._waiting:
            if delivery.lane not in closed and delivery.due <= now:
                return delivery
            closed.add(delivery.lane)
        return None

    def _try(self, client: httpx.Client, delivery: Delivery) -> int:
        try:
            answer = client.post(
                delivery.url,
                content=delivery.body,
                headers={"content-type": "application/json", **delivery.headers},
                timeout=self.manner.timeout,
            )
        except httpx.HTTPError as error:
            self.problem = type(error).__name__
            return 0
        return answer.status_code

    def _settle(self, delivery: Delivery, status: int) -> None:
        is_done = 200 <= status < 300
        with self._change:
            self.statuses.append(status)
            new = [i for i in delivery.ids if is_done and i not in self._known]
            self._known.update(new)
            for address, number in new:
                self._acknowledged(address, number)
            self._busy[delivery.lane] -= 1
            if not is_done and not self._closed:
                self._again(delivery)
            elif self.manner.dice.random() < self.manner.redeliver:
                self._waiting.append(delivery)
            self._change.notify_all()

    def _again(self, delivery: Delivery) -> None:
        wait = min(self.manner.patience * 2**delivery.attempts, LONGEST_WAIT)
        later = replace(delivery, attempts=delivery.attempts + 1, due=time.monotonic() + wait)
        # In front of the later ones of its lane: a failure doesn't change the order.
        self._waiting.insert(0, later)
