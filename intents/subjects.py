"""What a workshop search is about: titles of the catalogue from everyday words, typos forgiven.

A subject that the catalogue doesn't have is still named, so that it is never replaced in silence.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

from intents.normalise import Token, normalise, tokenise

CUTOFF = 87  # one slip in eight letters
LONGEST = 5  # words of a phrase
# A subject's name and titles.
_Entry = tuple[str, frozenset[str]]
# Letters that sound alike here and are mixed up in writing; applied in this order.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ll", "y"), (r"qu(?=[ei])", "k"), (r"gu(?=[ei])", "g"), (r"ch", "C"), (r"sh", "C"),
        (r"h", ""), (r"g(?=[ei])", "j"), (r"c(?=[ei])", "s"), (r"[cq]", "k"), (r"z", "s"),
        (r"v", "b"), (r"w", "gu"), (r"n(?=[pb])", "m"), (r"y(?=$|\s)", "i"), (r"(.)\1", r"\1"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What was named, as it is shown; the titles that fit it, none if there are none; where."""

    name: str
    titles: frozenset[str]
    start: int
    end: int


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_name("subjects.yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@cache
def _no_typos() -> frozenset[str]:
    path = Path(__file__).parent / "gazetteers" / "common_words.yml"
    words = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["words"]
    return frozenset(map(str, words)) | _common()


@cache
def _common() -> frozenset[str]:
    return frozenset(_data()["common"])


@lru_cache(maxsize=4096)
def sound_of(phrase: str) -> str:
    """How a normalised word or phrase sounds: "cosina" and "cocina" are the same."""
    for pattern, sound in _SOUNDS:
        phrase = pattern.sub(sound, phrase)
    return phrase


def find_subjects(
    text: str, tokens: Sequence[Token], titles: Mapping[str, str]
) -> tuple[Subject, ...]:
    """Subjects in the order of the text; `titles`: search form (no accents) to title."""
    lexicon = _lexicon(tuple(sorted(titles.items())))
    words = [_spelled(token, text) for token in tokens]
    found: list[Subject] = []
    at = 0
    while at < len(words):
        length, entry = _longest(words, at, lexicon)
        if entry:
            name, held = entry
            start, end = tokens[at].start, tokens[at + length - 1].end
            found.append(Subject(name if held else text[start:end], held, start, end))
        at += length
    return tuple({s.name: s for s in found}.values())


def _longest(words: Sequence[str], at: int, lexicon: "_Lexicon") -> tuple[int, _Entry | None]:
    for length in range(min(LONGEST, len(words) - at), 0, -1):
        phrase = " ".join(words[at : at + length])
        if phrase in _common():
            continue
        entry = lexicon.phrases.get(sound_of(phrase))
        if entry and (length > 1 or words[at] in lexicon.written or words[at] not in _no_typos()):
            return length, entry
    word = words[at]
    if len(word) >= 5 and word not in _no_typos() and not word.isdigit():
        near = process.extractOne(
            sound_of(word), lexicon.words, scorer=fuzz.ratio, score_cutoff=CUTOFF
        )
        if near:
            return 1, lexicon.phrases[near[0]]
    return 1, None


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Name and titles by the sound of a phrase; sounds of single words; words as written."""

    phrases: Mapping[str, _Entry]
    words: tuple[str, ...]
    written: frozenset[str]


@lru_cache(maxsize=4)
def _lexicon(titles: tuple[tuple[str, str], ...]) -> _Lexicon:
    """Words of the titles, then what subjects.yml says of them, then whole titles."""
    said: dict[str, _Entry] = {}
    for plain, title in titles:
        for word, written in zip(plain.split(), title.lower().split(), strict=False):
            if len(word) > 3 and word not in said and not _says_no_subject(word):
                said[word] = written, _holding(titles, (word,))
    for row in _data()["subjects"]:
        names = [str(s) for s in row["said"]]
        held = _holding(titles, [*row.get("titles", ()), *names])
        for phrase in names:
            said[phrase] = row["name"], held
    for plain, title in titles:
        if " " in plain:
            said[plain] = title[0].lower() + title[1:], frozenset({plain})
    sounds = {sound_of(phrase): entry for phrase, entry in said.items()}
    single = tuple(sound_of(p) for p in said if " " not in p and len(p) > 4)
    return _Lexicon(sounds, single, frozenset(said))


def _says_no_subject(word: str) -> bool:
    return word in _common() or word in _data()["whole_categories"]


def _holding(titles: Sequence[tuple[str, str]], phrases: Collection[str]) -> frozenset[str]:
    return frozenset(
        plain for plain, _ in titles if any(f" {phrase} " in f" {plain} " for phrase in phrases)
    )


def _spelled(token: Token, text: str) -> str:
    """The word, told apart where only its spelling does: "uñas" from "unas"."""
    written = text[token.start : token.end].lower()
    return str(_data()["spelled"].get(written, token.text))


def is_whole_category(said: str) -> bool:
    """Whether the words for a category name all of it, not one subject ("deportes")."""
    return normalise(said) in _data()["whole_categories"]


def named_subject(text: str, tokens: Sequence[Token]) -> str | None:
    """What "talleres de …" is followed by, where it can be nothing but a subject."""
    data = _data()
    words = [token.text for token in tokens]
    for at, word in enumerate(words[:-1]):
        if word not in data["heads"]:
            continue
        first = at + 1
        while first < len(words) and words[first] in data["links"]:
            first += 1
        # "talleres gratis" names none: only after "de", "sobre", "a" does a subject follow.
        if first == at + 1 or first == len(words) or not _is_content(words[first]):
            continue
        last = first + 1
        while last < min(first + 4, len(words)):
            step = 2 if words[last] in data["inner_links"] else 1
            if last + step > len(words) or not _is_content(words[last + step - 1]):
                break
            last += step
        return text[tokens[first].start : tokens[last - 1].end]
    return None


def _is_content(word: str) -> bool:
    return len(word) > 3 and word.isalpha() and word not in _no_typos()


def speaks_no_spanish(text: str) -> bool:
    """Whether Spanish is named as what the writer doesn't speak."""
    return re.search(_data()["not_spoken"], normalise(text)) is not None


def asks_to_switch(text: str) -> bool:
    """Whether a language is named to speak it, not to learn it."""
    said, data = normalise(text), _data()
    if not set(said.split()).isdisjoint(data["switch"]):
        return True
    # "en inglés", not "menos inglés en el centro".
    before = "|".join(data["switch_before"])
    return re.search(rf"\b(?:{before}) (?:{'|'.join(data['languages'])})\b", said) is not None


def is_only_subject(text: str) -> bool:
    """Whether a short message names a subject and nothing else: "uñas", "corte de pelo"."""
    tokens = tokenise(text)
    subjects = find_subjects(text, tokens, {})
    covered = {t for s in subjects for t in tokens if s.start <= t.start < s.end}
    return bool(subjects) and all(t in covered or t.text in _data()["links"] for t in tokens)
