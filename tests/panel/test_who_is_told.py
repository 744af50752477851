"""Who hears of a commitment, and what is left of that when they want to be forgotten."""

import pytest
from sqlalchemy import select, update

from bot.channels.refusals import most_of
from bot.services import commitments
from bot.services.photographs import LARGEST
from bot.services.privacy import delete_everything
from responses.render import Renderer
from storage.models import (
    Account,
    Commitment,
    CommitmentOrigin,
    CommitmentTold,
    Conversation,
    MatrixEntry,
    MatrixSupport,
    Report,
)
from storage.queries.dialogues import whole_commitment
from tests.panel.test_dialogues import citizen_said


async def told_when_made(service, **values):
    """The words for whoever is behind the first commitment, which has these values."""
    async with service.database.write() as session:
        entry = await session.scalar(select(MatrixEntry).order_by(MatrixEntry.id))
        first = await session.scalar(select(Commitment.id).order_by(Commitment.id))
        for report_id in await session.scalars(select(Report.id)):
            session.add(MatrixSupport(entry_id=entry.id, report_id=report_id))
        session.add(CommitmentOrigin(commitment_id=first, entry_id=entry.id))
        await session.execute(
            update(Commitment).where(Commitment.id == first).values(status="proposed", **values)
        )
    async with service.database.write() as session:
        row = await whole_commitment(session, first, lock=True)
        now = service.clock()
        return await commitments.go_on(session, row, "made", "", now.date(), "ana", now)


async def on_channel(service, conversation_id, **values):
    async with service.database.write() as session:
        mine = select(Conversation.account_id).where(Conversation.id == conversation_id)
        await session.execute(update(Account).where(Account.id.in_(mine)).values(**values))


@pytest.mark.parametrize("values", [{"channel": "rest"}, {"blocked": True}], ids=str)
async def test_who_cannot_be_written_to_is_not_counted_as_told(service, values):
    reached = await citizen_said(service, "AS-2026-90001", "no abre")
    await on_channel(service, await citizen_said(service, "AS-2026-90002", "cerrado"), **values)
    words = await told_when_made(service)
    assert [word.conversation.id for word in words] == [reached]
    async with service.database.read() as session:
        assert len(list(await session.scalars(select(CommitmentTold)))) == 1


@pytest.mark.parametrize(("term", "said"), [
    ("", "Plazo: sin fecha fijada. "), ("Marzo.", "Plazo: Marzo. "),
])  # fmt: skip
async def test_a_commitment_without_a_term_is_said_so(service, term, said):
    await citizen_said(service, "AS-2026-90001", "no abre")
    (word,) = await told_when_made(service, term=term)
    assert said in Renderer().render(word.response, "es", word.values).text


async def test_who_is_forgotten_is_linked_to_no_commitment(service):
    await citizen_said(service, "AS-2026-90001", "no abre")
    (word,) = await told_when_made(service)
    async with service.database.write() as session:
        account = await session.get_one(Account, word.conversation.account_id)
        await delete_everything(session, account, service.clock())
        assert await session.scalar(select(CommitmentTold.account_id)) is None


def test_a_photograph_as_large_as_staff_may_add_passes_the_limit_of_bodies():
    assert most_of("/panel/dialogos/calvas-2024-11-21/fotos") > LARGEST
    assert most_of("/panel/dialogos/calvas-2024-11-21/fotos/1/quitar") < LARGEST
    assert most_of("/webhooks/whatsapp") == 4_000_000
