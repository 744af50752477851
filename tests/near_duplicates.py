"""Finds held-out sentences that training knows, nearly: `python -m tests.near_duplicates`.

A figure is only worth what the set is apart from the examples; nearly the same is reported, so
that it can be given with and without them.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from intents.examples import read_examples, training_examples
from intents.normalise import normalise

SENTENCES = Path(__file__).parent / "sentences"
CLEAN, NOISY = SENTENCES / "held_out.yml", SENTENCES / "held_out_noisy.yml"
ALIKE = 90  # of 100: one letter in ten differs
_WORD = re.compile(r"[a-z0-9]+|[^\w\s]")
_END = re.compile(r"[ .!?¡¿]+$")


def bare(text: str) -> str:
    """The sentence without accents, case, and the mark at its end."""
    return _END.sub("", " ".join(_WORD.findall(normalise(text))))


def near_duplicates(
    held_out: Iterable[tuple[str, str]], examples: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Held-out sentences with the example that is most like each, where one is alike."""
    asked = [text for text, _ in held_out]
    known = [text for text, _ in examples]
    alike = process.cdist(
        [bare(t) for t in asked], [bare(t) for t in known],
        scorer=fuzz.ratio, score_cutoff=ALIKE, dtype=np.uint8, workers=-1,
    )  # fmt: skip
    best = alike.argmax(axis=1)
    return [(asked[i], known[best[i]]) for i in range(len(asked)) if alike[i, best[i]]]


if __name__ == "__main__":
    for path in (CLEAN, NOISY):
        pairs = read_examples(path)
        near = near_duplicates(pairs, training_examples())
        print(f"{path.name}: {len(near)} of {len(pairs)} sentences are nearly an example")
        for sentence, example in near:
            print(f"  {sentence}  ~  {example}")
