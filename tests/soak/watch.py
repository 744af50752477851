"""How far the service is with each citizen's messages, read from its database while it runs."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.soak.processes import blocking
from tests.soak.script import Citizen

EVERY = 0.15
SETTLED = text("""
    SELECT a.channel, a.address,
           SUM(CASE WHEN i.status = 'waiting' THEN 0 ELSE 1 END),
           SUM(CASE WHEN i.status = 'failed' THEN 1 ELSE 0 END)
    FROM inbound i JOIN conversation c ON c.id = i.conversation_id
    JOIN account a ON a.id = c.account_id GROUP BY a.channel, a.address
""")
UNSENT = text("""
    SELECT channel, address, COUNT(*) FROM outbound
    WHERE status IN ('queued', 'sending') GROUP BY channel, address
""")
UNANSWERED = text("SELECT COUNT(*) FROM inbound WHERE status = 'waiting'")


@dataclass
class Watch:
    """Looks again and again; a citizen asks it whether there is an answer to read."""

    url: str
    patience: float
    settled: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    unsent: dict[tuple[str, str], int] = field(default_factory=dict)
    unanswered: int = 0
    looks: int = 0

    async def run(self) -> None:
        engine = create_engine(blocking(self.url))
        try:
            while True:
                await asyncio.to_thread(self._look, engine)
                await asyncio.sleep(EVERY)
        finally:
            engine.dispose()

    def _look(self, engine: Engine) -> None:
        try:
            with engine.connect() as connection:
                settled: Any = connection.execute(SETTLED).all()
                unsent: Any = connection.execute(UNSENT).all()
                self.unanswered = connection.execute(UNANSWERED).scalar_one()
        except SQLAlchemyError:
            # A file that is being recovered after a kill; the next look will do.
            return
        self.settled = {(c, a): (done, failed) for c, a, done, failed in settled}
        self.unsent = {(c, a): count for c, a, count in unsent}
        self.looks += 1

    def failed(self, citizen: Citizen) -> int:
        """How many of the citizen's messages got an apology."""
        return self.settled.get((citizen.channel, citizen.address), (0, 0))[1]

    async def answered(self, citizen: Citizen) -> bool:
        """Wait until all that the citizen sent is answered and sent; False: patience ran out."""
        return await self._until(lambda: self._is_answered(citizen))

    def _is_answered(self, citizen: Citizen) -> bool:
        key = (citizen.channel, citizen.address)
        return self.settled.get(key, (0, 0))[0] >= citizen.sent and key not in self.unsent

    async def answered_all(self) -> bool:
        """Wait until no message waits for its turn, seen anew."""
        seen = self.looks
        return await self._until(lambda: self.looks > seen + 1 and not self.unanswered)

    async def quiet(self) -> bool:
        """Wait until nothing waits for anything, seen twice."""
        for _ in range(2):
            seen = self.looks
            if not await self._until(
                lambda seen=seen: self.looks > seen and not self.unanswered and not self.unsent
            ):
                return False
        return True

    async def _until(self, condition: Any) -> bool:
        end = time.monotonic() + self.patience
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(EVERY / 2)
        return True
