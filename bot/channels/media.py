"""Downloads the files that citizens sent, beside everything else, for staff to look at.

What is too large or of a kind that nobody here opens is refused; what nobody refers to is deleted.
"""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, Protocol

from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, wait_at_most
from bot.delivery import Rejected, Throttled, TokenExpired, backoff
from bot.errors import where
from storage.database import Database
from storage.models import Media

log = logging.getLogger(__name__)
FAMILIES = ("image/", "audio/", "video/")
DOCUMENTS = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/csv",
        "text/plain",
    }
)
# Runs scripts when somebody opens it.
DANGEROUS = frozenset({"image/svg+xml"})
ATTEMPTS = 6
# Whoever claimed a file and fell silent for so long is taken for dead.
LEASE = timedelta(minutes=10)
POLL = 2.0  # seconds
AT_ONCE = 3
SWEEP_EVERY = 600.0  # seconds
MENDING = 60.0  # seconds to wait while our access is refused
PATIENCE = 5.0  # seconds, the first retry's wait
UNFINISHED = ".part"


class TooLarge(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """More bytes than we take."""


class Source(Protocol):
    """A channel's files."""

    def fetch(self, reference: str) -> AsyncIterator[bytes]:
        """An async generator of a file's bytes.

        Raises delivery's Rejected where the gateway will never hand it out; anything else is
        worth another attempt, Throttled and TokenExpired without counting.
        """


def is_welcome(media_type: str) -> bool:
    """Whether staff open such files; `media_type` as in MIME, parameters and all."""
    plain = media_type.partition(";")[0].strip().lower()
    return plain in DOCUMENTS or (plain.startswith(FAMILIES) and plain not in DANGEROUS)


@dataclass
class MediaStore:
    """Files by the SHA-256 of their content, in one folder that only we can read."""

    folder: Path
    longest: int

    async def keep(self, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store what comes, and return digest and size. Raises TooLarge, whatever was declared."""
        with self._part() as file:
            digest, size = await self._write(chunks, file)
            Path(file.name).replace(self.folder / digest)  # noqa: ASYNC240 - no more than a name
        return digest, size

    @contextmanager
    def _part(self) -> Iterator[Any]:
        """A new file, readable for its owner alone, that is gone again unless it was renamed."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.folder, suffix=UNFINISHED, delete=False) as file:
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    async def _write(self, chunks: AsyncIterator[bytes], file: Any) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        async for chunk in chunks:
            size += len(chunk)
            if size > self.longest:
                raise TooLarge
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(_flush, file)
        return digest.hexdigest(), size

    def older_than(self, seconds: float) -> list[str]:
        """Names of files that nobody wrote for so long."""
        limit = time.time() - seconds
        with suppress(FileNotFoundError):
            return [f.name for f in os.scandir(self.folder) if f.stat().st_mtime < limit]
        return []

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.folder / name).unlink(missing_ok=True)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@dataclass
class Downloads:
    """The job: files wanted become stored, refused or failed. Several processes may run it.

    `clock` must run, also where the dialogue's is frozen.
    """

    database: Database
    clock: Clock
    store: MediaStore
    sources: Mapping[str, Source]
    patience: float = PATIENCE
    _swept: float = field(default=0.0, init=False)

    async def run(self, stop: asyncio.Event, every: float = POLL) -> None:
        """Download what is wanted, a few files at a time, until told to stop."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work(stop, every))

    async def _work(self, stop: asyncio.Event, every: float) -> None:
        while not stop.is_set():
            try:
                while not stop.is_set() and await self.download_one():
                    pass
                await self._sweep_sometimes()
            except (SQLAlchemyError, OSError) as error:
                log.error("media: %s", where(error))
            await wait_at_most(every, stop)

    async def download_one(self) -> bool:
        """Bring one file to its next state; False if none is due."""
        row = await self._claim()
        if row is None:
            return False
        values = await self._outcome(row)
        async with self.database.write() as session:
            await session.execute(update(Media).where(Media.id == row.id).values(values))
        return True

    async def _claim(self) -> Media | None:
        """A file that is due, ours for the time of a lease: a crash leaves it due again."""
        now = self.clock()
        # Looked for before anything is locked: mostly there is nothing.
        due = (
            select(Media.id)
            .where(Media.status == "wanted", Media.channel.in_(self.sources))
            .where(or_(Media.next_attempt_at.is_(None), Media.next_attempt_at <= now))
            .order_by(Media.id)
            .limit(1)
        )
        free = due.with_for_update(skip_locked=True).scalar_subquery()
        claim = (
            update(Media)
            .where(Media.id == free)
            .values(attempts=Media.attempts + 1, next_attempt_at=now + LEASE)
            .returning(Media)
        )
        async with self.database.read() as session:
            if (await session.execute(due)).first() is None:
                return None
        async with self.database.write() as session:
            return (await session.execute(claim)).scalar_one_or_none()

    async def _outcome(self, row: Media) -> dict[str, Any]:
        """Download, and the columns that say what became of it."""
        if not is_welcome(row.media_type):
            return {"status": "refused", "error": "type", "next_attempt_at": None}
        if (row.size or 0) > self.store.longest:
            return {"status": "refused", "error": "size", "next_attempt_at": None}
        try:
            async with asyncio.timeout(LEASE.total_seconds() / 2):
                chunks: Any = self.sources[row.channel].fetch(row.reference)
                async with aclosing(chunks):
                    digest, size = await self.store.keep(chunks)
        except TooLarge:
            return {"status": "refused", "error": "size", "next_attempt_at": None}
        except Exception as error:  # noqa: BLE001 - whatever broke, other files are not held up
            return self._after(error, row)
        return {"status": "stored", "digest": digest, "size": size, "error": None,
                "next_attempt_at": None}  # fmt: skip

    def _after(self, error: Exception, row: Media) -> dict[str, Any]:
        reason = type(error).__name__
        log.warning("media: file=%s attempt=%s %s", row.id, row.attempts, where(error))
        is_theirs = isinstance(error, Throttled | TokenExpired)
        if isinstance(error, Rejected) or (row.attempts >= ATTEMPTS and not is_theirs):
            return {"status": "failed", "error": reason, "next_attempt_at": None}
        attempts, wait = row.attempts, backoff(row.attempts, self.patience)
        if is_theirs:
            # Not the file's fault.
            attempts -= 1
            wait = getattr(error, "retry_after", MENDING)
        again = self.clock() + timedelta(seconds=wait)
        return {"error": reason, "attempts": attempts, "next_attempt_at": again}

    async def _sweep_sometimes(self) -> None:
        now = time.monotonic()
        if not self._swept or now - self._swept > SWEEP_EVERY:
            self._swept = now
            await self.sweep()

    async def sweep(self, older_than: float = LEASE.total_seconds()) -> int:
        """Delete files that no row refers to (any more), and say how many.

        A file is written before its row says so: younger ones (seconds) are left alone.
        """
        count = 0
        for name in await asyncio.to_thread(self.store.older_than, older_than):
            async with self.database.read() as session:
                query = select(Media.id).where(Media.digest == name).limit(1)
                if (await session.execute(query)).first() is None:
                    self.store.remove(name)
                    count += 1
        return count
