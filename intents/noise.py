"""Typing slips for training: each example is also learned as a hurried thumb would type it."""

from random import Random

MIN_LETTERS = 4
SHARE = 0.4  # of the longer words; measured: less forgives less, more costs clean text
_LETTERS = "aeiourslntdcm"


def with_slips(text: str, random: Random) -> str:
    """The text with a slip in some of its longer words."""
    return " ".join(
        _slip(word, random) if len(word) >= MIN_LETTERS and random.random() < SHARE else word
        for word in text.split()
    )


def _slip(word: str, random: Random) -> str:
    """The word with an inner letter lost, swapped with the next, doubled or mistaken."""
    at = random.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    return random.choice(
        (
            before + after,
            before + after[:1] + letter + after[1:],
            before + letter + letter + after,
            before + random.choice(_LETTERS) + after,
        )
    )
