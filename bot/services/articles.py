"""Finds the article that answers a question, and says how sure it is; never a guess as a fact.

The index is built from the database and built again when an article's words change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intents.interpreter import Interpreter
from intents.normalise import normalise, tokenise
from intents.retrieval import Document, Hit, Index
from storage.models import Article
from storage.queries.articles import ArticleWords, article_by_slug, words_of_articles

# Topics that people mix up: the second is as likely as half the first.
RELATED = {
    "ask_mies_bonus": ("ask_mies_payment", "ask_social_registry"),
    "ask_mies_payment": ("ask_mies_bonus",),
    "ask_mies_care": ("ask_mies_services",),
    "ask_mies_services": ("ask_mies_care", "ask_mies_bonus"),
    "ask_workshops": ("ask_casa_somos", "ask_enrollment_requirements"),
    "enroll_workshop": ("ask_enrollment_requirements",),
    "find_casa": ("ask_casa_somos",),
}
# Logistic regression on tests/sentences/article_questions_development.yml: how likely it is that
# the first hit answers the question.
FIT, COVERAGE, OUT_OF_SCOPE, BIAS = 5.2, 3.6, -2.6, -5.9
# From here on the article is given as the answer; below, Somos says that it isn't sure and offers
# the nearest two. A wrong answer costs about twice what a needless question does.
SURE = 0.65
# The classifier did not understand: then the words of the article must leave little doubt.
VERY_SURE = 0.75
# Less sure than this, nothing is even near; less still where the classifier names the topic.
NEAR, NEAR_IN_TOPIC = 0.15, 0.05
# The second offer must fit half as well as the first.
ALIKE = 0.5
# A place, a day or a subject that is named needs no mention in the answer.
_NAMES = frozenset({"casa", "zone", "neighbourhood", "date"})
_SUBJECT = frozenset({"category"})
# Who wants one of these has said so, whatever else the story tells.
REQUESTS = frozenset({"propose_workshop", "request_space"})
WANTED = 0.8


@dataclass(frozen=True)
class Question:
    """The words, what they name, and how likely each topic is."""

    text: str
    services: tuple[str, ...] = ()
    names: str = ""
    topics: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Found:
    """The best article, its passage (0 body, 1 more), how sure we are, and the nearest others."""

    article: Article
    passage: int
    score: float
    certainty: float
    nearest: tuple[Article, ...]

    @property
    def is_sure(self) -> bool:
        """Whether it may be given as the answer."""
        return self.certainty >= SURE


def question_of(message: Mapping[str, Any], interpreter: Interpreter) -> Question:
    """The question in a Rasa parse object."""
    text, found = message["text"] or "", message["entities"]
    tokens = tokenise(text)
    # "el bono" alone is no service in particular.
    services = [
        m.value
        for m in interpreter.finder.gazetteers.find(tokens)
        if m.entity == "mies_service"
        and normalise(text[m.start : m.end]) not in m.extra.get("generic", ())
    ]
    services += [e["value"] for e in found if e["entity"] == "theme"]
    # "inscribirme en inglés" names a workshop's subject; "un CDI con inglés" asks for English.
    kinds = _NAMES if services else _NAMES | _SUBJECT
    names = " ".join(text[e["start"] : e["end"]] for e in found if e["entity"] in kinds)
    topics = {i["name"]: i["confidence"] for i in message.get("intent_ranking", ())}
    return Question(text, tuple(services), names, topics)


def stands_alone(found: Found, question: Question, topic: str) -> bool:
    """Whether a question after an article on `topic` is as clear without it: "¿dónde se cobra?"."""
    near = topic in (found.article.topic, *RELATED.get(found.article.topic, ()))
    heard = (question.topics or {}).get(found.article.topic, 0.0)
    return found.is_sure and near and heard >= WANTED and found.article.service is None


async def completed(
    session: AsyncSession, question: Question, slug: str, service: str | None
) -> Question:
    """The question as one about the article told last: "¿y quién puede?" of the BDH.

    `service`: which one was asked about, where the article holds for several.
    """
    words = await words_of_articles(session)
    told = next((a for a in words if a.slug == slug), None)
    if told is None:
        return question
    meant = told.service or service
    # The first article about a service bears its name; the others bear their part's.
    named = next((a for a in words if meant and a.service == meant), told)
    return replace(
        question,
        text=f"{question.text} {named.title}",
        services=(meant,) if meant else (),
        topics={told.topic: 1.0, named.topic: 1.0},
    )


async def find_article(session: AsyncSession, question: Question) -> Found | None:
    """The article that answers best, and the nearest two; None if nothing is near."""
    words = await words_of_articles(session)
    hits, sure = search(words, question)
    if sure < SURE:
        hits = _near(hits, sure, question, {a.slug: a for a in words})
    found = [await article_by_slug(session, hit.key) for hit in hits[:2]]
    articles = tuple(a for a in found if a is not None)
    if not articles:
        return None
    return Found(articles[0], hits[0].passage, hits[0].score, sure, articles)


def _near(
    hits: list[Hit], sure: float, question: Question, words: Mapping[str, ArticleWords]
) -> list[Hit]:
    """Of the hits, those worth offering: about the service that was named, else not far off."""
    served = [h for h in hits if words[h.key].service in question.services]
    if served:
        return served
    likely = [h for h in hits if h.fit >= ALIKE * hits[0].fit]
    if sure < NEAR:
        topics = question.topics or {}
        likely = [h for h in likely if topics.get(words[h.key].topic, 0.0) >= 0.5]
    return likely if sure >= NEAR_IN_TOPIC else []


def search(articles: tuple[ArticleWords, ...], question: Question) -> tuple[list[Hit], float]:
    """The articles that fit best, and how likely the first is the answer, 0 to 1."""
    topics = question.topics or {}
    index = _index(articles)
    hits, sure = _search_stories(index, question, {a.slug: a.topic for a in articles})
    wanted = next((t for t, p in topics.items() if t in REQUESTS and p >= WANTED), None)
    if wanted is not None and not index.asks_part(question.text):
        inside = {a.slug for a in articles if a.topic == wanted}
        asked_for = [hit for hit in hits if hit.key in inside]
        if asked_for:
            hits = [*asked_for, *(hit for hit in hits if hit.key not in inside)]
            return hits, max(SURE, _certainty(hits[0], topics))
    return hits, sure


def _search_stories(
    index: Index, question: Question, topic_of: Mapping[str, str]
) -> tuple[list[Hit], float]:
    """The hits of the whole message, or of the one clause whose answer is on the likely topic."""
    topics = question.topics or {}
    likely = _with_related(topics)

    def search_one(text: str) -> tuple[list[Hit], float]:
        hits = index.search(text, question.services, question.names, likely)
        return hits, _certainty(hits[0], topics) if hits else 0.0

    whole = search_one(question.text)
    if whole[1] >= SURE:
        return whole
    parts = [search_one(clause) for clause in index.lexicon.clauses(question.text)]
    fitting = [p for p in parts if p[0] and topics.get(topic_of[p[0][0].key], 0.0) >= WANTED]
    return max([whole, *fitting], key=lambda found: found[1])


def _certainty(hit: Hit, topics: Mapping[str, float]) -> float:
    elsewhere = topics.get("out_of_scope", 0.0)
    logit = FIT * hit.fit + COVERAGE * hit.coverage + OUT_OF_SCOPE * elsewhere + BIAS
    return 1 / (1 + exp(-logit))


async def first_article(session: AsyncSession, topic: str) -> Article | None:
    """What to say about a topic when nothing in particular was asked."""
    slugs = [a.slug for a in await words_of_articles(session) if a.topic == topic]
    return await article_by_slug(session, slugs[0]) if slugs else None


def _with_related(topics: Mapping[str, float]) -> dict[str, float]:
    likely = dict(topics)
    for topic, probability in topics.items():
        for other in RELATED.get(topic, ()):
            likely[other] = max(likely.get(other, 0.0), probability / 2)
    return likely


@lru_cache(maxsize=2)
def _index(articles: tuple[ArticleWords, ...]) -> Index:
    return Index(
        Document(
            a.slug,
            a.title,
            a.questions,
            (a.body, a.more) if a.more else (a.body,),
            a.service,
            a.topic,
        )
        for a in articles
    )
