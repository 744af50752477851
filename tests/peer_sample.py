"""Draws the training file of a comparison with a peer: `python -m tests.peer_sample COUNT SEED`.

The same count and seed draw the same sentences from the same examples.
"""

import sys
from collections.abc import Sequence
from random import Random

from ruamel.yaml import YAML

from intents.examples import training_examples


def draw(examples: Sequence[tuple[str, str]], count: int, seed: int) -> dict[str, list[str]]:
    """So many sentences of each intent, at random; all of an intent that has fewer."""
    random = Random(seed)
    by_intent: dict[str, list[str]] = {}
    for text, intent in examples:
        by_intent.setdefault(intent, []).append(text)
    return {
        intent: random.sample(texts, min(count, len(texts)))
        for intent, texts in sorted(by_intent.items())
    }


def main() -> None:
    """A Rasa NLU file on standard output."""
    count, seed = map(int, sys.argv[1:])
    drawn = draw(training_examples(), count, seed)
    nlu = [
        {"intent": intent, "examples": [{"text": text} for text in texts]}
        for intent, texts in drawn.items()
    ]
    YAML().dump({"version": "3.1", "nlu": nlu}, sys.stdout)


if __name__ == "__main__":
    main()
