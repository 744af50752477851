"""Tells English from Spanish by the small words that every sentence has; names tell nothing."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import tokenise

# One word of a language may be a name or a joke; English in between needs to outweigh the other.
FEWEST = {"en": 2, "es": 3}
CLEARLY = 3


@cache
def _words() -> dict[str, frozenset[str]]:
    data = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    return {language: frozenset(map(str, words)) for language, words in data.items()}


def written_in(text: str, entities: Iterable[Mapping[str, Any]]) -> str | None:
    """`en` or `es` where the text is clearly in it; entities are those of its parse."""
    named = [(e["start"], e["end"]) for e in entities if e["entity"] in ("casa", "neighbourhood")]
    said = [
        t.text for t in tokenise(text) if not any(start <= t.start < end for start, end in named)
    ]
    count = {language: _count(said, words) for language, words in _words().items()}
    for language, other in (("en", "es"), ("es", "en")):
        if count[language] >= max(FEWEST[language], CLEARLY * count[other]):
            return language
    return None


def _count(said: Sequence[str], words: frozenset[str]) -> int:
    return sum(word in words for word in said)
