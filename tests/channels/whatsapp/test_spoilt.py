"""A spoilt item of a payload costs its neighbours nothing, nor the service its calm."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import Service, start
from bot.channels.whatsapp_payload import read_payload
from tests.channels.whatsapp.conftest import NOW
from tests.soak.fuzz import KNOWN, PHONE_ID, fuzz, whatsapp_body


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_sound_neighbours_of_spoilt_items_are_always_read(seed):
    body, neighbours = whatsapp_body(seed, Random(seed))
    found = read_payload(json.loads(body), PHONE_ID, NOW)
    assert set(neighbours) <= {message.wamid for message in found.messages}


@pytest.fixture
async def whole(data, discreet) -> Service:
    service = await start(data.model_copy(update=_secret(KNOWN)))
    yield service
    await service.database.close()


def _secret(known):
    from bot.settings import Settings

    made = Settings(**known)
    return {name: getattr(made, name) for name in known}


async def test_spoilt_payloads_are_never_our_failure_and_neighbours_are_stored(whole):
    books = await fuzz(whole, 60, seed=7)  # a third of them Telegram's
    assert (books.broken, books.lost) == ([], 0)
    assert books.neighbours > 100
