"""Articles: one by its slug, and the words of all of them for the search."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Article


class ArticleWords(NamedTuple):
    """What the search reads of an article. Two of the same words are equal, whoever loaded them."""

    slug: str
    topic: str
    service: str | None
    title: str
    questions: tuple[str, ...]
    body: str
    more: str | None


async def words_of_articles(session: AsyncSession) -> tuple[ArticleWords, ...]:
    """All articles, in the order in which they were first loaded."""
    query = select(
        Article.slug, Article.topic, Article.service, Article.title, Article.questions,
        Article.body, Article.more,
    ).order_by(Article.id)  # fmt: skip
    rows = (await session.execute(query)).all()
    return tuple(ArticleWords(*row[:4], tuple(row[4]), *row[5:]) for row in rows)


async def article_by_slug(session: AsyncSession, slug: str) -> Article | None:
    """One article."""
    return (await session.execute(select(Article).where(Article.slug == slug))).scalar_one_or_none()


async def titles_of_articles(session: AsyncSession) -> list[tuple[int, str]]:
    """Id and title of each article, by title."""
    query = select(Article.id, Article.title).order_by(Article.title, Article.id)
    return [(row[0], row[1]) for row in await session.execute(query)]
