"""TF-IDF features of words, named entities and characters: the same code trains and serves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log, sqrt

from intents.normalise import tokenise

CHARS = (2, 3, 4, 5)


def blocks(text: str, names: Sequence[str] = ()) -> tuple[Counter[str], Counter[str]]:
    """Counts of word features and of character features; their prefixes keep them apart."""
    words = [t.text for t in tokenise(text)]
    grams = Counter(f"w:{w}" for w in words)
    grams.update(f"w:{a} {b}" for a, b in pairwise(words))
    grams.update(f"e:{name}" for name in names)
    chars: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        for size in CHARS:
            chars.update(f"c:{padded[i : i + size]}" for i in range(max(1, len(padded) - size + 1)))
    return grams, chars


def vectorise(
    text: str, names: Sequence[str], vocabulary: dict[str, int], idf: Iterable[float]
) -> tuple[list[int], list[float]]:
    """Indices and weights of the known features; each block has length one."""
    weights = idf if isinstance(idf, list) else list(idf)
    indices: list[int] = []
    values: list[float] = []
    for counts in blocks(text, names):
        known = [(vocabulary[f], n) for f, n in counts.items() if f in vocabulary]
        raw = [(1 + log(n)) * weights[i] for i, n in known]
        length = sqrt(sum(v * v for v in raw)) or 1.0
        indices.extend(i for i, _ in known)
        values.extend(v / length for v in raw)
    return indices, values
