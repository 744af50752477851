"""The knowledge articles of the seed: short, sourced, dated and in two languages."""

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from intents.normalise import normalise

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "storage/seed/articles").glob("*.yml"))
DOMAIN = ROOT / "intents/domain.yml"
yaml = YAML(typ="safe")
ARTICLES = [(file.stem, a) for file in FILES for a in yaml.load(file)["articles"]]

every_article = pytest.mark.parametrize(
    ("stem", "article"), ARTICLES, ids=[article["slug"] for _, article in ARTICLES]
)


@cache
def known_intents() -> set[str]:
    """Intents of the Rasa domain, where an entry is a name or a mapping with one name."""
    entries = yaml.load(DOMAIN)["intents"]
    return {entry if isinstance(entry, str) else next(iter(entry)) for entry in entries}


def texts(article: dict) -> list[str]:
    """All that a citizen may read of the article, in both languages."""
    languages = (article, article["en"])
    return [lang[key] for lang in languages for key in ("title", "body", "more") if key in lang]


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_there_are_articles():
    assert ARTICLES


def test_no_two_articles_share_a_slug():
    assert repeated([article["slug"] for _, article in ARTICLES]) == []


def test_no_two_articles_claim_the_same_question():
    asked = [normalise(question) for _, article in ARTICLES for question in article["questions"]]
    assert repeated(asked) == []


@every_article
def test_an_article_has_only_fields_that_we_know(stem, article):
    required = {"slug", "topic", "title", "questions", "body", "next", "en"}
    required |= {"source", "source_date", "checked", "confidence"}
    assert required <= article.keys() <= required | {"service", "more"}


@every_article
def test_an_article_says_where_it_comes_from_and_how_sure_it_is(stem, article):
    assert article["source"].strip()
    assert len(article["source"]) <= 300
    assert re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", article["source_date"])
    assert isinstance(article["checked"], date)
    assert article["source_date"] <= article["checked"].isoformat()
    assert article["confidence"] in {"high", "medium", "low"}


@every_article
def test_names_are_written_as_names(stem, article):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article["slug"])
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article.get("service", "bdh"))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in [article["topic"], *article["next"]])


@every_article
def test_an_article_lives_in_the_file_of_its_topic(stem, article):
    assert article["topic"] == stem


@every_article
def test_an_article_offers_one_to_three_different_next_steps(stem, article):
    assert 1 <= len(article["next"]) <= 3
    assert repeated(article["next"]) == []


@every_article
def test_topics_and_next_steps_are_intents_of_the_domain(stem, article):
    assert {article["topic"], *article["next"]} <= known_intents()


@every_article
def test_an_article_knows_three_to_ten_ways_of_asking_without_accents(stem, article):
    assert 3 <= len(article["questions"]) <= 10
    assert [normalise(question) for question in article["questions"]] == article["questions"]


@every_article
def test_an_article_is_short_in_both_languages(stem, article):
    for language in (article, article["en"]):
        assert len(language["body"].split()) <= 60
        assert len(language.get("more", "").split()) <= 90


@every_article
def test_an_article_does_not_shout_nor_show_our_machines(stem, article):
    for text in texts(article):
        assert "!" not in text
        assert "¡" not in text
        assert not re.search(r"/(home|root|tmp|usr)/", text)


@every_article
def test_an_article_leaves_its_source_to_the_system(stem, article):
    assert not any("Fuente:" in text or "Source:" in text for text in texts(article))


@every_article
def test_an_article_has_the_same_parts_in_english(stem, article):
    spoken = {"title", "body", "more"} & article.keys()
    assert article["en"].keys() == spoken
    assert all(article["en"][part].strip() for part in spoken)


@every_article
def test_the_ministry_is_first_named_with_its_new_name(stem, article):
    for language, new in ((article, "MIES (hoy"), (article["en"], "MIES (now")):
        said = f"{language['body']} {language.get('more', '')}"
        assert "MIES" not in said or said.index("MIES") == said.index(new)
