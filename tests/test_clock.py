"""Waiting: for an event or for a while, and a cancellation ends it whatever else happens."""

import asyncio

import pytest

from bot.clock import wait_at_most


async def test_a_cancellation_that_comes_with_the_event_is_not_lost():
    event = asyncio.Event()
    waiting = asyncio.create_task(wait_at_most(60, event))
    await asyncio.sleep(0)
    event.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_it_ends_with_the_event_or_with_the_time():
    event = asyncio.Event()
    await wait_at_most(0.01, event)
    event.set()
    await wait_at_most(60, event)
