"""How alike two reports are in what they say: the same thing, with the same trouble.

What means the same is data: `likeness.yml`. Whether they are about the same place is decided by who
compares. Pure.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer
from rapidfuzz import fuzz
from ruamel.yaml import YAML

from intents.normalise import tokenise

# How much a shared or a lone term counts: a thing, its trouble, any other word, what tells little.
THING, TROUBLE, WORD, MINOR = 1.0, 1.0, 0.55, 0.35


@dataclass(frozen=True)
class Gist:
    """What a report says, for comparing: its terms, and its words in one spelling."""

    terms: frozenset[str]
    plain: str


class Likeness:
    """Compares gists; the lists of `likeness.yml` read once."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._silent = frozenset(data["silent"])
        self._minor = frozenset(data["minor"])
        self._words: dict[str, str] = {}
        self._phrases: dict[str, str] = {}
        self._weights: dict[str, float] = {}
        for group, weight in (("things", THING), ("troubles", TROUBLE)):
            for name, said in data[group].items():
                term = f"={name}"
                self._weights[term] = MINOR if name in self._minor else weight
                for phrase in said:
                    if " " in phrase:
                        self._phrases[phrase] = term
                    else:
                        self._words[phrase] = term
        self._stems = {_stem(word): term for word, term in self._words.items()}
        longest_first = sorted(self._phrases, key=len, reverse=True)
        self._phrase = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")

    def gist(self, words: str, place: Collection[str] = ()) -> Gist:
        """What the words say; `place`: normalised words that only tell where."""
        said = [token.text for token in tokenise(words)]
        plain = " ".join(word for word in said if word not in place)
        terms = {self._phrases[phrase] for phrase in self._phrase.findall(plain)}
        for word in self._phrase.sub(" ", plain).split():
            if word not in self._silent and not word.isdigit() and len(word) > 1:
                terms.add(self._words.get(word) or self._stems.get(_stem(word)) or _stem(word))
        return Gist(frozenset(terms), plain)

    def compare(self, one: Gist, other: Gist) -> float:
        """From 0 to 1: how likely both say the same of the same place."""
        if not one.terms or not other.terms:
            return 0.0
        shared = self._weigh(one.terms & other.terms)
        first, second = self._weigh(one.terms), self._weigh(other.terms)
        dice = 2 * shared / (first + second)
        held = shared / min(first, second)
        letters = fuzz.token_set_ratio(one.plain, other.plain) / 100
        return DICE * dice + HELD * held + LETTERS * letters

    def _weigh(self, terms: Collection[str]) -> float:
        return sum(self._weights.get(term, WORD) for term in terms)


DICE, HELD, LETTERS = 0.5, 0.3, 0.2


@cache
def likeness() -> Likeness:
    """The one of `likeness.yml`."""
    text = Path(__file__).with_name("likeness.yml").read_text("utf-8")
    return Likeness(YAML(typ="safe").load(text))


@cache
def _stemmer() -> Any:
    return snowballstemmer.stemmer("spanish")


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))
