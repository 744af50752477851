"""The words of a question as search terms: concepts, and stems for what is in no concept.

Which words mean the same, and which mean nothing here, is data: `lexicon.yml`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from intents.normalise import normalise, tokenise

# In shorter words only another spelling of the same sound is forgiven ("vono"), from six letters
# on one slip, from ten on two.
SHORTEST, MIDDLE, LONG = 4, 6, 10
TYPO_CERTAINTY = 0.85
# A message of so many words may be a story with a question in it.
STORY_WORDS = 9
# Shorter words share their stem with too many others.
KIN = 5
AGE, AGE_CERTAINTY, OLD_CERTAINTY = "=age", 0.5, 0.6
# Letters that people swap by sound, and repeated ones.
_SOUNDS = str.maketrans("vzkyw", "bscig")


class Lexicon:
    """Turns text into terms. Concepts begin with "=", so that no stem is mistaken for one."""

    def __init__(
        self, data: Mapping[str, Any], texts: Iterable[str], common: Iterable[str] = ()
    ) -> None:
        self.aspects = frozenset(f"={name}" for name in data["aspects"])
        self.minor: Mapping[str, float] = {f"={k}": v for k, v in data["minor"].items()}
        self.quiet = frozenset(_stem(word) for word in data["quiet"])
        self._silent = frozenset(data["silent"])
        self._concept: dict[str, str] = {}
        phrases: dict[str, str] = {}
        for name, said in data["concepts"].items():
            for phrase in said:
                (phrases if " " in phrase else self._concept)[phrase] = f"={name}"
        longest_first = sorted(phrases, key=len, reverse=True)
        self._phrases = phrases
        self._phrase = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
        self._old = data["old_age"]
        self._common = frozenset(common)
        joints = "|".join(map(re.escape, data["joints"]))
        self._joint = re.compile(rf"[.,;:!?¡¿\n]+|\b(?:{joints})\b")
        ages = "|".join(data["age_words"])
        self._age = re.compile(rf"\b\d{{1,3}} (?:{ages})\b")
        self._known = dict(self._concept)
        words = {token.text for text in texts for token in tokenise(text)}
        # Other forms of a concept's words mean the same: "reporto" is "reportar".
        self._kin = {_stem(w): c for w, c in self._concept.items() if len(w) >= KIN}
        for word in sorted(words - self._silent - self._known.keys()):
            self._known[word] = self._term(word)
        self._stems = frozenset(self._known.values())
        self._by_length: dict[tuple[str, int], dict[str, str]] = {}
        for word in self._known:
            sound = _sound(word)
            # Whoever slips gets the first letter right, or one that sounds like it.
            self._by_length.setdefault((sound[:1], len(word)), {})[word] = sound

    @classmethod
    def load(cls, texts: Iterable[str]) -> "Lexicon":
        """The lexicon of `lexicon.yml`; a typo is read as a word of it or of these texts."""
        folder, yaml = Path(__file__).parent, YAML(typ="safe")
        common = yaml.load((folder / "gazetteers" / "common_words.yml").read_text("utf-8"))
        return cls(yaml.load((folder / "lexicon.yml").read_text("utf-8")), texts, common["words"])

    def terms(self, text: str, forgiving: bool = False) -> dict[str, float]:
        """Terms with how sure we are of each; `forgiving` also reads typos as what is known."""
        said = " ".join(token.text for token in tokenise(text))
        found: dict[str, float] = {}
        if forgiving and self._age.search(said):
            found[AGE] = AGE_CERTAINTY
        for phrase in self._phrase.findall(said):
            found[self._phrases[phrase]] = 1.0
        for word in self._phrase.sub(" ", said).split():
            if word in self._silent:
                continue
            term, sure = self._read(word, forgiving)
            if term:
                found[term] = max(sure, found.get(term, 0.0))
        return found

    def clauses(self, text: str) -> list[str]:
        """What a long message says one after the other; nothing for a short one."""
        if len(text.split()) < STORY_WORDS:
            return []
        parts = (part.strip() for part in self._joint.split(normalise(text)))
        return [part for part in parts if len(part.split()) > 1]

    def _read(self, word: str, forgiving: bool) -> tuple[str, float]:
        if word in self._known and not word.isdigit():
            return self._known[word], 1.0
        if word.isdigit():
            return self._number(int(word))
        stem = self._term(word)
        if not forgiving or stem in self._stems or len(word) < SHORTEST or word in self._common:
            return stem, 1.0
        near = self._nearest(word)
        return (self._known[near], TYPO_CERTAINTY) if near else (stem, 1.0)

    def _term(self, word: str) -> str:
        stem = _stem(word)
        return self._kin.get(stem, stem) if len(word) >= KIN else stem

    def _number(self, number: int) -> tuple[str, float]:
        if str(number) in self._concept:
            return self._concept[str(number)], 1.0
        is_old = self._old["from"] <= number <= self._old["to"]
        return (f"={self._old['concept']}", OLD_CERTAINTY) if is_old else ("", 0.0)

    def _nearest(self, word: str) -> str | None:
        sound = _sound(word)
        if not sound:
            return None
        slips = 2 if len(word) >= LONG else 1 if len(word) >= MIDDLE else 0
        near: tuple[int, str] | None = None
        for length in range(len(word) - slips - 1, len(word) + slips + 2):
            words = self._by_length.get((sound[0], length), {})
            hit = process.extractOne(
                sound, words, scorer=OSA.distance, score_cutoff=slips, processor=None
            )
            if hit is not None and (near is None or hit[1] < near[0]):
                near = (int(hit[1]), str(hit[2]))
        return near[1] if near else None


@cache
def _plain_lexicon() -> Lexicon:
    return Lexicon.load(())


def asks_only_part(text: str) -> bool:
    """Whether a part of something is asked for (how much, who, which papers), in known words."""
    lexicon = _plain_lexicon()
    terms = lexicon.terms(text)
    return all(t.startswith("=") for t in terms) and not lexicon.aspects.isdisjoint(terms)


def _sound(word: str) -> str:
    """The word as it sounds: "kiero", "quiero"; "vono", "bono"."""
    plain = re.sub(r"(.)\1+", r"\1", word.replace("qu", "k").replace("h", "").translate(_SOUNDS))
    return re.sub(r"c(?=[ei])", "s", plain)


@cache
def _stemmer() -> Any:
    return snowballstemmer.stemmer("spanish")


def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))
