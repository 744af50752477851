"""What was not understood: alike messages together, taught by a click, the same for all of them."""

from sqlalchemy import select

from bot.services.articles import Question, find_article
from intents.normalise import normalise
from storage.models import Article, Example
from storage.queries.learning import approved_examples

PATH = "/panel/no-entendidos"


async def keep(service, *texts, guess="ask_workshops", chosen=None):
    async with service.database.write() as session:
        rows = [
            Example(plain=normalise(t), text=t, guess=guess, confidence=0.3, chosen=chosen or {},
                    count=len(texts) - n, last_on=service.clock().date(), status="new")
            for n, t in enumerate(texts)
        ]  # fmt: skip
        session.add_all(rows)
        await session.flush()
        return [r.id for r in rows]


async def statuses(service):
    async with service.database.read() as session:
        rows = await session.execute(select(Example.status, Example.intent).order_by(Example.id))
        return [tuple(r) for r in rows]


async def test_alike_messages_stand_together_with_what_they_may_mean(service, signed_in):
    said = ("quiero aser zapatos", "quiero hacer zapatos", "mi perro está enfermo")
    await keep(service, *said, chosen={"find_casa": 2, "emergency": 5})
    page = (await (await signed_in("communications")).get(PATH)).text
    assert page.count("<section") == 2
    assert "5 veces" in page
    first = page.split("<section")[1]
    assert "También: <span" in first
    assert first.index("Dónde hay una Casa Somos") < first.index("Buscar talleres")
    # A click must not teach what danger is.
    assert 'value="emergency"' not in page


async def test_a_click_makes_all_of_a_group_examples(service, signed_in):
    ids = await keep(service, "quiero aser zapatos", "quiero hacer zapatos")
    client = await signed_in("communications")
    answer = await client.post(f"{PATH}/ejemplo", data={"ids": ids, "intent": "ask_workshops"})
    assert answer.headers["location"] == PATH
    assert await statuses(service) == [("approved", "ask_workshops")] * 2
    async with service.database.read() as session:
        assert ("quiero hacer zapatos", "ask_workshops") in await approved_examples(session)
    assert "No hay mensajes pendientes" in (await client.get(PATH)).text
    log = (await (await signed_in("auditor")).get("/panel/auditoria")).text
    assert f"example:{ids[0]}" in log
    assert "status: new" in log


async def test_a_decision_holds_for_all_or_for_none(service, signed_in):
    ids = await keep(service, "quiero aser zapatos")
    client = await signed_in("communications")
    wrong = {"ids": [*ids, 999], "intent": "ask_workshops"}
    assert (await client.post(f"{PATH}/ejemplo", data=wrong)).status_code == 409
    unknown = {"ids": ids, "intent": "no_such"}
    assert (await client.post(f"{PATH}/ejemplo", data=unknown)).status_code == 409
    assert await statuses(service) == [("new", None)]
    await client.post(f"{PATH}/apartar", data={"ids": ids})
    assert await statuses(service) == [("refused", None)]


async def test_a_question_of_an_article_is_answered_from_then_on(service, signed_in):
    ids = await keep(service, "xilofonia cuantica del bono")
    async with service.database.read() as session:
        article = (await session.execute(select(Article).limit(1))).scalar_one()
    client = await signed_in("communications")
    sent = {"ids": ids, "article": article.id, "text": "¿xilofonía cuántica del bono?"}
    await client.post(f"{PATH}/pregunta", data=sent)
    await client.post(f"{PATH}/pregunta", data=sent)
    async with service.database.read() as session:
        again = await session.get(Article, article.id)
        assert again.questions.count("¿xilofonía cuántica del bono?") == 1
        found = await find_article(session, Question("xilofonia cuantica del bono"))
    assert found.article.id == article.id
    assert await statuses(service) == [("approved", article.topic)]


async def test_citizens_words_are_text(service, signed_in):
    (example,) = await keep(service, '"><script>alert(1)</script>')
    client = await signed_in("auditor")
    for path in (PATH, f"{PATH}/{example}"):
        page = (await client.get(path)).text
        assert "<script>alert" not in page
        assert "Dejar aparte" not in page
    assert (await client.post(f"{PATH}/apartar", data={"ids": [example]})).status_code == 403
    assert (await client.get(f"{PATH}/99999")).status_code == 404
