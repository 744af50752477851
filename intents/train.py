"""Trains the classifier: `python -m intents.train MODEL.npz NLU.yml`. Only here: scikit-learn.

Run as a subprocess: importing scikit-learn costs a serving process 114 MB.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from intents.classifier import softmax
from intents.entities import EntityFinder, names_of
from intents.examples import read_examples
from intents.features import Vocabulary, all_characters, word_features
from intents.noise import with_slips
from intents.normalise import tokenise
from intents.spelling import words_as_meant

Examples = Sequence[tuple[str, str]]
Named = Sequence[tuple[str, Sequence[str]]]
# Any day will do: the classifier learns that a day was named, not which.
DAY = date(2026, 1, 1)
# Features of fewer than one text in so many are left out.
RARE = 15_000
SLIPPED = 3  # every third example is also learned with slips
STRENGTH = 0.6
NEAR = 0.01  # to the best machine: closer takes longer and changes no answer
MANY = 20_000  # with fewer, samples save nothing
SAMPLES = (16, 4, 1, 1)  # one other example in so many, step by step
ENOUGH = 10_000
HELD_BACK = 5  # every fifth example is kept aside to learn how sure to be
USUAL_SHARPNESS = 3.0  # where too few examples are to learn it from
LEANING = 0.02  # of a log-likelihood beside a margin: measured with 38 to 300 examples an intent
SMOOTH = 0.01


def name_entities(examples: Examples) -> Named:
    """The texts with the names of what they mention; half of them in a process of its own."""
    texts = [text for text, _ in examples]
    middle = len(texts) // 2
    with ProcessPoolExecutor(2) as pool:
        return [*chain.from_iterable(pool.map(_name_some, (texts[:middle], texts[middle:])))]


def _name_some(texts: Sequence[str]) -> Named:
    finder = EntityFinder()
    return [(text, names_of(finder.find(text, tokenise(text), DAY))) for text in texts]


def vectorise(texts: Named) -> tuple[Vocabulary, csr_matrix]:
    """The features that texts share, and the texts as rows: words and characters side by side."""
    with ProcessPoolExecutor(2) as pool:
        blocks = list(pool.map(_vectorise_by, (_words_of, _characters_of), [texts] * 2))
    features = [feature for features, _, _ in blocks for feature in features]
    weights = np.concatenate([weights for _, weights, _ in blocks])
    return Vocabulary(features, weights), hstack([rows for *_, rows in blocks], format="csr")


def _words_of(text: str, names: Sequence[str]) -> set[str]:
    return word_features(words_as_meant(text), names)


def _characters_of(text: str, _names: Sequence[str]) -> set[str]:
    return all_characters(words_as_meant(text))


def _vectorise_by(
    features_of: Callable[[str, Sequence[str]], set[str]], texts: Named
) -> tuple[Sequence[str], NDArray[np.float32], csr_matrix]:
    """Features of one kind, their weights, and the texts as rows of them."""
    block = TfidfVectorizer(
        analyzer=lambda text: features_of(*text),
        binary=True,
        min_df=len(texts) // RARE + 1,
        dtype=np.float32,
    )
    rows = block.fit_transform(texts)
    return list(block.get_feature_names_out()), block.idf_, rows


def learn_sharpness(margins: NDArray[np.float32], right: NDArray[np.intp]) -> float:
    """The factor that makes of margins the likeliest probabilities (temperature scaling).

    Guo et al., On Calibration of Modern Neural Networks, 2017.
    """
    rows = np.arange(len(right))
    losses = {
        factor: -np.log(softmax(margins * factor)[rows, right] + 1e-9).mean()
        for factor in np.arange(1.0, 8.0, 0.1)
    }
    return float(min(losses, key=lambda factor: losses[factor]))


class Machines(NamedTuple):
    """A linear machine for each intent: coefficients in rows."""

    intents: NDArray[Any]
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def margins(self, rows: csr_matrix) -> NDArray[np.float32]:
        """How far each text lies on the side of each intent."""
        return np.asarray(rows @ self.coefficients.T + self.intercepts, np.float32)


def fit(rows: csr_matrix, labels: NDArray[Any], leaning: float = 0.0) -> Machines:
    """One intent against the rest, for all; half of them in a process of its own.

    `leaning`: how much naive Bayes has to say. It steadies machines of few or mislabelled examples.
    """
    intents = np.unique(labels)
    halves = np.array_split(intents, 2)
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(_fit_some, halves, [rows] * 2, [labels] * 2))
    coefficients = np.concatenate([c for c, _ in found])
    if leaning:
        likely = MultinomialNB(alpha=SMOOTH).fit(rows, labels).feature_log_prob_
        coefficients += leaning * (likely - likely.mean(axis=0))
    return Machines(intents, coefficients, np.concatenate([i for _, i in found]))


def _fit_some(
    intents: NDArray[Any], rows: csr_matrix, labels: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The machines of some intents. The fixed seed makes training repeatable.

    A machine is decided by its own examples and the few others that come near it. So it is first
    fitted on a sample of the others, then on those that came near, until none is left out: the
    same machine as of all examples, in a third of the time.
    """
    rows = rows.astype(np.float64)
    own = labels[:, np.newaxis] == intents
    near = np.ones_like(own)
    place = np.arange(len(labels))
    for step in SAMPLES if len(labels) > MANY else (1,):
        kept = own | (near & (place % step == 0)[:, np.newaxis])
        models = [
            LinearSVC(C=STRENGTH, tol=NEAR, random_state=0).fit(rows[some], is_own[some])
            for some, is_own in zip(kept.T, own.T, strict=True)
        ]
        coefficients = np.concatenate([model.coef_ for model in models])
        intercepts = np.concatenate([model.intercept_ for model in models])
        near = rows @ coefficients.T + intercepts > -1
    return coefficients, intercepts


def train(examples: Examples, texts: Named) -> dict[str, Any]:
    """The arrays that `intents.classifier.Classifier` serves."""
    random = Random(0)  # noqa: S311 - slips, not secrets
    slipped = [(with_slips(text, random), names) for text, names in texts[::SLIPPED]]
    vocabulary, rows = vectorise([*texts, *slipped])
    labels = np.array([intent for _, intent in examples])
    leaning = LEANING if len(labels) < ENOUGH else 0.0
    machines = fit(rows, np.concatenate([labels, labels[::SLIPPED]]), leaning)
    return {
        "features": np.frombuffer("\n".join(vocabulary.features).encode(), dtype=np.uint8),
        "weights": vocabulary.weights,
        # Half precision halves the memory and changes no ranking that matters.
        "coefficients": np.ascontiguousarray(machines.coefficients.T, dtype=np.float16),
        "intercepts": machines.intercepts.astype(np.float32),
        "sharpness": np.array(calibrate(rows[: len(labels)], labels, leaning)),
        "intents": machines.intents,
    }


def calibrate(rows: csr_matrix, labels: NDArray[Any], leaning: float) -> float:
    """The sharpness that suits examples which the machines have not seen."""
    if len(labels) > ENOUGH:
        # Half of many examples say as much about how sure to be, in half the time.
        rows, labels = rows[::2], labels[::2]
    aside = np.arange(len(labels)) % HELD_BACK == 0
    known = aside & np.isin(labels, labels[~aside])
    if not known.any() or len(np.unique(labels[~aside])) == 1:
        return USUAL_SHARPNESS
    machines = fit(rows[~aside], labels[~aside], leaning)
    right = np.searchsorted(machines.intents, labels[known])
    return learn_sharpness(machines.margins(rows[known]), right)


def write(target: Path, arrays: dict[str, Any], made_of: str = "") -> None:
    """Replace the model file in one step; `made_of` is the digest that tells it stale."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: others may be training too.
    partial = target.with_suffix(f".{uuid4().hex}.npz")
    try:
        np.savez(partial, digest=np.array(made_of), **arrays)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def main() -> None:
    """`MODEL NLU`: train on any Rasa NLU file. `intents.renew` trains on the project's examples."""
    target, *files = map(Path, sys.argv[1:])
    # Rasa too drops a sentence that an intent repeats.
    examples = list(dict.fromkeys(pair for path in files for pair in read_examples(path)))
    # Another service has other places and services: only its words count.
    write(target, train(examples, [(text, ()) for text, _ in examples]))
    print(f"{len(examples)} examples, {len({i for _, i in examples})} intents", file=sys.stderr)


if __name__ == "__main__":
    main()
