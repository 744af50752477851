"""What Somos did not understand: grouped, taught with a click. Nothing leads to its writers."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.panel.core import HOME, NotFoundError, Panel
from bot.services.learning import learnable
from bot.services.staff import StaffMember
from bot.services.teaching import Group, Teacher, grouped
from storage.models import Example
from storage.queries import learning as queries
from storage.queries.articles import titles_of_articles

PATH = f"{HOME}/no-entendidos"
SHOWN = 100
Ids = Annotated[list[int], Form()]
Text = Annotated[str, Form()]


def make_router(panel: Panel) -> APIRouter:
    """`/panel/no-entendidos`."""
    router = APIRouter(prefix=PATH)
    _add_pages(router, panel)
    _add_decisions(router, panel)
    return router


def _add_pages(router: APIRouter, panel: Panel) -> None:
    def label(intent: str) -> str:
        key = f"intent_{intent}"
        return panel.words(key if key in panel.words else f"meaning_{intent}")

    @router.get("")
    async def unclear(
        request: Request, count: int = 0, after: int = 0,
        me: StaffMember = panel.reader("learning"),
    ) -> Response:  # fmt: skip
        last = (count, after) if after else None
        async with panel.database.read() as session:
            found = await queries.frequent_examples(session, "new", last, SHOWN + 1)
        return panel.page(
            request, "unclear/list.html", me, groups=grouped(found[:SHOWN]), label=label,
            next=found[SHOWN - 1] if len(found) > SHOWN else None,
        )  # fmt: skip

    @router.get("/{example_id}")
    async def one(
        request: Request, example_id: int, me: StaffMember = panel.reader("learning")
    ) -> Response:
        async with panel.database.read() as session:
            head = await session.get(Example, example_id)
            if head is None:
                raise NotFoundError
            others = await queries.frequent_examples(session, "new", None, SHOWN)
            articles = await titles_of_articles(session)
        # The group as the list showed it, if it is still there.
        groups = grouped(others)
        group = next((g for g in groups if g.head.id == head.id), Group((head,)))
        labels = sorted(((label(i), i) for i in learnable()), key=lambda pair: pair[0].casefold())
        return panel.page(request, "unclear/one.html", me, group=group, head=head, labels=labels,
                          label=label, articles=articles)  # fmt: skip


def _add_decisions(router: APIRouter, panel: Panel) -> None:
    @router.post("/ejemplo")
    async def means(
        ids: Ids, intent: Text, text: Text = "", me: StaffMember = panel.writer("learning")
    ) -> Response:
        async with panel.database.write() as session:
            await Teacher(session, panel.clock(), me.email).means(ids, intent, text)
        return panel.back(PATH, "example_taught")

    @router.post("/pregunta")
    async def asks(
        ids: Ids, article: Annotated[int, Form()], text: Text,
        me: StaffMember = panel.writer("learning"),
    ) -> Response:  # fmt: skip
        async with panel.database.write() as session:
            teacher = Teacher(session, panel.clock(), me.email)
            found = await teacher.asks(ids, article, text)
        return panel.back(PATH, "question_added", title=found.title)

    @router.post("/apartar")
    async def set_aside(ids: Ids, me: StaffMember = panel.writer("learning")) -> Response:
        async with panel.database.write() as session:
            await Teacher(session, panel.clock(), me.email).set_aside(ids)
        return panel.back(PATH, "example_set_aside")
