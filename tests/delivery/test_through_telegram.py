"""Delivery through the Telegram channel, over HTTP, with all that can go wrong there."""

import logging
from itertools import pairwise

import pytest

from bot.channels.telegram import Telegram
from tests.delivery.outbox import ANA, EVA, LUIS, make, queue, running, settle, statuses
from tests.fakes.bot_api import BotApi
from tests.fakes.journal import SENT


@pytest.fixture
def api():
    with BotApi() as server:
        yield server


@pytest.fixture
async def telegram(api, database):
    channel = Telegram("1:x", api.url, store=None, database=database, commands={})
    yield channel
    await channel.close()


async def test_telegram_is_sent_to_in_order_through_all_its_troubles(
    database, api, telegram, caplog
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="aiosqlite")  # its DEBUG is the rows themselves
    api.fail(429, chat=int(ANA), retry_after=0.3)
    api.fail(500, chat=int(ANA), skip=1)
    api.fail(403, chat=int(LUIS), skip=1)
    api.fail(0, chat=int(EVA))
    for address in (ANA, LUIS, EVA):
        await queue(database, address, *[f"secreto {number}" for number in range(3)])
    async with running(make(database, telegram.sender)):
        await settle(database)
    said = {chat: [s.text for s in api.sent if s.chat == int(chat)] for chat in (ANA, LUIS, EVA)}
    everything = ["secreto 0", "secreto 1", "secreto 2"]
    assert said == {ANA: everything, LUIS: everything[:1], EVA: everything}
    assert await statuses(database, LUIS) == ["sent", "failed", "failed"]
    for private in ("secreto", ANA, LUIS, EVA):
        assert private not in caplog.text


async def test_the_pieces_of_a_long_text_keep_the_pace_of_their_chat(database, api, telegram):
    await queue(database, ANA, "\n\n".join(letter * 4000 for letter in "abc"))
    async with running(make(database, telegram.sender, chat_rate=2.0)):
        await settle(database)
    assert [s.text[0] for s in api.sent] == ["a", "b", "c"]
    times = [entry.at for entry in api.journal.of(SENT)]
    # Half a second apart when they leave; the first may have been on its way for longer.
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.25
