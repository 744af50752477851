"""What a fake gateway did, in the order that it did it; a JSONL file outlives the process.

A line is written before the caller is answered: what was accepted is in the books, whoever dies.
"""

import json
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SENT = "sent"  # our service handed a message over
PUSHED = "pushed"  # a citizen did something
ACKNOWLEDGED = "acknowledged"  # our service confirmed it


@dataclass(frozen=True)
class Entry:
    """`id`: the message's or the update's; `at`: monotonic seconds, alike in all processes here.

    `answered` is False for what was accepted while the caller never heard so.
    """

    what: str
    address: str
    id: str
    payload: Any = None
    answered: bool = True
    at: float = field(default_factory=time.monotonic)


class Journal:
    """Entries, kept in memory and appended to a file, if there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self.entries = read(file) if file and file.exists() else []
        # Unbuffered: a line is with the system before the answer leaves.
        self._file = file.open("ab", buffering=0) if file else None

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self._file:
            self._file.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")

    def of(self, what: str, address: str | None = None) -> list[Entry]:
        """The entries of a kind, of everyone or of one address."""
        mine = (e for e in list(self.entries) if e.what == what)
        return [e for e in mine if address is None or e.address == address]

    def close(self) -> None:
        if self._file:
            self._file.close()


def read(file: Path) -> list[Entry]:
    """The entries of a file, also while the fake still writes to it."""
    whole = file.read_bytes().rpartition(b"\n")[0]
    return [Entry(**json.loads(line)) for line in whole.splitlines()]


def most_in(entries: list[Entry], seconds: float) -> int:
    """The most entries that fell in any rolling stretch of so many seconds."""
    window: deque[float] = deque()
    most = 0
    for at in sorted(entry.at for entry in entries):
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most
