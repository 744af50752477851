"""The pace: no rolling second exceeds the rate, nearly all of it is used, chats have their own."""

import asyncio
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import make_clock
from bot.delivery.pacing import ChatPaces, Pace, backoff
from tests.delivery.outbox import ANA, make, queue, rows, running, settle

# Seconds by which each hand-over is late: mostly little, sometimes much.
LATENESS = st.lists(
    st.floats(0, 0.02) | st.floats(0, 3) | st.just(0.0), min_size=50, max_size=200
)  # fmt: skip


def hand_over(pace: Pace, lateness: list[float], start: float = 100.0) -> list[float]:
    """When things are handed over where each comes so late."""
    now, times = start, []
    for late in lateness:
        now = max(now, pace.next_at) + late
        pace.spend(now)
        times.append(now)
    return times


def most_in_a_second(times: list[float]) -> int:
    """The most instants in any rolling second, both ends counted."""
    return max(sum(start <= t <= start + 1 for t in times[i:]) for i, start in enumerate(times))


@settings(deadline=None, max_examples=60)
@given(LATENESS, st.sampled_from([10, 30, 80]))
def test_no_rolling_second_exceeds_the_rate_however_late_some_are(lateness, rate):
    assert most_in_a_second(hand_over(Pace(rate), lateness)) <= rate


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 0.002), min_size=300, max_size=320), st.sampled_from([10, 30, 80]))
def test_waking_up_a_little_late_costs_nothing(lateness, rate):
    times = hand_over(Pace(rate), lateness)
    assert (len(times) - 1) / (times[-1] - times[0]) >= 0.97 * rate


async def test_turns_are_taken_in_order_but_urgent_ones_first():
    pace, order = Pace(100), []

    async def come(name: str, is_urgent: bool) -> None:
        await pace.turn(is_urgent)
        order.append(name)

    await pace.turn(True)
    coming = [("a", False), ("b", False), ("c", False), ("urgent", True), ("too", True)]
    await asyncio.gather(*(come(*one) for one in coming))
    assert order == ["urgent", "too", "a", "b", "c"]


def test_a_chat_may_have_its_burst_and_then_one_by_one():
    paces, sent = ChatPaces(rate=1 / 6, burst=45), []
    for tick in range(1200):
        now = 1000 + tick / 10
        if 7 not in paces.resting(now):
            paces.spend(7, now)
            sent.append(now)
    assert [t for t in sent if t < 1005] == sent[:45]
    later = [b - a for a, b in pairwise(sent[46:])]
    assert len(later) > 10
    assert min(later) >= 6
    assert 8 not in paces.resting(1000)


def test_a_chat_that_was_quiet_for_long_enough_may_have_its_burst_again():
    paces = ChatPaces(rate=1 / 6, burst=3)
    for _ in range(3):
        paces.spend(7, 1000)
    assert list(paces.resting(1000)) == [7]
    assert paces.resting(1020) == {}
    paces.spend(7, 1020)
    paces.spend(7, 1020)
    assert paces.resting(1020.001) == {}


async def test_a_channel_keeps_its_pace(database, sender):
    for chat in range(60):
        await queue(database, str(chat), "hola")
    async with running(make(database, sender, rate=25)):
        await settle(database)
    # The 60th is a second after the 35th, which is a second after the 10th.
    assert sender.times[59] - sender.times[9] >= 2 - 0.1


async def test_a_chat_keeps_its_own_pace(database, sender):
    await queue(database, ANA, *["hola"] * 12)
    async with running(make(database, sender, chat_rate=20)):
        await settle(database)
    assert sender.times[-1] - sender.times[0] >= 11 * 0.05 - 0.1


async def test_who_begins_waits_for_what_was_handed_over_just_before(database, sender):
    now = make_clock(None)()
    await queue(database, "1", "antes", status="sent", handed_at=now)
    await queue(database, ANA, "hola")
    async with running(make(database, sender, rate=0.5)):
        await settle(database)
    (row_time,) = [row.handed_at for row in await rows(database, ANA)]
    assert row_time - now >= timedelta(seconds=2)


async def test_who_begins_remembers_what_each_chat_had(database, sender):
    now = make_clock(None)()
    await queue(database, ANA, "antes", status="sent", handed_at=now)
    await queue(database, ANA, "hola")
    async with running(make(database, sender, chat_rate=0.5)):
        await settle(database)
    row_time = (await rows(database, ANA))[-1].handed_at
    assert row_time - now >= timedelta(seconds=1.9)


def test_waits_grow_up_to_their_cap_and_differ():
    assert all(0.5 <= backoff(1) <= 1 for _ in range(50))
    assert all(8 <= backoff(3) <= 16 for _ in range(50))
    assert backoff(10_000, cap=30) <= 30
    assert len({backoff(5) for _ in range(10)}) > 1
