"""How a word sounds in Ecuador, so that "Chillogayo" and "kosina" are heard as they are meant."""

import re
from functools import lru_cache

# Longer spellings first; a vowel that decides the sound is only looked at.
_SPELLINGS = {
    "ch": "C", "sh": "C", "ll": "y", "qu": "k", "ph": "f",
    "gue": "ge", "gui": "gi", "hu": "w", "gu": "w",
    "ce": "se", "ci": "si", "ge": "je", "gi": "ji",
    "c": "k", "q": "k", "z": "s", "v": "b", "h": "", "-": "",
}  # fmt: skip
_SPELT = re.compile("|".join(_SPELLINGS))
_LAST_Y = re.compile(r"y(?![aeiou])")
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=4096)
def sound(word: str) -> str:
    """The sounds of lower-case letters without accents; one letter for each."""
    heard = _SPELT.sub(lambda spelt: _SPELLINGS[spelt[0]], word)
    return _DOUBLE.sub(r"\1", _LAST_Y.sub("i", heard)) or word
