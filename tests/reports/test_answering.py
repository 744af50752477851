"""Staff write about a report, the citizen answers in the chat, and a "no" opens it again."""

import pytest
from sqlalchemy import select

from bot.dialogue.report_words import draft, tell
from bot.errors import SomosError
from bot.services import review
from storage.models import Account, Outbound, ReportMessage
from storage.queries.reports import visible_report
from tests.reports.conftest import ALL, STAFF

WORDS = "no hay luz en la calle principal de Toctiuco"


async def write(town, folio, words, purpose):
    service = town.service
    async with service.database.write() as session:
        report = await visible_report(session, ALL, folio, lock=True)
        await tell(session, service.renderer, report, words, purpose, STAFF, service.clock())


async def notices(town):
    async with town.service.database.read() as session:
        rows = await session.execute(select(Outbound).where(Outbound.kind == "notice"))
        return [row.body for row in rows.scalars()]


async def heard(town):
    async with town.service.database.read() as session:
        rows = (await session.execute(select(ReportMessage).order_by(ReportMessage.id))).scalars()
        return [(m.direction, m.words) for m in rows]


async def test_news_reaches_the_chat_and_the_report_is_answered(town):
    folio = await town.report(WORDS)
    await town.do(review.accept, folio)
    words = draft(town.service.renderer, await town.get(folio), "state", "es")
    assert folio in words
    assert "21 de noviembre" in words
    await write(town, folio, f"{words} Gracias.", "state")
    (sent,) = await notices(town)
    assert sent["text"].endswith("Gracias.")
    report = await town.get(folio)
    assert (report.status, report.answered_at) == ("answered", town.service.clock())


async def test_a_draft_is_in_the_language_of_the_citizen(town):
    report = await town.get(await town.report(WORDS))
    assert draft(town.service.renderer, report, "state", "en").startswith("The Somos team")


async def test_the_answer_to_a_question_lands_on_the_report(town):
    folio = await town.report(WORDS)
    await write(town, folio, "¿Junto a qué es?", "question")
    told = await town.say("es junto a la tienda de don Pepe, frente a la cancha")
    assert folio in told
    assert (await heard(town))[-1] == ("in", "es junto a la tienda de don Pepe, frente a la cancha")
    assert (await town.get(folio)).awaits is None
    # The next message is a message again.
    assert "talleres de cocina" in await town.say("qué talleres hay de cocina")


async def test_a_question_swallows_neither_danger_nor_requests_nor_thanks(town):
    folio = await town.report(WORDS)
    await write(town, folio, "¿Junto a qué es?", "question")
    assert (await town.say("mi marido me esta pegando")).startswith("Llame ahora al 911")
    assert "talleres de cocina" in await town.say("qué talleres hay de cocina")
    assert folio not in await town.say("muchas gracias")
    assert folio not in await town.say("/help")
    assert len(await heard(town)) == 1
    assert folio in await town.say("es en la esquina de la panadería")


async def test_an_open_form_keeps_its_answers_and_the_question_waits(town):
    folio = await town.report(WORDS)
    await town.say("quiero recibir la agenda")
    await write(town, folio, "¿Junto a qué es?", "question")
    assert folio not in await town.say("del sur")
    await town.say("/cancel")
    assert folio in await town.say("es junto al mercado")


@pytest.mark.parametrize("yes", ["sí", "1", "si ya arreglaron todo gracias", "BUTTON"])
async def test_a_yes_closes_it(town, yes):
    folio = await town.report(WORDS)
    await town.do(review.accept, folio)
    await write(town, folio, "Ya hay luz.", "resolution")
    (sent,) = await notices(town)
    assert "¿Quedó resuelto?" in sent["text"]
    told = await town.say(sent["buttons"][0]["payload"] if yes == "BUTTON" else yes)
    assert "queda cerrado" in told
    report = await town.get(folio)
    assert (report.status, report.confirmed_at) == ("resolved", town.service.clock())


@pytest.mark.parametrize("no", ["no", "2", "BUTTON"])
async def test_a_no_opens_it_again_and_what_is_missing_is_added(town, no):
    folio = await town.report(WORDS)
    await town.do(review.accept, folio)
    await town.do(review.assign, folio, "Obras Públicas")
    await write(town, folio, "Ya hay luz.", "resolution")
    (sent,) = await notices(town)
    told = await town.say(sent["buttons"][1]["payload"] if no == "BUTTON" else no)
    assert "Abrí otra vez" in told
    report = await town.get(folio)
    assert (report.status, report.reopened) == ("assigned", 1)
    assert folio in await town.say("la cuadra de arriba sigue a oscuras")
    assert (await heard(town))[-1][1] == "la cuadra de arriba sigue a oscuras"


async def test_a_no_with_words_keeps_them(town):
    folio = await town.report(WORDS)
    await town.do(review.accept, folio)
    await write(town, folio, "Ya hay luz.", "resolution")
    assert "añadí lo que dice" in await town.say("no, la cuadra de arriba sigue a oscuras")
    assert (await town.get(folio)).status == "assigned"
    assert (await heard(town))[-1][0] == "in"


async def test_nobody_answers_for_another(town):
    folio = await town.report(WORDS)
    await town.do(review.accept, folio)
    await write(town, folio, "Ya hay luz.", "resolution")
    payload = (await notices(town))[0]["buttons"][1]["payload"]
    assert "Abrí otra vez" not in await town.say(payload, sender="another")
    assert (await town.get(folio)).status == "resolved"


async def test_who_cannot_be_written_to_is_told_to_staff(town):
    anonymous = await town.report(WORDS, anonymous=True)
    page = await town.report(WORDS, channel="rest", sender="w")
    blocked = await town.report(WORDS, sender="b")
    async with town.service.database.write() as session:
        account = (
            await session.execute(select(Account).where(Account.address == "b"))
        ).scalar_one()
        account.blocked = True
    for folio, key in ((anonymous, "anonymous"), (page, "page"), (blocked, "blocked")):
        with pytest.raises(SomosError, match=f"staff_unreachable_{key}"):
            await write(town, folio, "Hola.", "state")
    assert await notices(town) == []
    assert (await town.get(anonymous)).channel == "telegram"


async def test_whoever_deletes_their_data_leaves_the_report_without_the_exchange(town):
    folio = await town.report(WORDS)
    await write(town, folio, "¿Junto a qué es?", "question")
    await town.say("es junto a la tienda de mi tía")
    await town.say("borren mis datos")
    await town.say("sí")
    assert await heard(town) == []
    report = await town.get(folio)
    assert (report.account_id, report.words) == (None, WORDS)
