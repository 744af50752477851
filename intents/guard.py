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
_FIRST = re.compile(r"\b[a-z0-9]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}|([aiou])\2+\b")
_PIECE = re.compile(r"<(\w+)>")


class Guard:
    """The patterns of safety.yml, compiled once."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        slips = {slip: word for word in rules["typos"] for slip in _slips(word)}
        real = {*rules["typos"], *rules["not_typos"]}
        self._meant = {s: w for s, w in slips.items() if s not in real} | rules["short"]
        written = {
            (intent, kind): [_spelled(p, rules["pieces"]) for p in patterns]
            for intent in (VIOLENCE, EMERGENCY)
            for kind, patterns in rules[intent].items()
            if kind in ("patterns", "past", "unless")
        }
        self._danger = {i: _by_letter(written[i, "patterns"]) for i in (VIOLENCE, EMERGENCY)}
        self._harmless = {i: _any(written[i, "unless"]) for i in (VIOLENCE, EMERGENCY)}
        self._past = _any(written[VIOLENCE, "past"])

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
        return _starts(danger, text) and _starts(danger, self._harmless[intent].sub("|", text))

    def _plain(self, normalised: str) -> str:
        words = _WORD.findall(_DRAWN_OUT.sub(r"\1\2", normalised))
        return " ".join(self._meant.get(word, word) for word in words)


def _starts(danger: Mapping[str, re.Pattern[str]], text: str) -> bool:
    """Whether a dangerous phrase starts at some word of the text."""
    for letter in _FIRST.finditer(text):
        phrases = danger.get(letter.group())
        if phrases and phrases.match(text, letter.start()):
            return True
    return False


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


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + ")")


def _by_letter(patterns: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """The patterns by the letters they can begin with: three times as fast as trying them all."""
    found: dict[str, list[str]] = defaultdict(list)
    for pattern in patterns:
        for letter in _first_letters(pattern):
            found[letter].append(pattern)
    return {letter: _any(group) for letter, group in found.items()}


def _first_letters(pattern: str) -> set[str]:
    if pattern.startswith("(?<!"):
        return _first_letters(pattern[pattern.index(")") + 1 :])
    if pattern.startswith("("):
        alternatives, rest = _alternatives(pattern)
        letters = set[str]().union(*map(_first_letters, alternatives))
    elif pattern.startswith("["):
        end = pattern.index("]")
        letters, rest = set(pattern[1:end]), pattern[end + 1 :]
    else:
        letters, rest = set(pattern[:1]), pattern[1:]
    if not letters <= {*ascii_lowercase, *"0123456789"}:
        raise ValueError(pattern)
    return letters | _first_letters(rest[1:]) if rest.startswith(("?", "*")) else letters


def _alternatives(group: str) -> tuple[list[str], str]:
    """What a leading (?:a|b) offers, and what follows it."""
    depth, start, found = 0, len("(?:"), list[str]()
    for i, char in enumerate(group):
        depth += (char == "(") - (char == ")")
        if depth == 0 or (depth == 1 and char == "|"):
            found.append(group[start:i])
            start = i + 1
        if depth == 0:
            return found, group[start:]
    raise ValueError(group)
