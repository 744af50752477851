"""Recognises danger and violence before anything else is asked of a message.

It never learns: what it must catch is written in safety.yml and danger_signs.yml, and what only
sounds like it in safety_unless.yml.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from ruamel.yaml import YAML

from intents.danger_signs import DangerSigns
from intents.phrases import Phrases

EMERGENCY = "emergency"
VIOLENCE = "report_violence"
INTENTS = (VIOLENCE, EMERGENCY)

_WORD = re.compile(r"[a-z0-9]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}|([aiou])\2+\b")
_PIECE = re.compile(r"<(\w+)>")
# "can't" is one word: its t is not the "te" of hurried Spanish.
_APOSTROPHES = re.compile("['\u2019]")


class Guard:
    """The rules of danger, compiled once."""

    def __init__(
        self, rules: Mapping[str, Any], unless: Mapping[str, Any], signs: DangerSigns
    ) -> None:
        slips = {slip: word for word in rules["typos"] for slip in _slips(word)}
        real = {*rules["typos"], *rules["not_typos"]}
        meant = {s: w for s, w in slips.items() if s not in real}
        self._meant: dict[str, str] = meant | rules["short"]

        def phrases(patterns: list[str]) -> Phrases:
            return Phrases(_spelled(pattern, rules["pieces"]) for pattern in patterns)

        # People use few different words: each is read once.
        self._plain = lru_cache(maxsize=8192)(self._as_meant)
        self._signs = signs
        self._danger = {intent: phrases(rules[intent]["patterns"]) for intent in INTENTS}
        self._harmless = {intent: phrases(unless[intent]) for intent in INTENTS}
        self._past = phrases(rules[VIOLENCE]["past"])

    @classmethod
    def load(cls, path: Path) -> "Guard":
        """Read safety.yml and the two files beside it; a faulty pattern raises re.error."""
        yaml = YAML(typ="safe")
        signs = yaml.load(path.with_name("danger_signs.yml"))
        unless = yaml.load(path.with_name("safety_unless.yml"))
        return cls(yaml.load(path), unless, DangerSigns(**signs))

    def check(self, normalised: str) -> str | None:
        """The intent that may not wait, or None. Violence under way comes before all else."""
        text = " ".join(map(self._plain, _WORD.findall(_APOSTROPHES.sub("", normalised))))
        violence, emergency = self._finds(VIOLENCE, text), self._finds(EMERGENCY, text)
        if violence and emergency:
            return EMERGENCY if self._past.found_in(text) else VIOLENCE
        return VIOLENCE if violence else EMERGENCY if emergency else None

    def _finds(self, intent: str, text: str) -> bool:
        # Most messages hold no danger at all: only the others are read a second time.
        if not self._tells(intent, text):
            return False
        return self._tells(intent, self._harmless[intent].cut_from(text))

    def _tells(self, intent: str, text: str) -> bool:
        return self._signs.tell(intent, text.split()) or self._danger[intent].found_in(text)

    def _as_meant(self, word: str) -> str:
        plain = _DRAWN_OUT.sub(r"\1\2", word)
        return self._meant.get(plain, plain)


def _slips(word: str) -> Iterator[str]:
    """The word with one letter missing, changed, added or swapped with the next."""
    for i in range(len(word)):
        before, after = word[:i], word[i:]
        yield before + after[1:]
        yield before + after[1:2] + after[0] + after[2:]
        for letter in ascii_lowercase:
            yield before + letter + after[1:]
            yield before + letter + after


def _spelled(pattern: str, pieces: Mapping[str, str]) -> str:
    """The pattern with each <piece> written out, however deep."""
    while _PIECE.search(pattern):
        pattern = _PIECE.sub(lambda piece: pieces[piece[1]], pattern)
    return pattern
