"""The first page: numbers that are counted, not guessed, and the same in chart, table, download."""

import csv
import io
from datetime import UTC, datetime, timedelta

from bot.services.figures import figures_of
from storage.models import Inbound, Rating, Report

MIDNIGHT_UTC = datetime(2026, 11, 21, 3, tzinfo=UTC)  # still the 20th in Ecuador


async def fill(service):
    now = service.clock()
    async with service.database.write() as session:
        moments = [now, now, MIDNIGHT_UTC, now - timedelta(days=40)]
        for number, at in enumerate(moments):
            session.add(Inbound(channel="telegram", external_id=f"o{number}", status="done",
                                intent="nlu_fallback" if number == 1 else "greet",
                                received_at=at, text="x"))  # fmt: skip
        session.add(Rating(stars=5, words="", created_at=now))
        session.add(Report(folio="AS-2026-99999", kind="alert", words="=1+1", theme="=cmd()",
                           status="received", created_at=now))  # fmt: skip


async def rows_of(client, name, days=7):
    answer = await client.get(f"/panel/resumen/{name}.csv?days={days}")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]


async def test_days_are_those_of_ecuador(service, signed_in):
    await fill(service)
    client = await signed_in("auditor")
    assert await rows_of(client, "messages") == [["20/11/2026", "1", "0"], ["21/11/2026", "2", "0"]]
    assert [r[1] for r in await rows_of(client, "messages", 90)] == ["1", "1", "2"]


async def test_days_that_are_over_are_counted_again_while_they_may_change(service, signed_in):
    await fill(service)
    async with service.database.write() as session:
        session.add(Inbound(channel="whatsapp", external_id="late", status="done",
                            received_at=MIDNIGHT_UTC))  # fmt: skip
    for hours, counted in ((0, 2), (0.5, 2), (2, 3)):
        now = service.clock() + timedelta(hours=hours)
        found = await figures_of(service.database, now, 7)
        messages = [c for c in found if c.figure == "channels" and c.day.day == 20]
        assert sum(c.value for c in messages) == counted
        if hours == 0:
            async with service.database.write() as session:
                session.add(Inbound(channel="whatsapp", external_id="later", status="done",
                                    received_at=MIDNIGHT_UTC))  # fmt: skip


async def test_what_was_understood_and_what_was_asked_back(service, signed_in):
    await fill(service)
    client = await signed_in("auditor")
    assert [int(r[1]) for r in await rows_of(client, "understanding")] == [2, 1, 0]


async def test_a_download_holds_no_formula(service, signed_in):
    await fill(service)
    client = await signed_in("auditor")
    assert await rows_of(client, "themes") == [["'=cmd()", "1"]]


async def test_the_page_shows_the_figures_with_their_tables(service, signed_in):
    await fill(service)
    client = await signed_in("auditor")
    page = await client.get("/panel")
    assert page.status_code == 200
    assert page.text.count("<svg") == page.text.count("<details>") > 3
    assert (await client.get("/panel/resumen/unknown.csv")).status_code == 404


async def test_places_are_counted_against_what_there_is(signed_in):
    client = await signed_in("auditor")
    for row in await rows_of(client, "casas"):
        assert int(row[1]) <= int(row[2])


async def test_days_until_an_answer_are_an_average_and_sensitive_reports_are_not_counted(
    service, signed_in
):
    now = service.clock()
    async with service.database.write() as session:
        for number, (days, sensitive) in enumerate(((2, False), (4, False), (90, True))):
            session.add(Report(folio=f"AS-2026-9{number:04}", kind="alert", words="x",
                               theme="trash", status="answered", is_sensitive=sensitive,
                               created_at=now - timedelta(days=5),
                               answered_at=now - timedelta(days=5 - days)))  # fmt: skip
        session.add(Report(folio="AS-2026-99998", kind="alert", words="x", theme="trash",
                           status="received", created_at=now))  # fmt: skip
    client = await signed_in("auditor")
    assert [r[1:] for r in await rows_of(client, "answers")] == [["3", "2"]]
    async with service.database.write() as session:
        # Its own day was counted long ago.
        session.add(Report(folio="AS-2026-99997", kind="alert", words="x", theme="trash",
                           status="answered", created_at=now - timedelta(days=60),
                           answered_at=now))  # fmt: skip
    assert [r[1:] for r in await rows_of(client, "answers")] == [["22", "3"]]
    assert [r[1] for r in await rows_of(client, "themes")] == ["3"]
