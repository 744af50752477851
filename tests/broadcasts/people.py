"""People who subscribed, staff who send, and the books; the clock is what a test says."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from bot.clock import LOCAL
from bot.jobs import BroadcastJobs
from bot.services.broadcasts import lifecycle, sheet
from bot.services.broadcasts.content import Content
from bot.services.broadcasts.lifecycle import By
from bot.services.broadcasts.segments import Segment
from responses.render import Renderer
from storage.database import Database
from storage.leadership import Leadership
from storage.models import (
    Account,
    Audit,
    Broadcast,
    Casa,
    Citizen,
    Conversation,
    Event,
    Outbound,
    Recipient,
    Subscription,
    Zone,
)

MONDAY = datetime(2026, 12, 7, 7, 0, tzinfo=LOCAL)
ANA, LUIS = "ana@quito.example", "luis@quito.example"
EVERYBODY = Segment(("all", "zone:*", "casa:*", "kind:*"))
HELLO = Content({"es": "Hola", "en": "Hello"})
_serials = count(1)


def event(slug: str, starts: datetime, zone: int, hours: float = 2, **columns: Any) -> Event:
    return Event(**{"slug": slug, "title": slug.capitalize(), "description": "-", "kind": "feria",
                    "starts_at": starts, "ends_at": starts + timedelta(hours=hours),
                    "zone_id": zone, "place": "Parque", **columns})  # fmt: skip


async def add_places(database: Database) -> None:
    async with database.write() as session:
        for number, slug in enumerate(("quitumbe", "tumbaco"), start=1):
            session.add(Zone(id=number, slug=slug, name=slug, short_name=slug.capitalize(),
                             code=slug, beneficiary_target=1, target_year=2026))  # fmt: skip
        await session.flush()
        session.add(Casa(id=1, slug="casa-tumbaco", name="Tumbaco", zone_id=2))


@dataclass
class Stage:
    """`now` is what the clock shows."""

    database: Database
    renderer: Renderer
    now: datetime = MONDAY - timedelta(days=3)
    approval_size: int = 100
    jobs: BroadcastJobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = self.another_process()

    def another_process(self) -> BroadcastJobs:
        return BroadcastJobs(self.database, self.renderer, lambda: self.now,
                             Leadership(self.database), self.approval_size)  # fmt: skip

    def by(self, actor: str = ANA) -> By:
        return By(actor, self.now)

    async def person(
        self,
        *scopes: dict[str, Any],
        channel: str = "telegram",
        document: str | None = None,
        language: str = "es",
        **account: Any,
    ) -> int:
        """An account with its subscriptions (none: to everything); its id."""
        serial = next(_serials)
        async with self.database.write() as session:
            row = Account(channel=channel, address=f"9{serial:06}", created_at=MONDAY, **account)
            session.add(row)
            await session.flush()
            session.add(Conversation(account_id=row.id, language=language, updated_at=MONDAY))
            for scope in scopes or ({},):
                session.add(Subscription(account_id=row.id, consent_words="sí",
                                         created_at=MONDAY, **scope))  # fmt: skip
            if document:
                session.add(Citizen(account_id=row.id, is_holder=True, full_name="-", phone="-",
                                    document_kind="cedula", document_number=document,
                                    birth_date=None, created_at=MONDAY))  # fmt: skip
        return row.id

    async def people(self, number: int, **how: Any) -> list[int]:
        return [await self.person(**how) for _ in range(number)]

    async def create(self, segment: Segment = EVERYBODY, content: Content = HELLO) -> int:
        async with self.database.write() as session:
            made = await lifecycle.create(session, self.by(), "notice", "-", segment, content)
        return made.id

    async def submit(self, broadcast: int, at: datetime = MONDAY) -> str:
        async with self.database.write() as session:
            submitted = await lifecycle.submit(
                session, broadcast, self.by(), at, self.approval_size
            )
        return submitted.status

    async def do(self, act: Any, broadcast: int, actor: str = ANA) -> Any:
        async with self.database.write() as session:
            return await act(session, broadcast, self.by(actor))

    async def sending(self, at: datetime = MONDAY, **how: Any) -> int:
        """A broadcast that is planned."""
        broadcast = await self.create(**how)
        await self.submit(broadcast, at)
        self.now = at
        await self.jobs.begin_due()
        return broadcast

    async def get(self, broadcast: int) -> Broadcast:
        async with self.database.read() as session:
            found = await session.get(Broadcast, broadcast)
        assert found is not None
        return found

    async def recipients(self, broadcast: int) -> list[Recipient]:
        query = select(Recipient).where(Recipient.broadcast_id == broadcast).order_by(Recipient.id)
        return await self.rows(query)

    async def queued(self) -> list[Outbound]:
        return await self.rows(select(Outbound).order_by(Outbound.id))

    async def audited(self, broadcast: int) -> list[str]:
        mine = select(Audit).where(Audit.target == f"broadcast:{broadcast}").order_by(Audit.id)
        return [a.action for a in await self.rows(mine)]

    async def rows(self, query: Any) -> list[Any]:
        async with self.database.read() as session:
            return list((await session.execute(query)).scalars())

    async def sheet(self, broadcast: int) -> sheet.Sheet:
        async with self.database.read() as session:
            return await sheet.balance(session, broadcast)
