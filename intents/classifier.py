"""Serves the trained classifier with numpy alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from intents.features import vectorise


class Classifier:
    """A softmax over TF-IDF features: intents with their probabilities."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.intents = [str(i) for i in arrays["intents"]]
        self._vocabulary = {str(f): i for i, f in enumerate(arrays["vocabulary"])}
        self._idf = [float(x) for x in arrays["idf"]]
        self._coefficients = arrays["coefficients"]
        self._intercepts = arrays["intercepts"]

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """The model of a file that `intents.train` wrote."""
        with np.load(path) as arrays:
            return cls(dict(arrays))

    def rank(self, text: str, names: Sequence[str]) -> list[tuple[str, float]]:
        """All intents, the likeliest first; `names` as `intents.entities.names_of` gives them."""
        indices, values = vectorise(text, names, self._vocabulary, self._idf)
        scores = self._intercepts + np.asarray(values, np.float32) @ self._coefficients[indices]
        powers = np.exp(scores - scores.max())
        shares = powers / powers.sum()
        order = np.argsort(-shares)
        return [(self.intents[i], float(shares[i])) for i in order]


def model_digest(path: Path) -> str:
    """The digest that a model was trained with; empty when there is no usable model."""
    if not path.exists():
        return ""
    try:
        with np.load(path) as arrays:
            return str(arrays["digest"])
    except (OSError, ValueError, KeyError):
        # A half-written or foreign file counts as none: training replaces it.
        return ""
