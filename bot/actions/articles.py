"""Answers from the knowledge articles, with source, date and what to do next."""

from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import entities, entity, intent_of, slot_of, text_of
from bot.services.articles import search_articles
from intents.normalise import normalise, tokenise
from responses.formats import format_long_date, format_month
from responses.render import Phrase
from storage.models import Article
from storage.queries.records import article_by_slug

Events = list[dict[str, Any]]


async def tell_article(dispatcher: CollectingDispatcher, tracker: Tracker, topic: str) -> None:
    """The article of the topic that fits best; that nothing is known, if there is none."""
    session = current.get().session
    chosen = entity(tracker, "article")
    article = await article_by_slug(session, chosen) if chosen else None
    if article is not None:
        _tell(dispatcher, tracker, article, more=True)
        return
    services = (*_services_of(text_of(tracker)), *entities(tracker, "theme"))
    found = await search_articles(session, topic, text_of(tracker), services)
    if not found:
        dispatcher.utter_message(response="utter_not_known")
        return
    _tell(dispatcher, tracker, found[0].article, more=False)


def _services_of(text: str) -> list[str]:
    """The services that are named; "el bono" alone is none in particular."""
    found = current.get().interpreter.finder.gazetteers.find(tokenise(text))
    return [
        m.value
        for m in found
        if m.entity == "mies_service"
        and normalise(text[m.start : m.end]) not in m.extra.get("generic", ())
    ]


def _tell(dispatcher: CollectingDispatcher, tracker: Tracker, article: Article, more: bool) -> None:
    language = slot_of(tracker, "language")
    translated = article.translations.get(language) or {}
    body = translated.get("body") or article.body
    longer = translated.get("more") or article.more
    in_form = bool(tracker.active_loop)
    buttons = []
    if longer and not more and not in_form:
        payload = f'/{article.topic}{{"article": "{article.slug}"}}'
        buttons.append({"title": Phrase("button_read_more"), "payload": payload})
    if not in_form:
        # Inside a form the open question follows: other ways on would only lead away from it.
        buttons += [
            {"title": Phrase(f"intent_{name}"), "payload": f"/{name}"}
            for name in article.next_intents
            if name != article.topic
        ]
    dispatcher.utter_message(
        response="utter_article",
        body=longer if more and longer else body,
        source=article.source,
        source_date=_source_date(article.source_date, language),
        buttons=buttons,
    )


def _source_date(written: str, language: str) -> str:
    """2025, octubre 2025 or 21 de noviembre de 2024: as exact as the source is dated."""
    parts = [int(p) for p in written.split("-")]
    if len(parts) == 1:
        return written
    if len(parts) == 2:
        return format_month(date(parts[0], parts[1], 1), language)
    return format_long_date(date(parts[0], parts[1], parts[2]), language)


class ActionAnswerArticle(Action):
    """The answer to a question that an article holds."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_answer_article"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        """The topic is the intent."""
        await tell_article(dispatcher, tracker, intent_of(tracker))
        return []


ACTIONS = (ActionAnswerArticle,)
