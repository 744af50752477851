"""Data is kept for as long as the consent text says, and no longer."""

from datetime import timedelta

from sqlalchemy import update

from bot.actions.enroll import RETENTION_MONTHS
from bot.app import Service
from bot.services.privacy import forget_old
from storage.models import Workshop
from storage.seed import load as seed
from tests.support import fill_in_enrollment, rows, said_to, workshop_with


async def test_people_and_messages_are_forgotten_when_their_time_is_over(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    await fill_in_enrollment(service, workshop, "citizen", 1)
    await said_to(service, "sí")
    now = service.clock()
    async with service.database.write() as session:
        assert await forget_old(session, now + timedelta(days=330), RETENTION_MONTHS) == 0
    assert await rows(service, "SELECT count(*) FROM citizen") == [(1,)]


async def test_one_who_is_still_enrolled_keeps_nobody_else(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    other = (await rows(service, f"SELECT id FROM workshop WHERE id > {workshop} LIMIT 1"))[0][0]
    for sender, course, serial in (("before", workshop, 1), ("now", other, 2)):
        await fill_in_enrollment(service, course, sender, serial)
        await said_to(service, "sí", sender)
    later = service.clock() + timedelta(days=500)
    async with service.database.write() as session:
        await session.execute(
            update(Workshop).where(Workshop.id == other).values(last_day=later.date())
        )
        assert await forget_old(session, later, RETENTION_MONTHS) == 1


async def test_messages_and_people_go_together(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    await fill_in_enrollment(service, workshop, "citizen", 1)
    await said_to(service, "sí")
    now = service.clock()
    async with service.database.write() as session:
        # The workshop itself ends some three months from now.
        assert await forget_old(session, now + timedelta(days=500), RETENTION_MONTHS) == 1
    assert await rows(service, "SELECT count(*) FROM citizen") == [(0,)]
    # Of messages only the gateway's ids stay, tied to nobody.
    tied = "SELECT count(*) FROM inbound WHERE text IS NOT NULL OR conversation_id IS NOT NULL"
    assert await rows(service, tied) == [(0,)]


def test_the_article_on_privacy_says_the_time_that_is_kept() -> None:
    article = (seed.FOLDER / "articles" / "ask_privacy.yml").read_text("utf-8")
    assert f"{RETENTION_MONTHS} meses" in article
