"""What staff may decide about a report, and what each decision leaves behind."""

from datetime import date

import pytest
from sqlalchemy import select

from bot.errors import SomosError
from bot.services import review
from bot.services.office import working_days_after
from bot.services.report_states import FOLLOWS, move
from bot.services.reporting import accept as put_in_matrix
from storage.models import Audit, Example, Report
from storage.queries.reports import Filters, Sight, likely_duplicates, page_of_reports
from tests.reports.conftest import ALL, STAFF

RUBBISH = "hace dos semanas que no pasa el carro de la basura en la Ferroviaria"


async def audits(town):
    async with town.service.database.read() as session:
        lines = (await session.execute(select(Audit).order_by(Audit.id))).scalars()
        return [(a.action, a.detail) for a in lines if a.action.startswith("report_")]


async def fetch(town, table):
    async with town.service.database.read() as session:
        return list((await session.execute(select(table).order_by(table.id))).scalars())


async def queue(town, sight=ALL, **filters):
    async with town.service.database.read() as session:
        return [r.folio for r in await page_of_reports(session, sight, Filters(**filters))]


async def test_a_report_comes_with_what_it_seems_to_be_and_when_it_is_due(town):
    report = await town.get(await town.report(RUBBISH))
    assert report.suggestion["theme"] == {"value": "basura", "sure": 1.0}
    assert report.suggestion["unit"]["value"] == "Ambiente"
    assert report.suggestion["kind"]["value"] == "alert"
    assert 0.5 < report.suggestion["kind"]["sure"] <= 1
    assert (report.status, report.channel) == ("received", "telegram")
    # Saturday, 21 November 2026: five working days later.
    assert report.due_on == date(2026, 11, 27)


def test_working_days_leave_out_weekends_and_holidays():
    # 2 and 3 November are holidays.
    assert working_days_after(date(2026, 10, 30), 1) == date(2026, 11, 4)
    assert working_days_after(date(2026, 12, 31), 3) == date(2027, 1, 6)


def test_only_the_table_of_states_says_what_may_follow(town):
    now = town.service.clock()
    for state, allowed in FOLLOWS.items():
        for wanted in FOLLOWS:
            report = Report(folio="AS-2026-00001", status=state)
            if wanted in allowed:
                move(report, wanted, now)
                assert report.status == wanted
            else:
                with pytest.raises(SomosError, match="staff_report_state"):
                    move(report, wanted, now)


async def test_from_received_to_resolved_with_a_line_for_each_step(town):
    folio = await town.report(RUBBISH)
    await town.do(review.accept, folio)
    assert (await town.get(folio)).unit == "Ambiente"
    await town.do(review.assign, folio, "Ambiente")
    await town.do(review.resolve, folio)
    await town.do(review.reopen, folio)
    report = await town.get(folio)
    assert (report.status, report.reopened, report.resolved_at) == ("assigned", 1, None)
    lines = await audits(town)
    assert [a for a, _ in lines] == [
        "report_accept", "report_assign", "report_resolve", "report_reopen"
    ]  # fmt: skip
    assert lines[0][1]["before"] == {"status": "received", "unit": None}
    assert lines[0][1]["after"] == {"status": "accepted", "unit": "Ambiente"}
    assert "carro de la basura" not in str(lines)


async def test_what_is_wrong_is_refused_and_changes_nothing(town):
    folio = await town.report(RUBBISH)
    for act, args, key in (
        (review.resolve, (), "staff_report_state"),
        (review.set_aside, (" ",), "staff_report_reason"),
        (review.assign, ("",), "staff_report_unit"),
    ):
        with pytest.raises(SomosError, match=key):
            await town.do(act, folio, *args)
    with pytest.raises(SomosError, match="staff_report_kind"):
        await correct(town, folio, {"kind": "wish"})
    assert (await town.get(folio)).status == "received"
    assert await audits(town) == []


async def correct(town, folio, fields):
    async with town.service.database.write() as session:
        report = (await session.execute(select(Report).where(Report.folio == folio))).scalar_one()
        await review.correct(session, town.service.turns.interpreter, report, fields, STAFF,
                             town.service.clock())  # fmt: skip


async def test_a_corrected_kind_becomes_an_example_without_who_wrote_it(town):
    folio = await town.report("soy Rosa Quishpe y aqui hace falta un comedor", kind="alert")
    await correct(town, folio, {"kind": "need", "theme": "cobertura"})
    report = await town.get(folio)
    assert (report.kind, report.theme, report.due_on) == ("need", "cobertura", date(2026, 12, 4))
    async with town.service.database.read() as session:
        (example,) = (await session.execute(select(Example))).scalars()
    assert (example.intent, example.status) == ("report_need", "approved")
    assert "Quishpe" not in example.text
    assert "comedor" in example.text


async def test_joined_reports_follow_the_one_that_they_say_again(town):
    first, second, third = [
        await town.report(words, sender=str(i))
        for i, words in enumerate(
            (RUBBISH, "el recolector no viene por la ferroviaria ya van quince dias",
             "en la ferroviaria no recogen la basura hace quince dias")
        )
    ]  # fmt: skip
    ids = {folio: (await town.get(folio)).id for folio in (first, second, third)}
    async with town.service.database.read() as session:
        like = await likely_duplicates(session, ALL, list(ids.values()))
    assert {r.folio for r, _ in like[ids[first]]} == {second, third}
    await join(town, third, second)
    await join(town, second, first)
    assert {(await town.get(f)).joined_to_id for f in (second, third)} == {ids[first]}
    with pytest.raises(SomosError, match="staff_report_no_join"):
        await join(town, first, second)


async def join(town, folio, other):
    async with town.service.database.write() as session:
        found = {r.folio: r for r in (await session.execute(select(Report))).scalars()}
        await review.join(session, found[folio], found[other], STAFF, town.service.clock())


@pytest.mark.parametrize(
    "words",
    [
        "en el CDI la profesora le pega a los niños",
        "mi hijo de 8 años no tiene cupo en la escuela",
        "mi mamá tiene cáncer y no le dan turno en el centro de salud",
    ],
)
async def test_violence_minors_and_health_are_kept_back_by_themselves(town, words):
    await town.report(RUBBISH)
    folio = await town.report(words)
    assert (await town.get(folio)).is_sensitive
    blind = Sight(sensitive=False)
    assert folio not in await queue(town)
    assert folio not in await queue(town, blind)
    assert await queue(town, blind, sensitive=True) == []
    assert await queue(town, sensitive=True) == [folio]


async def test_ordinary_reports_are_not_kept_back(town):
    for words in (RUBBISH, "el CDI no abre hace tres semanas", "envenenaron a los perros",
                  "no hay medicinas en el centro de salud"):  # fmt: skip
        assert not (await town.get(await town.report(words))).is_sensitive, words


async def test_who_has_an_institution_sees_its_reports_only(town):
    own = await town.report("el CDI de Cariamanga no abre")
    await town.report(RUBBISH)
    assert await queue(town, Sight(institution="mies")) == [own]


async def test_the_queue_is_narrowed_searched_and_paged(big_town):
    town = big_town
    folios = [await town.report(f"hay un bache en la calle {i}", "Solanda") for i in range(4)]
    other = await town.report("el alcalde nunca contesta", channel="rest", sender="w")
    assert await queue(town, theme="vias", neighbourhood="solanda") == folios[::-1]
    assert await queue(town, text="alcalde") == [other]
    assert await queue(town, text="100%") == []
    assert await queue(town, channel="rest") == [other]
    assert await queue(town, overdue_on=date(2026, 12, 1)) == [other]
    async with town.service.database.read() as session:
        page = await page_of_reports(session, ALL, Filters(theme="vias"), limit=2)
        after = await page_of_reports(
            session, ALL, Filters(theme="vias"), limit=2, after=page[1].id
        )
    assert [r.folio for r in (*page[:2], *after)] == folios[::-1]


async def test_the_words_of_a_sensitive_report_do_not_enter_a_matrix(town):
    folio = await town.report("en el CDI la profesora le pega a los niños")
    async with town.service.database.write() as session:
        with pytest.raises(SomosError, match="staff_report_sensitive"):
            await put_in_matrix(session, folio, "calvas-2024-11-21", STAFF, town.service.clock())
    assert (await town.get(folio)).status == "received"


async def test_a_report_that_is_under_way_enters_a_matrix_as_it_is(town):
    folio = await town.report(RUBBISH)
    await town.do(review.accept, folio)
    await town.do(review.assign, folio, "Ambiente")
    async with town.service.database.write() as session:
        await put_in_matrix(session, folio, "calvas-2024-11-21", STAFF, town.service.clock())
    assert (await town.get(folio)).status == "assigned"
    other = await town.report("en la ferroviaria roban de noche")
    await town.do(review.set_aside, other, "broma")
    async with town.service.database.write() as session:
        with pytest.raises(SomosError, match="staff_report_state"):
            await put_in_matrix(session, other, "calvas-2024-11-21", STAFF, town.service.clock())
