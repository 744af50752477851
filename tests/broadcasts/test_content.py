"""What each person reads: their own zone's events first, by day, in their language."""

from datetime import timedelta

from bot.services.broadcasts.agenda import content_of
from bot.services.broadcasts.content import OTHERS, OWN, Content, Item, compose
from storage.queries.records import find_events
from tests.broadcasts.people import MONDAY, event

PERIOD = {"first": MONDAY.date(), "last": MONDAY.date() + timedelta(days=6)}


async def agenda(stage):
    day = timedelta(days=1)
    async with stage.database.write() as session:
        session.add_all([
            event("feria", MONDAY, 1),
            event("minga", MONDAY + day, 2, kind="minga"),
            event("festival", MONDAY + 3 * day, 1, kind="festival", demo=True),
            event("cine", MONDAY + 3 * day, 2, casa_id=1, kind="festival"),
        ])  # fmt: skip
    async with stage.database.read() as session:
        events, _ = await find_events(session, MONDAY, MONDAY + 7 * day, limit=9)
    return content_of(stage.renderer, events, PERIOD)


async def test_own_events_come_first_by_day(stage):
    content = await agenda(stage)
    assert compose(stage.renderer, content, "zone:tumbaco", "es").text.splitlines() == [
        "Agenda de la semana, del lunes 7 de diciembre al domingo 13 de diciembre:",
        "martes 8 de diciembre",
        "- 07:00 Minga, Parque (Tumbaco)",
        "jueves 10 de diciembre",
        "- 07:00 Cine, Parque (Tumbaco)",
        "También en la ciudad:",
        "lunes 7 de diciembre",
        "- 07:00 Feria, Parque (Quitumbe)",
        "jueves 10 de diciembre",
        "- 07:00 Festival, Parque (Quitumbe) (demo)",
        "Para no recibir más, escriba «baja».",
    ]


async def test_everything_and_nothing_of_ones_own_are_one_list(stage):
    content = await agenda(stage)
    everything = compose(stage.renderer, content, "all", "es").text
    assert "También" not in everything
    assert everything == compose(stage.renderer, content, "zone:calderon", "es").text
    both = compose(stage.renderer, content, "zone:quitumbe,zone:tumbaco", "es").text
    assert both == everything


async def test_each_language_and_spanish_where_there_is_none(stage):
    content = await agenda(stage)
    english = compose(stage.renderer, content, "kind:minga", "en").text
    assert "Tuesday, December 8" in english
    assert "Elsewhere" in english
    assert compose(stage.renderer, content, "all", "qu").text.startswith("Agenda de la semana")
    saved = Content.restore(content.dump())
    assert compose(stage.renderer, saved, "kind:minga", "en").text == english


def test_a_long_week_is_cut_and_says_so(renderer):
    items = tuple(
        Item("2026-12-07", {"es": f"- {n}"}, (f"zone:{'a' if n < 30 else 'b'}",)) for n in range(60)
    )
    content = Content({"es": "Agenda"}, items)
    mine = compose(renderer, content, "zone:b", "es").text
    assert mine.count("\n- ") == OWN + OTHERS
    assert f"Y {60 - OWN - OTHERS} eventos más" in mine
    assert compose(renderer, content, "all", "es").text.count("\n- ") == OWN
