"""Citizens' files come to the media folder once, within limits, and go when their rows go."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from bot.channels.media import ATTEMPTS, Downloads, MediaStore, is_welcome
from bot.channels.whatsapp_send import WhatsAppSender
from storage.database import Database
from storage.models import Inbound, Media
from storage.queries.conversations import lock_conversation
from tests.channels.whatsapp.conftest import CITIZEN, NOW
from tests.fakes.graph_api import HANG_UP, until

LONGEST = 1000


class Hand:
    """A clock whose hand the test moves."""

    def __init__(self):
        self.now = datetime(2026, 11, 21, 15, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def downloads(database, sender, tmp_path, hand):
    store = MediaStore(tmp_path / "media", LONGEST)
    return Downloads(database, hand, store, {"whatsapp": sender}, patience=1.0)


async def want(database, reference, media_type="image/jpeg", size=None, channel="whatsapp"):
    async with database.write() as session:
        talk = await lock_conversation(session, channel, CITIZEN, NOW)
        inbound = Inbound(channel=channel, external_id=f"{reference} {channel}",
                          conversation_id=talk.id, status="done", received_at=NOW)  # fmt: skip
        session.add(inbound)
        await session.flush()
        session.add(Media(inbound_id=inbound.id, channel=channel, kind="photo", size=size,
                          reference=reference, media_type=media_type, name="", status="wanted",
                          created_at=NOW))  # fmt: skip


async def states(database):
    async with database.read() as session:
        rows = (await session.execute(select(Media).order_by(Media.id))).scalars()
        return [(row.status, row.error) for row in rows]


def files(downloads):
    folder = downloads.store.folder
    return sorted(f.name for f in folder.iterdir()) if folder.exists() else []


async def test_a_wanted_file_is_stored_under_its_digest_for_us_alone(graph, database, downloads):
    await want(database, graph.add_file("una foto", "image/jpeg"))
    assert await downloads.download_one()
    assert not await downloads.download_one()
    assert await states(database) == [("stored", None)]
    digest = hashlib.sha256(b"una foto").hexdigest()
    assert files(downloads) == [digest]
    file = downloads.store.folder / digest
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"una foto", 0o600)
    async with database.read() as session:
        row = (await session.execute(select(Media))).scalar_one()
    assert (row.digest, row.size, row.attempts) == (digest, 8, 1)


async def test_what_is_too_large_is_refused_whatever_was_declared(graph, database, downloads):
    await want(database, graph.add_file("x" * LONGEST, "image/jpeg"))
    await want(database, graph.add_file("y" * (LONGEST + 1), "image/jpeg"), size=3)
    await want(database, "never asked for", size=LONGEST + 1)
    while await downloads.download_one():
        pass
    assert await states(database) == [("stored", None), ("refused", "size"), ("refused", "size")]
    assert len(files(downloads)) == 1


@pytest.mark.parametrize(
    ("media_type", "welcome"),
    [
        ("image/jpeg", True),
        ("audio/ogg; codecs=opus", True),
        ("Application/PDF", True),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", True),
        ("image/svg+xml", False),
        ("text/html", False),
        ("application/vnd.android.package-archive", False),
        ("application/zip", False),
        ("", False),
    ],
)
def test_only_what_staff_can_look_at_is_welcome(media_type, welcome):
    assert is_welcome(media_type) is welcome


async def test_what_is_not_welcome_is_not_even_asked_for(graph, database, downloads):
    graph.fail(131000, call="look")
    await want(database, graph.add_file("x", "text/html"), "text/html")
    await downloads.download_one()
    assert await states(database) == [("refused", "type")]
    assert graph.troubles.scripted[0].times == 1


async def test_a_failure_is_tried_again_later_and_holds_up_no_other(
    graph, database, downloads, hand
):
    graph.fail(HANG_UP, call="download")
    await want(database, graph.add_file("uno", "image/jpeg"))
    await want(database, graph.add_file("dos", "image/jpeg"))
    assert await downloads.download_one()
    assert await downloads.download_one()
    assert not await downloads.download_one()
    assert await states(database) == [("wanted", "RemoteProtocolError"), ("stored", None)]
    hand.now += timedelta(seconds=1)
    assert await downloads.download_one()
    assert await states(database) == [("stored", None)] * 2


async def test_attempts_come_to_an_end(graph, database, downloads, hand):
    graph.fail(131000, call="look", times=100)
    await want(database, graph.add_file("uno", "image/jpeg"))
    for _ in range(ATTEMPTS):
        assert await downloads.download_one()
        hand.now += timedelta(hours=2)
    assert not await downloads.download_one()
    assert await states(database) == [("failed", "TemporaryFailure")]
    assert files(downloads) == []


async def test_while_our_access_is_refused_nothing_is_given_up(graph, database, downloads, hand):
    graph.fail(190, call="look", times=ATTEMPTS + 1)
    await want(database, graph.add_file("uno", "image/jpeg"))
    for _ in range(ATTEMPTS + 2):
        assert await downloads.download_one()
        hand.now += timedelta(minutes=2)
    assert await states(database) == [("stored", None)]


async def test_what_is_gone_is_given_up_at_once(database, downloads):
    await want(database, "404")
    await downloads.download_one()
    assert await states(database) == [("failed", "Rejected")]


async def test_a_channel_without_a_source_waits_for_it(database, downloads):
    await want(database, "1", channel="telegram")
    assert not await downloads.download_one()
    assert await states(database) == [("wanted", None)]


async def test_who_dies_at_a_download_leaves_it_to_another(graph, database, downloads, hand):
    await want(database, graph.add_file("uno", "image/jpeg"))
    assert await downloads._claim() is not None
    assert not await downloads.download_one()
    hand.now += timedelta(minutes=11)
    assert await downloads.download_one()
    assert await states(database) == [("stored", None)]


async def test_a_file_goes_when_nobody_refers_to_it_any_more(graph, database, downloads):
    same = [graph.add_file("la misma", "image/jpeg") for _ in range(2)]
    for reference in same:
        await want(database, reference)
        await downloads.download_one()
    (downloads.store.folder / "left.part").write_bytes(b"x")
    assert await downloads.sweep(older_than=60) == 0
    assert await downloads.sweep(older_than=-1) == 1
    for reference in same:
        assert len(files(downloads)) == 1
        async with database.write() as session:
            await session.execute(delete(Media).where(Media.reference == reference))
        await downloads.sweep(older_than=-1)
    assert files(downloads) == []


@pytest.mark.parametrize("count", [12])
async def test_several_processes_download_each_file_once(
    data, graph, sender, labels, tmp_path, hand, count
):
    ours = [Database(data.database) for _ in range(2)]
    senders = [sender, WhatsAppSender(sender.account, labels, hand)]
    store = MediaStore(tmp_path / "media", LONGEST)
    for number in range(count):
        await want(ours[0], graph.add_file(f"foto {number}", "image/jpeg"))
    jobs = [Downloads(d, hand, store, {"whatsapp": s})
            for d, s in zip(ours, senders, strict=True)]  # fmt: skip
    stop = asyncio.Event()
    running = [asyncio.create_task(job.run(stop, every=0.02)) for job in jobs]
    await until(lambda: len(list(store.folder.glob("[0-9a-f]*"))) == count, 20)
    async with asyncio.timeout(20):
        while await states(ours[0]) != [("stored", None)] * count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*running)
    async with ours[0].read() as session:
        assert set((await session.execute(select(Media.attempts))).scalars()) == {1}
    await senders[1].close()
    for database in ours:
        await database.close()
