"""Places and turns, on SQLite and PostgreSQL, through whole conversations."""

import asyncio

from bot.app import Service
from bot.services.folios import next_folio
from tests.conftest import NOW
from tests.support import fill_in_enrollment, national_id, rows, said_to, workshop_with


async def test_fifty_people_at_once_for_twenty_places_get_twenty_places_and_thirty_turns(
    service: Service,
) -> None:
    workshop = await workshop_with(service, 20)
    people = [f"person-{n}" for n in range(50)]
    for serial, person in enumerate(people, start=1):
        assert "Revise" in await fill_in_enrollment(service, workshop, person, serial)
    answers = await asyncio.gather(*(said_to(service, "sí, está bien", p) for p in people))
    placed = [a for a in answers if "inscripción hecha" in a]
    waiting = [a for a in answers if "lista de espera" in a]
    assert (len(placed), len(waiting)) == (20, 30)
    turns = await rows(
        service, f"SELECT turn FROM enrollment WHERE workshop_id = {workshop} AND turn > 0"
    )
    assert sorted(t for (t,) in turns) == list(range(1, 31))
    folios = await rows(service, "SELECT folio FROM enrollment")
    assert sorted(f for (f,) in folios) == [f"IN-2026-{n:06d}" for n in range(1, 51)]
    for answer in waiting:
        # Everybody is told the turn that is stored.
        assert any(f"turno {t} " in answer for (t,) in turns)


async def test_the_first_folios_of_a_year_are_given_at_once_without_a_failure(
    service: Service,
) -> None:
    async def give() -> str:
        async with service.database.write() as session:
            return await next_folio(session, "AS", NOW)

    given = await asyncio.gather(*(give() for _ in range(6)))
    assert sorted(given) == [f"AS-2026-{n:05d}" for n in range(1, 7)]


async def test_the_same_person_is_not_enrolled_twice_in_one_workshop(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    await fill_in_enrollment(service, workshop, "mother", 7)
    assert "IN-2026-000001" in await said_to(service, "sí", "mother")
    await fill_in_enrollment(service, workshop, "daughter", 7)
    answer = await said_to(service, "sí", "daughter")
    assert "ya tiene inscripción" in answer
    # Whoever guesses a number must not learn the folio of its owner.
    assert "IN-2026-000001" not in answer
    assert await rows(service, "SELECT count(*) FROM enrollment") == [(1,)]


async def test_a_place_given_up_goes_to_whoever_waits_longest(service: Service) -> None:
    workshop = await workshop_with(service, 1)
    for serial, person in enumerate(("first", "second", "third"), start=1):
        await fill_in_enrollment(service, workshop, person, serial)
        await said_to(service, "sí", person)
    assert "turno 1" in await said_to(service, "mis inscripciones", "second")
    await said_to(service, "/cancel_enrollment", "first")
    assert "dejó" in await said_to(service, "/affirm", "first")
    assert "con cupo" in await said_to(service, "/check_enrollment", "second")
    third = await said_to(service, "/check_enrollment", "third")
    assert "lista de espera" in third
    assert "0 personas antes" in third


async def test_nothing_is_kept_of_whoever_does_not_consent(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    await said_to(service, f'/enroll_workshop{{"workshop": "{workshop}"}}')
    assert "no guardé ningún dato" in await said_to(service, "/deny")
    assert await rows(service, "SELECT count(*) FROM citizen") == [(0,)]


async def test_who_enrolled_before_is_not_asked_again(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    await fill_in_enrollment(service, workshop, "citizen", 3)
    await said_to(service, "sí")
    other = (await rows(service, f"SELECT id FROM workshop WHERE id <> {workshop} LIMIT 1"))[0][0]
    await said_to(service, f'/enroll_workshop{{"workshop": "{other}"}}')
    summary = await said_to(service, "para mí")
    assert "Revise" in summary
    assert national_id(3) in summary


async def test_deleting_ones_data_leaves_no_trace_of_the_person(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    await fill_in_enrollment(service, workshop, "citizen", 3)
    await said_to(service, "sí")
    assert "inscripciones, 1" in await said_to(service, "borren mis datos")
    assert "borré sus datos" in await said_to(service, "sí, borrar mis datos")
    assert await rows(service, "SELECT count(*) FROM citizen") == [(0,)]
    assert await rows(service, "SELECT count(*) FROM enrollment WHERE account_id IS NOT NULL") == [
        (0,)
    ]
    stored = await rows(service, "SELECT CAST(state AS text) FROM conversation")
    stored += await rows(service, "SELECT CAST(body AS text) FROM outbound")
    assert not any("Quishpe" in s or national_id(3) in s for (s,) in stored)
