"""TF-IDF features of words, named entities and characters: the same code trains and serves."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intents.spelling import words_as_meant

CHARS = (3, 4)  # with 2 and 5 as well: twice the work, no better
WORDS_KEPT = 8192  # citizens' words repeat: most of a message's characters were counted before
COMMON = 1.0  # in idf: about three times as frequent as the rarest word that counts
Numbers = NDArray[np.int64]
Vector = tuple[Numbers, NDArray[np.float32]]


def word_features(words: Sequence[str], names: Iterable[str]) -> set[str]:
    """Words, pairs (next to each other, or one apart), beginning, end, length, entities."""
    # Lists: each costs a third less than a generator.
    found = {f"w:{word}" for word in words}
    found.update([f"w:{a} {b}" for a, b in pairwise(words)])
    found.update([f"w:{a} _ {b}" for a, b in zip(words, words[2:], strict=False)])
    found.update([f"e:{name}" for name in names])
    if words:
        found.update((f"first:{words[0]}", f"last:{words[-1]}"))
    found.add(f"long:{len(words).bit_length()}")
    return found


def char_features(word: str) -> list[str]:
    """Runs of characters of a word, its ends marked: a typo leaves most of them alone."""
    padded = f" {word} "
    return [
        padded[start : start + size]
        for size in CHARS
        for start in range(max(1, len(padded) - size + 1))
    ]


def all_characters(words: Iterable[str]) -> set[str]:
    """The runs of characters of all words, once each."""
    return set[str]().union(*map(char_features, words))


class Vocabulary:
    """The features that count, numbered, with their weights (idf)."""

    def __init__(self, features: Sequence[str], weights: NDArray[Any]) -> None:
        self.features, self.weights = features, weights.astype(np.float32)
        self._rarest = float(self.weights.max(initial=0))
        self._number = {feature: i for i, feature in enumerate(features)}
        self._of_word = lru_cache(maxsize=WORDS_KEPT)(self._number_characters)

    def _number_characters(self, word: str) -> Numbers:
        found = map(self._number.get, char_features(word))
        return np.array([number for number in found if number is not None], np.int64)

    def words(self) -> list[str]:
        """Those that many examples have, of letters only."""
        said = (feature.removeprefix("w:") for feature in self.features)
        return [word for word in said if word.isalpha() and self.has_word(word)]

    def has_word(self, word: str) -> bool:
        """Whether many examples have the word: a surname that a few mention is not one of them."""
        number = self._number.get(f"w:{word}")
        return number is not None and bool(self.weights[number] <= self._rarest - COMMON)

    def vectorise(self, text: str, names: Iterable[str]) -> Vector:
        """Numbers and values of the known features; words and characters have length one each."""
        words = words_as_meant(text)
        found = map(self._number.get, word_features(words, names))
        of_words = [number for number in found if number is not None]
        of_chars = _once_each([self._of_word(word) for word in words])
        numbers = np.concatenate([np.array(of_words, np.int64), of_chars])
        values = self.weights[numbers]
        # In place: slices are views.
        _to_unit_length(values[: len(of_words)])
        _to_unit_length(values[len(of_words) :])
        return numbers, values


def _once_each(arrays: Sequence[Numbers]) -> Numbers:
    """The numbers of all arrays, sorted."""
    if not arrays:
        return np.empty(0, np.int64)
    numbers = np.concatenate(arrays)
    numbers.sort()
    is_new = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    return numbers[is_new]


def _to_unit_length(values: NDArray[np.float32]) -> None:
    values /= sqrt(values.dot(values)) or 1.0
