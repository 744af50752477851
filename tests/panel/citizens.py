"""Citizens beside the panel: with a chat, enrolled in a workshop; and what they were told."""

from datetime import date

from sqlalchemy import select

from bot.services.enrollment import Person, enroll
from storage.models import Account, Conversation, Outbound, Workshop
from storage.queries.conversations import lock_conversation
from tests.panel.conftest import Desk
from tests.support import national_id


async def chat_with(
    session, service: Desk, name: str, channel: str = "telegram", language: str = "es"
) -> Conversation:
    found = await lock_conversation(session, channel, name, service.clock())
    found.language = language
    return found


async def enrolled(
    service: Desk, workshop_id: int, name: str, serial: int, channel: str = "telegram",
    language: str = "es",
) -> str:  # fmt: skip
    """The folio of somebody who enrolled from a chat of their own."""
    async with service.database.write() as session:
        account: Account = (await chat_with(session, service, name, channel, language)).account
        person = Person(name, "cedula", national_id(serial), date(1990, 4, 3), "+593991234567")
        return (await enroll(session, workshop_id, person, account, service.clock())).folio


async def workshops_of(service: Desk, casa_id: int, capacity: int = 2) -> list[int]:
    """A Casa's workshops, with so many places each."""
    async with service.database.write() as session:
        query = select(Workshop).where(Workshop.casa_id == casa_id).order_by(Workshop.id)
        found = list((await session.execute(query)).scalars())
        for workshop in found:
            workshop.capacity = capacity
        return [w.id for w in found]


async def told(service: Desk, name: str) -> list[str]:
    """What waits to be sent to somebody, in order."""
    async with service.database.read() as session:
        query = (
            select(Outbound)
            .where(Outbound.address == name, Outbound.kind == "notice", Outbound.status == "queued")
            .order_by(Outbound.id)
        )
        return [o.body["text"] for o in (await session.execute(query)).scalars()]
