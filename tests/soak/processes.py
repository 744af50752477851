"""The processes of the service in the soak: started, killed with -9 at random, started again."""

import asyncio
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import create_engine, make_url, text

from tests.conftest import NOW
from tests.process import free_port, start_somos, wait_until_ready
from tests.soak.script import WORKSHOP_PLACES

START_SECONDS = 120.0


@dataclass
class Process:
    """One process; it begins again on the same port. What it logs goes to `log`."""

    folder: Path
    settings: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = start_somos(self.folder, self.port, NOW, self.settings, log)

    async def ready(self) -> None:
        """Wait until it answers."""
        assert self.running is not None
        url = f"http://127.0.0.1:{self.port}"
        await asyncio.to_thread(wait_until_ready, url, self.running, START_SECONDS)

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()


@dataclass
class Killer:
    """Kills one process after another: soon after it is ready, later, and while it starts.

    Where there are several, the others serve meanwhile, but for a few moments when all die.
    """

    processes: list[Process]
    kills: int
    dice: Random
    done: int = 0

    async def run(self) -> None:
        while self.done < self.kills:
            await asyncio.sleep(self._moment())
            victims = [self.dice.choice(self.processes)]
            if len(self.processes) > 1 and self.dice.random() < 0.1:
                victims = self.processes
            await asyncio.gather(*map(self._kill, victims))

    async def _kill(self, victim: Process) -> None:
        while True:
            victim.kill()
            self.done += 1
            victim.start()
            if self.dice.random() > 0.1 or self.done >= self.kills:
                break
            await asyncio.sleep(self.dice.uniform(0.5, 3))
        await victim.ready()

    def _moment(self) -> float:
        soon = self.dice.random() < 0.5
        return self.dice.uniform(0.0, 0.4) if soon else self.dice.uniform(0.4, 2.5)


def prepare_workshop(url: str) -> int:
    """A workshop for adults with few places, so that there are turns as well; its id."""
    engine = create_engine(blocking(url))
    with engine.begin() as connection:
        workshop = connection.execute(
            text("SELECT id FROM workshop WHERE min_age IS NULL OR min_age < 30 ORDER BY id")
        ).scalars().first()  # fmt: skip
        connection.execute(
            text("UPDATE workshop SET capacity = :c, max_age = NULL WHERE id = :w"),
            {"c": WORKSHOP_PLACES, "w": workshop},
        )
    engine.dispose()
    assert workshop is not None
    return int(workshop)


def blocking(url: str) -> str:
    """The same database through a driver without asyncio."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)
