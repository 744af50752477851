"""Finds the article that answers a question: by topic, by service, by how people ask."""

from dataclasses import dataclass

from rapidfuzz import fuzz, utils
from sqlalchemy.ext.asyncio import AsyncSession

from intents.normalise import normalise
from storage.models import Article
from storage.queries.records import articles_on

# An article about exactly the service that was named beats one that merely sounds alike.
SERVICE_BONUS = 35.0
WRONG_SERVICE = 25.0
RELATED = {
    "ask_mies_bonus": ("ask_mies_bonus", "ask_mies_payment", "ask_social_registry"),
    "ask_mies_care": ("ask_mies_care", "ask_mies_services"),
    "ask_mies_services": ("ask_mies_services", "ask_mies_care", "ask_mies_bonus"),
}


@dataclass(frozen=True)
class Found:
    """The best article and how well it fits, 0 to 135."""

    article: Article
    score: float


async def search_articles(
    session: AsyncSession, topic: str, text: str, services: tuple[str, ...]
) -> list[Found]:
    """Articles of the topic, the best first; empty if nothing is written about it."""
    articles = await articles_on(session, RELATED.get(topic, (topic,)))
    asked = normalise(text)
    scored = [Found(a, _score(a, topic, asked, services)) for a in articles]
    return sorted(scored, key=lambda f: -f.score)


def _score(article: Article, topic: str, asked: str, services: tuple[str, ...]) -> float:
    phrases = [*article.questions, normalise(article.title)]
    score = max(
        fuzz.token_set_ratio(asked, p, processor=utils.default_process) * 0.5
        + fuzz.token_sort_ratio(asked, p, processor=utils.default_process) * 0.5
        for p in phrases
    )
    if article.topic == topic:
        score += 10
    if services and article.service:
        score += SERVICE_BONUS if article.service in services else -WRONG_SERVICE
    return score
