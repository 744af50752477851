"""Teaching Somos what it did not understand: alike messages together, one decision for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz, process
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.services.learning import approve, learnable, refuse
from intents.interpreter import DANGER
from storage.models import Article, Example
from storage.models.learning import LONGEST
from storage.queries import audit

# From here on two spellings say the same; below, one word makes another question of it.
ALIKE = 88.0
LIKELY = 3
# What a click may not teach: whoever wants to needs to choose it among all meanings.
NEVER_OFFERED = DANGER | {"affirm", "deny", "cancel", "repeat", "out_of_scope"}


@dataclass(frozen=True)
class Group:
    """Messages that say nearly the same, the most frequent first."""

    examples: tuple[Example, ...]

    @property
    def head(self) -> Example:
        """The one that stands for them."""
        return self.examples[0]

    @property
    def count(self) -> int:
        """How often they came in all."""
        return sum(e.count for e in self.examples)

    @property
    def likely(self) -> list[str]:
        """What they may mean: what citizens chose next, most of all, then the guess."""
        chosen: dict[str, int] = {}
        for example in self.examples:
            for intent, times in example.chosen.items():
                chosen[intent] = chosen.get(intent, 0) + times
        ranked = sorted(chosen, key=lambda i: -chosen[i])
        ranked += [e.guess for e in self.examples if e.guess]
        known = set(learnable()) - NEVER_OFFERED
        return [i for i in dict.fromkeys(ranked) if i in known][:LIKELY]


def grouped(examples: Sequence[Example]) -> list[Group]:
    """Each example joins the first one before it that it is alike; most frequent groups first."""
    heads: list[str] = []
    groups: list[list[Example]] = []
    for example in examples:
        found = process.extractOne(example.plain, heads, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if found is None:
            heads.append(example.plain)
            groups.append([example])
        else:
            groups[found[2]].append(example)
    return sorted((Group(tuple(g)) for g in groups), key=lambda g: -g.count)


@dataclass(frozen=True)
class Teacher:
    """Who decides, now."""

    session: AsyncSession
    now: datetime
    actor: str

    async def means(self, ids: Sequence[int], intent: str, text: str = "") -> None:
        """Make examples of an intent; `text` puts the first in better words."""
        for number, example_id in enumerate(ids):
            better = text if number == 0 else None
            await approve(self.session, example_id, intent, self.actor, self.now, better)

    async def set_aside(self, ids: Sequence[int]) -> None:
        """Keep messages out of the training."""
        for example_id in ids:
            await refuse(self.session, example_id, self.actor, self.now)

    async def asks(self, ids: Sequence[int], article_id: int, text: str) -> Article:
        """Make the text a question of an article, and the messages examples of its topic.

        Raises SomosError for an unknown article, or without a text.
        """
        question = " ".join(text.split())[:LONGEST]
        article = await self.session.get(Article, article_id, with_for_update=True)
        if article is None or not question:
            raise SomosError("staff_question_where")
        if question not in article.questions:
            article.questions = [*article.questions, question]
            audit.note(self.session, self.now, self.actor, "add_question",
                       f"article:{article.id}", after={"question": question})  # fmt: skip
        if article.topic in learnable():
            await self.means(ids, article.topic, question)
        else:
            await self.set_aside(ids)
        return article
