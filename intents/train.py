"""Trains the classifier: `python -m intents.train MODEL.npz`. The only user of scikit-learn.

Run as a subprocess: importing scikit-learn costs a serving process 114 MB.
"""

import sys
from collections import Counter
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from intents.entities import EntityFinder, names_of
from intents.examples import digest, training_examples
from intents.features import blocks, vectorise
from intents.normalise import tokenise

Examples = list[tuple[str, str]]
Texts = list[tuple[str, list[str]]]
# Any day will do: the classifier learns that a day was named, not which.
DAY = date(2026, 1, 1)


def build_vocabulary(texts: Texts, rare: int = 2) -> tuple[dict[str, int], list[float]]:
    """Features seen in at least `rare` texts, and their smoothed idf."""
    seen: Counter[str] = Counter()
    for text, names in texts:
        words, chars = blocks(text, names)
        seen.update(words.keys() | chars.keys())
    kept = sorted(f for f, n in seen.items() if n >= rare)
    idf = [log((1 + len(texts)) / (1 + seen[f])) + 1 for f in kept]
    return {f: i for i, f in enumerate(kept)}, idf


def matrix(texts: Texts, vocabulary: dict[str, int], idf: list[float]) -> csr_matrix:
    """Texts as rows of a sparse matrix."""
    rows = [vectorise(t, names, vocabulary, idf) for t, names in texts]
    pointers = np.cumsum([0, *(len(i) for i, _ in rows)])
    columns = np.concatenate([np.array(i, dtype=np.int64) for i, _ in rows])
    values = np.concatenate([np.array(v) for _, v in rows])
    return csr_matrix((values, columns, pointers), shape=(len(texts), len(vocabulary)))


def train(examples: Examples, strength: float = 12.0) -> dict[str, np.ndarray]:
    """The arrays that `intents.classifier.Classifier` serves."""
    finder = EntityFinder()
    texts = [(t, names_of(finder.find(t, tokenise(t), DAY))) for t, _ in examples]
    labels = [i for _, i in examples]
    vocabulary, idf = build_vocabulary(texts)
    model = LogisticRegression(C=strength, max_iter=1000, class_weight="balanced")
    model.fit(matrix(texts, vocabulary, idf), labels)
    return {
        "vocabulary": np.array(list(vocabulary)),
        "idf": np.array(idf, dtype=np.float32),
        "coefficients": np.ascontiguousarray(model.coef_.T, dtype=np.float32),
        "intercepts": model.intercept_.astype(np.float32),
        "intents": np.array(model.classes_),
    }


def main() -> None:
    """Train on all examples and replace the model file in one step."""
    target = Path(sys.argv[1])
    examples = training_examples()
    arrays = train(examples)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial.npz")
    contents: dict[str, Any] = {"digest": np.array(digest()), **arrays}
    np.savez_compressed(partial, **contents)
    partial.replace(target)
    print(f"{len(examples)} examples, {len(arrays['intents'])} intents", file=sys.stderr)


if __name__ == "__main__":
    main()
