"""Serves the trained classifier with numpy alone."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intents.features import Vocabulary


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores as probabilities, along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


class Classifier:
    """Linear over TF-IDF features, its margins calibrated into probabilities."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.intents = [str(i) for i in arrays["intents"]]
        features = bytes(arrays["features"]).decode().split("\n")
        self._vocabulary = Vocabulary(features, arrays["weights"])
        # Half as exact on disk; to widen the rows of each message takes longer than all the rest.
        self._coefficients = arrays["coefficients"].astype(np.float32)
        self._intercepts = arrays["intercepts"]
        self._sharpness = float(arrays["sharpness"])
        # The digest of what it was trained on; empty for another project's.
        self.made_of = str(arrays.get("digest", ""))

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """The model of a file that `intents.train` wrote."""
        with np.load(path) as arrays:
            return cls(dict(arrays))

    def knows(self, word: str) -> bool:
        """Whether a normalised word is one that people use with Somos."""
        return self._vocabulary.has_word(word)

    def words(self) -> list[str]:
        """The normalised words that people use with Somos."""
        return self._vocabulary.words()

    def rank(self, text: str, names: Iterable[str]) -> list[tuple[str, float]]:
        """All intents, the likeliest first; `names` as `intents.entities.names_of` gives them."""
        numbers, values = self._vocabulary.vectorise(text, names)
        margins = self._intercepts + values @ self._coefficients.take(numbers, axis=0, mode="clip")
        shares = softmax(margins * self._sharpness)
        confidence = shares.tolist()
        return [(self.intents[i], confidence[i]) for i in np.argsort(-shares).tolist()]

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse object of the words alone: no entities, no guard, no fallback."""
        ranking = [{"name": n, "confidence": c} for n, c in self.rank(text, ())]
        return {"text": text, "intent": ranking[0], "entities": [], "intent_ranking": ranking[:5]}
