"""The catalogue's tables: listing, editing, adding, whose rows, and what the log keeps of it."""

import csv
import io

import pytest
from sqlalchemy import select

from bot.panel.catalogue_table import WORDS
from storage.models import Article, Casa, Event, Workshop

AT = "/panel/tablas"
FORM = {
    "title": "Ñandutí y música", "category": "1", "modality": "1", "cycle": "4", "weekday": "5",
    "starts_at": "09:00", "ends_at": "11:00", "first_day": "2026-12-05", "last_day": "2027-02-20",
    "capacity": "20", "min_age": "", "max_age": "",
}  # fmt: skip


async def rows(service, model, **by):
    async with service.database.read() as session:
        query = select(model).filter_by(**by).order_by(model.id)
        return list((await session.execute(query)).scalars())


async def test_each_table_is_listed_in_our_page_without_inline_script(signed_in):
    client = await signed_in("communications")
    tables = ("casa", "workshop", "event", "article")
    for path in (f"{AT}/{t}/{page}" for t in tables for page in ("list", "create", "edit/1")):
        page = await client.get(path)
        assert page.status_code == 200, path
        assert 'class="skip-link"' in page.text
        for forbidden in ("<script>", "style=", "onclick", "jquery", "select2"):
            assert forbidden not in page.text, (path, forbidden)
    assert "Catálogo" in (await client.get("/panel/catalogo")).text


async def test_a_workshop_is_added_found_and_changed(service, signed_in):
    client = await signed_in("communications")
    added = await client.post(f"{AT}/workshop/create", data=FORM | {"casa": "3"})
    assert added.headers["location"] == f"{AT}/workshop/list?guardado=1"
    (row,) = await rows(service, Workshop, title="Ñandutí y música")
    assert (row.title_search, row.casa_id, row.weekday) == ("nanduti y musica", 3, 5)
    found = (await client.get(f"{AT}/workshop/list", params={"search": "NANDUTI"})).text
    assert f'href="{AT}/workshop/edit/{row.id}"' in found
    assert "sábado" in found
    changed = FORM | {"casa": "3", "capacity": "25"}
    await client.post(f"{AT}/workshop/edit/{row.id}", data=changed)
    (again,) = await rows(service, Workshop, id=row.id)
    assert (again.capacity, again.slug) == (25, row.slug)
    auditor = await signed_in("auditor")
    log = (await auditor.get(f"/panel/auditoria?target=workshop:{row.id}")).text
    assert "capacity: 20" in log
    assert "capacity: 25" in log
    assert log.count('<td data-label="Qué">') == 2


async def test_what_does_not_fit_is_said_at_its_field(service, signed_in):
    client = await signed_in("communications")
    for field, value, words in (
        ("ends_at", "08:00", "después de la hora"),
        ("last_day", "2026-11-01", "después de la primera clase"),
        ("first_day", "2026-12-06", "no cae en el día"),
        ("capacity", "0", "Entre 1 y 500"),
        ("title", "", "obligatorio"),
        ("weekday", "9", "inválida"),
    ):
        answer = await client.post(f"{AT}/workshop/create", data=FORM | {"casa": "3", field: value})
        assert answer.status_code == 400, field
        assert words in answer.text
    assert await rows(service, Workshop, title="Ñandutí y música") == []


async def test_a_manager_changes_the_workshops_of_their_casa_only(service, signed_in):
    client = await signed_in("casa_manager", casa_id=1)
    own, other = [await rows(service, Workshop, casa_id=c) for c in (1, 2)]
    assert (await client.get(f"{AT}/workshop/edit/{own[0].id}")).status_code == 200
    assert (await client.get(f"{AT}/workshop/edit/{other[0].id}")).status_code == 403
    stolen = await client.post(f"{AT}/workshop/edit/{other[0].id}", data=FORM | {"casa": "1"})
    assert stolen.status_code == 403
    # Whatever Casa the form names, it is theirs.
    await client.post(f"{AT}/workshop/edit/{own[0].id}", data=FORM | {"casa": "2"})
    await client.post(f"{AT}/workshop/create", data=FORM | {"casa": "2"})
    assert {w.casa_id for w in await rows(service, Workshop, title="Ñandutí y música")} == {1}
    for table in ("casa", "event", "article"):
        assert (await client.get(f"{AT}/{table}/list")).status_code == 200
        for path in (f"{AT}/{table}/create", f"{AT}/{table}/edit/1"):
            assert (await client.post(path, data={})).status_code == 403, path


@pytest.mark.parametrize("role", ["auditor", "casa_manager"])
async def test_who_only_reads_adds_nothing(signed_in, role):
    client = await signed_in(role)
    assert (await client.get(f"{AT}/workshop/list")).status_code == 200
    for path in (f"{AT}/workshop/create", f"{AT}/workshop/edit/1"):
        assert (await client.get(path)).status_code == 403
        assert (await client.post(path, data=FORM)).status_code == 403
    assert (await client.request("DELETE", f"{AT}/workshop/delete?pks=1")).status_code == 403


async def test_nothing_is_deleted_even_by_an_administrator(service, signed_in):
    client = await signed_in("administrator")
    answer = await client.request("DELETE", f"{AT}/workshop/delete?pks=1")
    assert answer.status_code == 403
    assert await rows(service, Workshop, id=1)


async def test_an_event_keeps_the_hour_of_our_clocks(service, signed_in):
    client = await signed_in("communications")
    form = {"title": "Feria del barrio", "description": "Con todos.", "kind": "feria", "zone": "1",
            "casa": "__None", "place": "La cancha", "starts_at": "2026-12-05T10:00",
            "ends_at": "2026-12-05T12:30"}  # fmt: skip
    await client.post(f"{AT}/event/create", data=form)
    (event,) = await rows(service, Event, title="Feria del barrio")
    assert event.starts_at.isoformat() == "2026-12-05T15:00:00+00:00"
    assert event.casa_id is None
    page = (await client.get(f"{AT}/event/edit/{event.id}")).text
    assert 'value="2026-12-05T10:00' in page
    wrong = form | {"ends_at": "2026-12-05T09:00"}
    assert (await client.post(f"{AT}/event/create", data=wrong)).status_code == 400


async def test_an_article_keeps_its_questions_a_line_each_and_its_translations(service, signed_in):
    (article,) = await rows(service, Article, id=1)
    client = await signed_in("communications")
    page = (await client.get(f"{AT}/article/edit/1")).text
    assert article.questions[0] in page
    form = {"title": article.title, "topic": article.topic, "body": "<b>Otra</b> respuesta.",
            "questions": "¿una?\n\n ¿dos?  \n¿una?", "source": "x", "source_date": "2026",
            "checked": "2026-11-20", "confidence": "high"}  # fmt: skip
    await client.post(f"{AT}/article/edit/1", data=form)
    (again,) = await rows(service, Article, id=1)
    assert again.questions == ["¿una?", "¿dos?"]
    assert (again.translations, again.slug) == (article.translations, article.slug)
    assert "&lt;b&gt;Otra" in (await client.get(f"{AT}/article/edit/1")).text


async def test_what_is_there_can_be_chosen_again_so_that_saving_changes_nothing_else(service):
    async with service.database.read() as session:
        topics = set((await session.execute(select(Article.topic))).scalars())
        kinds = set((await session.execute(select(Event.kind))).scalars())
        sure = set((await session.execute(select(Article.confidence))).scalars())
    assert topics == set(WORDS["topics"])
    assert kinds <= set(WORDS["kinds"])
    assert sure == set(WORDS["confidence"])


async def test_a_download_has_spanish_headings_and_no_formula(service, signed_in):
    async with service.database.write() as session:
        casa = await session.get(Casa, 1)
        casa.name = "=1+1"
    client = await signed_in("auditor")
    answer = await client.get(f"{AT}/casa/export/csv")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0] == ["Nombre", "Administración zonal", "Dirección"]
    assert "'=1+1" in {row[0] for row in table}
