"""How a message sounds once typing habits are set aside: the words that the classifier compares.

Chat abbreviations, joined words, drawn-out letters and emoji become ordinary words; nothing here
is shown or stored, so a wrong guess costs a feature and never a citizen's words.
"""

import re
from functools import cache, lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from intents.normalise import fold

# Punctuation stays: a question mark tells a question from a statement.
_PIECE = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*|[^\w\s]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
# Skin tones and variation selectors follow an emoji without changing what it says.
_MODIFIERS = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u200d]")


@cache
def _meanings() -> dict[str, tuple[str, ...]]:
    path = Path(__file__).with_name("spelling.yml")
    data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {
        str(said): tuple(str(meant).split())
        for part in data.values()
        for said, meant in part.items()
    }


# The interpreter asks for a message, then the classifier.
@lru_cache(maxsize=8)
def words_as_meant(text: str) -> tuple[str, ...]:
    """Words and punctuation marks, lower case, without accents, abbreviations written out."""
    folded = fold(text)[0]
    if not folded.isascii():
        folded = _MODIFIERS.sub("", folded)
    meanings = _meanings()
    words: list[str] = []
    for piece in _PIECE.findall(_DRAWN_OUT.sub(r"\1", folded)):
        if piece in meanings:
            words += meanings[piece]
        else:
            words.append(piece)
    return tuple(words)
