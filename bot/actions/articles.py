"""Answers from the knowledge articles, with source, date and what to do next."""

import json
from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.context import current
from bot.actions.reading import entity, intent_of, slot_of, text_of
from bot.services.articles import (
    VERY_SURE,
    Found,
    completed,
    find_article,
    first_article,
    question_of,
    stands_alone,
)
from responses.formats import format_long_date, format_month
from responses.render import Phrase
from storage.models import Article
from storage.queries.articles import article_by_slug

Events = list[dict[str, Any]]
# The part of an article that a button asks for; without it, what else there is to say.
BODY = "0"
# Intents that an article's button may carry: the others begin something else.
_CARRIERS = ("ask_casa_somos", "ask_mies", "ask_social", "ask_participation", "ask_privacy",
             "ask_diploma", "ask_enrollment", "ask_entrepreneurship", "ask_vacation",
             "propose_workshop", "request_space")  # fmt: skip
_MINISTRY = ("ask_mies", "ask_social")


async def tell_article(
    dispatcher: CollectingDispatcher, tracker: Tracker, topic: str
) -> Article | None:
    """The article that answers; else that this is not confirmed, who knows it, and what is near.

    Returns the article that was told, if one was.
    """
    session = current.get().session
    chosen = entity(tracker, "article")
    article = await article_by_slug(session, chosen) if chosen else None
    if article is not None:
        _tell(dispatcher, tracker, article, passage=0 if entity(tracker, "page") == BODY else 1)
        return article
    if not text_of(tracker):
        article = await first_article(session, topic)
        if article is not None:
            _tell(dispatcher, tracker, article)
            return article
    found = await _find(tracker)
    if found is None or (not found.is_sure and tracker.active_loop):
        dispatcher.utter_message(response="utter_not_known")
    elif found.is_sure:
        _tell(dispatcher, tracker, found.article, found.passage)
        return found.article
    else:
        _offer_nearest(dispatcher, found, topic)
    return None


async def tell_if_very_sure(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Answer what the classifier did not understand, where an article leaves little doubt."""
    found = await _find(tracker) if text_of(tracker) else None
    if found is None or found.certainty < VERY_SURE:
        return False
    _tell(dispatcher, tracker, found.article, found.passage)
    return True


async def _find(tracker: Tracker) -> Found | None:
    context, message = current.get(), tracker.latest_message
    question = question_of(message, context.interpreter)
    told = message.get("of_article")
    if not told:
        return await find_article(context.session, question)
    alone = await find_article(context.session, question)
    is_new = alone is not None and alone.article.slug != told
    if alone is not None and is_new and stands_alone(alone, question, intent_of(tracker)):
        return alone
    whole = await completed(context.session, question, told, message.get("of_service"))
    return await find_article(context.session, whole)


def _offer_nearest(dispatcher: CollectingDispatcher, found: Found, topic: str) -> None:
    ministry = (found.article.topic if not topic.startswith("ask_") else topic).startswith(
        _MINISTRY
    )
    dispatcher.utter_message(
        response="utter_article_unsure",
        where=Phrase("where_to_ask_mies" if ministry else "where_to_ask_city"),
        buttons=[{"title": a.title, "payload": _payload(a, BODY)} for a in found.nearest],
    )


def _payload(article: Article, page: str | None = None) -> str:
    carrier = article.topic if article.topic.startswith(_CARRIERS) else _CARRIERS[0]
    values = {"article": article.slug} | ({"page": page} if page else {})
    return f"/{carrier}{json.dumps(values)}"


def _tell(
    dispatcher: CollectingDispatcher, tracker: Tracker, article: Article, passage: int = 0
) -> None:
    """A passage of the article (1 is the longer part), the way to the other one, and next steps."""
    language = slot_of(tracker, "language")
    translated = article.translations.get(language) or {}
    body = translated.get("body") or article.body
    longer = translated.get("more") or article.more
    is_longer = bool(passage and longer)
    in_form = bool(tracker.active_loop)
    buttons = []
    is_last = entity(tracker, "article") and entity(tracker, "page") != BODY
    if longer and not in_form and not is_last:
        payload = _payload(article, BODY if is_longer else None)
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
        body=longer if is_longer else body,
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
        told = await tell_article(dispatcher, tracker, intent_of(tracker))
        held = slot_of(tracker, "shown")
        if told is None or tracker.active_loop or (held and held["kind"] != "article"):
            return []
        if tracker.latest_message.get("of_article") and told.service is None:
            # "¿Y dónde se cobra?" is about payments, but the talk is still of the bonus.
            return []
        # "¿Cuándo pagan el bono?" is answered by what holds for all: the talk is of the bonus.
        service = told.service or entity(tracker, "mies_service")
        shown = {"kind": "article", "slug": told.slug, "topic": told.topic, "service": service}
        return [SlotSet("shown", shown)]


ACTIONS = (ActionAnswerArticle,)
