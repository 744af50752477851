"""Questions find their article and passage; what no article holds is admitted."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from sqlalchemy import update

from bot.app import Service
from bot.clock import LOCAL
from bot.services.article_figures import measure_articles
from bot.services.articles import SURE, find_article, question_of
from intents.lexicon import Lexicon
from intents.retrieval import Document, Index
from storage.models import Article
from storage.queries.articles import words_of_articles
from tests.support import said_to

SENTENCES = Path(__file__).parent / "sentences"
yaml = YAML(typ="safe")


def questions(name: str) -> list[dict]:
    return yaml.load((SENTENCES / f"{name}.yml").read_text("utf-8"))["questions"]


MEASURED = questions("article_questions")
TUNED_ON = questions("article_questions_development")


async def figures(service: Service, asked: list[dict]) -> dict:
    async with service.database.read() as session:
        articles = await words_of_articles(session)
    today = service.clock().astimezone(LOCAL).date()
    return measure_articles(articles, service.turns.interpreter, asked, today)


def test_a_third_of_at_least_180_questions_has_no_answer():
    unanswered = [q for q in MEASURED if q["article"] is None]
    assert len(MEASURED) >= 180
    assert len(unanswered) >= len(MEASURED) / 3 - 1


def test_no_measured_question_was_tuned_on():
    assert {q["ask"] for q in MEASURED}.isdisjoint(q["ask"] for q in TUNED_ON)


async def test_the_right_article_comes_first_and_what_is_not_known_is_admitted(service: Service):
    found = await figures(service, MEASURED)
    assert found["first"] >= 0.90, found
    assert found["first_three"] >= 0.97, found
    assert found["admitted"] >= 0.85, found


async def test_every_article_that_is_asked_for_exists(service: Service):
    async with service.database.read() as session:
        known = {a.slug for a in await words_of_articles(session)}
    asked = [q["article"] for q in (*MEASURED, *TUNED_ON) if q["article"]]
    named = {s for a in asked for s in ([a] if isinstance(a, str) else a)}
    assert named - known == set()


async def test_a_changed_article_is_found_by_its_new_words(service: Service):
    interpreter, today = service.turns.interpreter, service.clock().date()
    question = question_of(interpreter.parse("que es el zumbambico", today), interpreter)
    async with service.database.write() as session:
        before = await find_article(session, question)
        assert before is None or before.certainty < SURE
        changed = update(Article).where(Article.slug == "silla-vacia")
        await session.execute(changed.values(questions=["que es el zumbambico"]))
    async with service.database.read() as session:
        after = await find_article(session, question)
    assert after is not None
    assert after.article.slug == "silla-vacia"


async def test_what_was_not_understood_is_answered_where_an_article_leaves_no_doubt(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service.turns.interpreter, "threshold", 1.1)  # nothing is understood
    assert "Metropolitana 038" in await said_to(service, "de qué trata la ordenanza 038")
    assert "(Fuente:" in await said_to(service, "qué es el cabildo")
    assert "quiso decir" in (await said_to(service, "flurb glomp")).lower()
    monkeypatch.undo()
    assert "Hola, soy Somos" in await said_to(service, "hola", sender="another")


@pytest.fixture
def index() -> Index:
    return Index(
        [
            Document(
                "bread", "Pan", ("donde compro pan",), ("En la panadería.", "Cierra a las 5.")
            ),
            Document("milk", "Leche", ("donde compro leche",), ("En la tienda.",), "shop"),
        ]
    )


def test_a_word_that_only_one_document_has_decides(index: Index):
    assert index.search("compro leche")[0].key == "milk"


def test_a_typo_finds_what_was_meant(index: Index):
    assert index.search("donde compro lechhe")[0].key == "milk"


def test_nothing_is_found_where_nothing_was_said(index: Index):
    assert index.search("") == []
    assert index.search("de la") == []


def test_a_question_about_something_else_is_covered_less(index: Index):
    assert index.search("donde compro pan")[0].coverage == 1.0
    assert index.search("donde compro gasolina")[0].coverage < 0.6


def test_many_ways_of_asking_are_one_concept():
    lexicon = Lexicon.load([])
    assert set(lexicon.terms("dnd queda")) == set(lexicon.terms("¿en qué lugar?"))
    assert "=older" in lexicon.terms("a mi mama de 68 le dan algo", forgiving=True)
