"""A process that sends and can be killed: `python -m tests.delivery.holder URL FILE`.

It writes a line to FILE for each message that it hands over; the gateway never answers those
whose text is "hang".
"""

import asyncio
import sys
from pathlib import Path

from bot.messages import Parcel
from storage.database import Database
from storage.leadership import Leadership
from tests.delivery.outbox import make


class Writing:
    """The gateway."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def send(self, parcel: Parcel) -> str:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{parcel.message.text}\n")
        if parcel.message.text.startswith("hang"):
            await asyncio.sleep(3600)
        return f"holder-{parcel.row_id}"


async def main(url: str, path: Path) -> None:
    database = Database(url)
    async with Leadership(database) as leadership:
        delivery = make(database, Writing(path), poll=60, leadership=leadership)
        await delivery.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
