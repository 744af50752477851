"""How well the search in articles answers a file of questions: for `make bench` and the tests.

A question has `ask`, and `article`: the slug or slugs that answer it, or null if none does. `says`
is what the passage shown must contain, `near: true` that only this about a known service is not.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from bot.services.articles import SURE, question_of, search
from intents.interpreter import Interpreter
from intents.retrieval import Hit
from storage.queries.articles import ArticleWords


def measure_articles(
    articles: tuple[ArticleWords, ...],
    interpreter: Interpreter,
    questions: Iterable[Mapping[str, Any]],
    today: date,
) -> dict[str, Any]:
    """Shares of the questions, 0 to 1, and what went wrong.

    `first`, `first_three`: the right article is there; `answered`: it is also given as the answer;
    `refused`: an article holds it and Somos says that it is not sure; `admitted`: no article holds
    it and Somos says so; `admitted_near`: of those about a service that it knows; `passage`: of the
    right ones with `says`, the passage shown contains it.
    """
    bodies = {a.slug: (a.body, a.more or "") for a in articles}
    known, unknown, passages = [], [], []
    wrong: list[str] = []
    for row in questions:
        question = question_of(interpreter.parse(row["ask"], today), interpreter)
        hits, certainty = search(articles, question)
        is_sure = certainty >= SURE
        right = [row["article"]] if isinstance(row["article"], str) else row["article"]
        if not right:
            unknown.append((not is_sure, bool(row.get("near"))))
        else:
            known.append((_place(hits, right), is_sure))
            if row.get("says") and known[-1][0] == 0:
                passages.append(row["says"] in bodies[hits[0].key][hits[0].passage])
        if is_sure if not right else known[-1] != (0, True):
            wrong.append(f"{row['ask']!r}: {[h.key for h in hits[:3]]}, sure: {is_sure}")
    return {
        "questions": len(known) + len(unknown),
        "first": _share([place == 0 for place, _ in known]),
        "first_three": _share([place < 3 for place, _ in known]),
        "answered": _share([place == 0 and sure for place, sure in known]),
        "refused": _share([not sure for _, sure in known]),
        "admitted": _share([admitted for admitted, _ in unknown]),
        "admitted_near": _share([admitted for admitted, near in unknown if near]),
        "passage": _share(passages),
        "wrong": wrong,
    }


def _place(hits: Sequence[Hit], right: Sequence[str]) -> int:
    return next((n for n, hit in enumerate(hits) if hit.key in right), len(hits) + 3)


def _share(yes: Sequence[bool]) -> float:
    return sum(yes) / len(yes) if yes else 1.0
