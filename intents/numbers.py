"""Reads the numbers of days, ages and dates, in digits or in words."""

import re
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

NUMBERS: dict[str, int] = YAML(typ="safe").load(
    Path(__file__).with_suffix(".yml").read_text("utf-8")
)["number"]
_DIGITS = re.compile(r"(\d{1,3})(?:st|nd|rd|th|ro|ero)?")


def read_number(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """The number that begins at a word, in digits or in words, and how many words it takes."""
    word = words[at]
    if word[0].isdigit():
        digits = _DIGITS.fullmatch(word)
        if digits:
            return int(digits[1]), 1
    tens = NUMBERS.get(word)
    if tens is None:
        return None
    after = words[at + 1 : at + 3]
    if tens in range(30, 100, 10) and len(after) == 2 and after[0] == "y":
        unit = NUMBERS.get(after[1], 10)
        return (tens + unit, 3) if unit < 10 else (tens, 1)
    return tens, 1
