"""What several tests do: write as a citizen, and fill in an enrolment up to its summary."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text

from bot.app import Service
from bot.messages import Incoming, Outgoing


async def write(service: Service, said: str, sender: str = "citizen") -> list[Outgoing]:
    """What Somos answers."""
    return await service.turns.handle(Incoming("rest", sender, uuid4().hex, said))


async def said_to(service: Service, said: str, sender: str = "citizen") -> str:
    """The answer's text in one piece."""
    return "\n".join(m.text for m in await write(service, said, sender))


async def rows(service: Service, sql: str) -> list[Any]:
    """What a query finds."""
    async with service.database.read() as session:
        return list((await session.execute(text(sql))).all())


def national_id(serial: int) -> str:
    """A number with a right check digit, made for tests; province 17."""
    digits = f"17{serial:07d}"
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(digits)]
    total = sum(n - 9 if n > 9 else n for n in doubled)
    return digits + str(-total % 10)


def enrollment_answers(workshop: int, serial: int) -> tuple[str, ...]:
    """What a citizen writes to enrol, all but the last yes; then comes the summary."""
    return (
        f'/enroll_workshop{{"workshop": "{workshop}"}}', "sí, acepto", "para mí",
        "Rosa Elvira Quishpe Tipán", national_id(serial), "3 de abril de 1990", "0991234567",
    )  # fmt: skip


async def fill_in_enrollment(service: Service, workshop: int, sender: str, serial: int) -> str:
    """All answers but the last yes; returns the summary."""
    said = [await said_to(service, a, sender) for a in enrollment_answers(workshop, serial)]
    return said[-1]


async def workshop_with(service: Service, capacity: int) -> int:
    """A workshop for any age with exactly so many places."""
    async with service.database.write() as session:
        found = await session.execute(
            text(
                "SELECT id FROM workshop WHERE min_age IS NULL OR min_age < 30 ORDER BY id LIMIT 1"
            )
        )
        workshop = int(found.scalar_one())
        await session.execute(
            text("UPDATE workshop SET capacity = :c, max_age = NULL WHERE id = :w"),
            {"c": capacity, "w": workshop},
        )
    return workshop
