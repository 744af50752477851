"""Recognises danger and violence before anything else is asked of a message.

It never learns: what it must catch, and what is harmless, is written in safety.yml.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from ruamel.yaml import YAML

EMERGENCY = "emergency"
VIOLENCE = "report_violence"

_WORD = re.compile(r"[a-z0-9]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}|([aiou])\2+\b")
_PIECE = re.compile(r"<(\w+)>")
_LEAD = re.compile(r"(?:\(\?<!\\ba \))?(?:<\w+> )+")


class Guard:
    """The patterns of safety.yml, compiled once."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        pieces: Mapping[str, str] = rules["pieces"]
        slips = {slip: word for word in rules["typos"] for slip in _slips(word)}
        real = {*rules["typos"], *rules["not_typos"]}
        self._meant = {s: w for s, w in slips.items() if s not in real} | rules["short"]
        self._danger = {i: _any(rules[i]["patterns"], pieces) for i in (VIOLENCE, EMERGENCY)}
        self._harmless = {i: _any(rules[i]["unless"], pieces) for i in (VIOLENCE, EMERGENCY)}
        self._past = _any(rules[VIOLENCE]["past"], pieces)

    @classmethod
    def load(cls, path: Path) -> "Guard":
        """Read the rules; a pattern that is no regular expression raises re.error."""
        return cls(YAML(typ="safe").load(path))

    def check(self, normalised: str) -> str | None:
        """The intent that may not wait, or None. Violence under way comes before all else."""
        text = self._plain(normalised)
        violence, emergency = self._finds(VIOLENCE, text), self._finds(EMERGENCY, text)
        if violence and emergency:
            return EMERGENCY if self._past.search(text) else VIOLENCE
        return VIOLENCE if violence else EMERGENCY if emergency else None

    def _finds(self, intent: str, text: str) -> bool:
        # Most messages hold no danger at all: only the others are read a second time.
        danger = self._danger[intent]
        return bool(danger.search(text) and danger.search(self._harmless[intent].sub("|", text)))

    def _plain(self, normalised: str) -> str:
        words = _WORD.findall(_DRAWN_OUT.sub(r"\1\2", normalised))
        return " ".join(self._meant.get(word, word) for word in words)


def _slips(word: str) -> Iterator[str]:
    """The word with one letter missing, changed, added or swapped with the next."""
    for i in range(len(word)):
        before, after = word[:i], word[i:]
        yield before + after[1:]
        yield before + after[1:2] + after[0] + after[2:]
        for letter in ascii_lowercase:
            yield before + letter + after[1:]
            yield before + letter + after


def _any(patterns: Iterable[str], pieces: Mapping[str, str]) -> re.Pattern[str]:
    """One expression for all; what begins with the same pieces tries them only once."""
    rest: dict[str, list[str]] = defaultdict(list)
    for pattern in patterns:
        lead = _LEAD.match(pattern)
        end = lead.end() if lead else 0
        rest[pattern[:end]].append(pattern[end:])
    grouped = (f"{lead}(?:{'|'.join(ends)})" for lead, ends in rest.items())
    return re.compile(r"\b(?:" + _spelled("|".join(grouped), pieces) + ")")


def _spelled(pattern: str, pieces: Mapping[str, str]) -> str:
    """The pattern with each <piece> written out, however deep."""
    while _PIECE.search(pattern):
        pattern = _PIECE.sub(lambda piece: pieces[piece[1]], pattern)
    return pattern
