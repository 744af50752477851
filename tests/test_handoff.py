"""A person takes over: the bot is silent but for danger, and always hands back with a word."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.app import make_handoff_watch
from bot.clock import LOCAL
from bot.dialogue.staff_words import queue_words
from bot.errors import SomosError
from bot.messages import Incoming
from bot.services import handoff
from bot.services.office import Office
from storage.models import HandoffCase, Inbound, Outbound

STAFF = "ana@quito.example"
SATURDAY = "Ahora no hay nadie del equipo"


async def say(service, text, number, channel="telegram"):
    said = await service.turns.handle(Incoming(channel, "0991", f"m{number}", text))
    return "\n".join(message.text for message in said)


async def do(service, act, *args):
    async with service.database.write() as session:
        word = await act(session, *args, service.clock())
        queue_words(session, service.renderer, [word], service.clock)


async def fetch(service, query):
    async with service.database.read() as session:
        return list((await session.execute(query.order_by("id"))).scalars())


async def case_of(service):
    (case,) = await fetch(service, select(HandoffCase))
    return case


async def last_notice(service):
    notices = await fetch(service, select(Outbound).where(Outbound.kind == "notice"))
    return notices[-1].body["text"] if notices else None


async def test_who_asks_for_a_person_is_noted_once_and_told_when_somebody_is_there(service):
    told = await say(service, "quiero hablar con una persona", 1)
    # The clock stands on a Saturday.
    assert told.startswith(SATURDAY)
    assert "lunes 23 de noviembre, a las 08:00" in told
    assert "ya está anotado" in await say(service, "páseme con un funcionario", 2)
    assert (await case_of(service)).status == "waiting"


async def test_until_somebody_takes_the_case_the_bot_goes_on_answering(service):
    await say(service, "quiero hablar con una persona", 1)
    assert "talleres de cocina" in await say(service, "qué talleres hay de cocina", 2)


async def test_while_staff_hold_it_the_bot_is_silent_and_keeps_the_words(service):
    await say(service, "quiero hablar con una persona", 1)
    await do(service, handoff.take, 1, STAFF)
    assert "persona del equipo ya está aquí" in await last_notice(service)
    assert await say(service, "mi caso es del bono", 2) == ""
    held = await fetch(service, select(Inbound).where(Inbound.status == "held"))
    assert [row.text for row in held] == ["mi caso es del bono"]
    await do(service, handoff.reply, 1, "Buenos días, le ayudo con eso.", STAFF)
    assert await last_notice(service) == "Buenos días, le ayudo con eso."


async def test_danger_is_answered_also_while_staff_hold_it(service):
    await say(service, "quiero hablar con una persona", 1)
    await do(service, handoff.take, 1, STAFF)
    assert (await say(service, "mi marido me esta pegando", 2)).startswith("Llame ahora al 911")
    assert (await case_of(service)).status == "held"


@pytest.mark.parametrize("how", ["staff", "timeout", "citizen"])
async def test_it_hands_back_with_a_word_and_the_bot_answers_again(service, how):
    await say(service, "quiero hablar con una persona", 1)
    await do(service, handoff.take, 1, STAFF)
    if how == "staff":
        await do(service, handoff.close, 1, STAFF)
        assert "Sigo yo, Somos" in await last_notice(service)
    elif how == "citizen":
        assert "otra vez conmigo" in await say(service, "/cancel", 2)
    else:
        watch = make_handoff_watch(service)
        await watch.look()
        assert (await case_of(service)).status == "held"
        async with service.database.write() as session:
            case = await session.get(HandoffCase, 1)
            case.last_word_at -= timedelta(minutes=31)
        await watch.look()
        await watch.look()
        assert "nadie escribe" in await last_notice(service)
    case = await case_of(service)
    assert (case.status, case.closed_by) == ("closed", how)
    assert "talleres de cocina" in await say(service, "qué talleres hay de cocina", 3)


async def test_staff_do_not_answer_what_they_have_not_taken_or_others_hold(service):
    await say(service, "quiero hablar con una persona", 1)
    with pytest.raises(SomosError, match="staff_case_not_taken"):
        await do(service, handoff.reply, 1, "hola", STAFF)
    await do(service, handoff.take, 1, STAFF)
    with pytest.raises(SomosError, match="staff_case_taken"):
        await do(service, handoff.take, 1, "luis@quito.example")
    with pytest.raises(SomosError, match="staff_case_taken"):
        await do(service, handoff.reply, 1, "hola", "luis@quito.example")
    with pytest.raises(SomosError, match="staff_case_unknown"):
        await do(service, handoff.close, 99, STAFF)


async def test_on_a_page_that_staff_cannot_write_to_there_are_the_phones(service):
    told = await say(service, "quiero hablar con una persona", 1, channel="rest")
    assert "1800 510 510" in told
    assert await fetch(service, select(HandoffCase)) == []


@pytest.mark.parametrize(
    ("local", "is_open", "opens_next"),
    [
        ((2026, 11, 30, 8, 0), True, (2026, 12, 1)),
        ((2026, 11, 30, 16, 30), False, (2026, 12, 1)),
        ((2026, 11, 30, 7, 59), False, (2026, 11, 30)),
        ((2026, 11, 27, 18, 0), False, (2026, 11, 30)),
        # All Souls' and Cuenca's day: closed from Friday evening to Wednesday.
        ((2026, 10, 30, 18, 0), False, (2026, 11, 4)),
        ((2026, 12, 31, 18, 0), False, (2027, 1, 4)),
    ],
)
def test_the_office_is_open_on_working_days_only(local, is_open, opens_next):
    now = datetime(*local, tzinfo=LOCAL).astimezone(UTC)
    office = Office(time(8), time(16, 30))
    assert office.is_open(now) is is_open
    assert office.next_opening(now) == datetime(*opens_next, 8, tzinfo=LOCAL)
