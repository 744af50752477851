"""The subject of a workshop search: words of titles, everyday words for them, "gratis"."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

from intents.normalise import normalise, tokenise

CUTOFF = 87  # one slip in eight letters


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_name("subjects.yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


def subjects_of(text: str, title_words: Iterable[str]) -> tuple[str, ...]:
    """The words of `title_words` that the text means, typos forgiven, in order, once each."""
    data = _data()
    known = set(title_words) - set(data["common"])
    found: list[str] = []
    for token in tokenise(text):
        word = data["synonyms"].get(token.text, token.text)
        if len(word) < 4 or word in data["common"]:
            continue
        if word not in known and len(word) >= 5:
            near = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=CUTOFF)
            word = near[0] if near else word
        if word in known:
            found.append(word)
    return tuple(dict.fromkeys(found))


def asks_for_free(text: str) -> bool:
    """Whether it must cost nothing."""
    said, data = normalise(text), _data()
    words = set(said.split())
    return not words.isdisjoint(data["free"]) or any(p in said for p in data["free_phrases"])


def asks_to_switch(text: str) -> bool:
    """Whether a language is named to speak it, not to learn it."""
    return not set(normalise(text).split()).isdisjoint(_data()["switch"])
