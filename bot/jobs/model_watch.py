"""Takes up a new model while the service runs, whoever replaced the file."""

import asyncio
import logging
from pathlib import Path

from bot.clock import wait_at_most
from intents.classifier import Classifier
from intents.examples import code_digest
from intents.interpreter import Interpreter
from intents.model_file import about

log = logging.getLogger(__name__)
LOOK_EVERY = 3.0
Stamp = tuple[int, int, int]


class ModelWatch:
    """Serves the model of a file, whoever replaces it, without a message waiting for it."""

    def __init__(self, path: Path, interpreter: Interpreter) -> None:
        self.path, self.interpreter = path, interpreter
        # Of the code that runs, whatever is installed over it meanwhile.
        self._code = code_digest()
        self._seen: Stamp | None = None

    async def run(self, stop: asyncio.Event, every: float = LOOK_EVERY) -> None:
        """Look every few seconds, until told to stop."""
        while not stop.is_set():
            await self.look()
            await wait_at_most(every, stop)

    async def look(self) -> None:
        """Take up the model if the file was replaced; a broken one changes nothing."""
        stamp = _stamp_of(self.path)
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            found = await asyncio.to_thread(self._load)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old one serves
            log.error("the new model is not usable, the old one stays: %s", error)
            return
        if found is not None:
            # One assignment: each message is read with one model or the other.
            self.interpreter.classifier = found
            log.info("a new model is in service")

    def _load(self) -> Classifier | None:
        """The classifier of the file; None if it is the one in service."""
        told = about(self.path)
        if told.code != self._code:
            raise ValueError("it is broken, or was made by another version of Somos")
        if told.made_of == self.interpreter.classifier.made_of:
            return None
        return Classifier.load(self.path)


def _stamp_of(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
