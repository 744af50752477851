"""One spelling for comparing: lower case, no accents, no decoration.

Tokens keep their offsets in the text as written, so that an entity can be shown as it was said.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
# Zero-width and bidirectional controls change what is seen, never what is meant.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Token(NamedTuple):
    """A normalised word and where it stands in the original text."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=2048)
def _fold(char: str) -> str:
    """One character without accent or case; a space where nothing can be compared."""
    decomposed = unicodedata.normalize("NFKD", char).lower()
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    if _INVISIBLE.match(char):
        return ""
    return kept if kept.isprintable() else " "


# What nearly all messages are made of, one letter for each: the rest is folded one by one.
_WESTERN = {chr(n): _fold(chr(n)) for n in (ord("\n"), *range(0xA1, 0x100))}
_ONE_EACH = str.maketrans({char: kept for char, kept in _WESTERN.items() if len(kept) == 1})
_PLAIN = re.compile(f"[ -~{re.escape(''.join(map(chr, _ONE_EACH)))}]*")


# Several readers fold the same message, one after the other.
@lru_cache(maxsize=8)
def fold(text: str) -> tuple[str, Sequence[int]]:
    """The folded text and, for each of its characters, its index in the original."""
    if text.isascii() and text.isprintable():
        return text.lower(), range(len(text))
    if _PLAIN.fullmatch(text):
        return text.translate(_ONE_EACH).lower(), range(len(text))
    out: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        folded = char.lower() if char.isascii() and char.isprintable() else _fold(char)
        out.append(folded)
        origin.extend([index] * len(folded))
    return "".join(out), origin


def normalise(text: str) -> str:
    """Lower case, without accents or invisible characters, single spaces."""
    return " ".join(fold(text)[0].split())


def tokenise(text: str) -> list[Token]:
    """Words of the text, normalised, with offsets in the text as written."""
    folded, origin = fold(text)
    if isinstance(origin, range):
        return [Token(m[0], *m.span()) for m in _WORD.finditer(folded)]
    return [
        Token(m.group(), origin[m.start()], origin[m.end() - 1] + 1) for m in _WORD.finditer(folded)
    ]
