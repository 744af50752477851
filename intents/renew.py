"""Trains a new model and puts it into service unless it is worse: `python -m intents.renew MODEL`.

A subprocess, as `intents.train` is. Ends with REFUSED where the old model stays.
"""

import json
import sys
import zlib
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from intents.classifier import Classifier
from intents.evaluate import evaluate
from intents.examples import code_digest, digest, read_examples, training_examples
from intents.gate import what_fell
from intents.interpreter import Interpreter
from intents.model_file import REFUSED, About, Pairs, about, made_of, refused_file, told_about
from intents.normalise import normalise
from intents.train import DAY, name_entities, train, write

# Where no held-out file is at hand, every fifth of our own sentences is held out of two trials.
HELD_OUT_SHARE = 5


def combined(shipped: Pairs, approved: Pairs) -> list[tuple[str, str]]:
    """Our examples and those that staff approved; ours are not said twice."""
    known = {intent for _, intent in shipped}
    seen = {(normalise(text), intent) for text, intent in shipped}
    added = [
        (text, intent)
        for text, intent in approved
        if intent in known and (normalise(text), intent) not in seen
    ]
    return [*shipped, *added]


def measure(arrays: Mapping[str, Any], sentences: Pairs, threshold: float) -> dict[str, Any]:
    """How well people are understood with a model, the guard and the fallback included."""
    interpreter = Interpreter(Classifier(arrays), threshold)
    return evaluate(lambda text: interpreter.parse(text, DAY), sentences)


def trained(examples: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The arrays of a model of these examples."""
    return train(examples, name_entities(examples))


def hold_out(shipped: Pairs) -> list[tuple[str, str]]:
    """Always the same fifth of our sentences, whatever is added to them."""
    return [p for p in shipped if zlib.crc32(normalise(p[0]).encode()) % HELD_OUT_SHARE == 0]


def compare(
    model: Path, old: About, new: Mapping[str, Any], approved: Pairs, options: Namespace
) -> list[str]:
    """Why the new model must not replace the old one; nothing if it may."""
    if old.code != code_digest():
        # It was made by other code, which is gone: this release was measured before it came.
        return []
    if options.held_out is not None:
        sentences = read_examples(options.held_out)
        with np.load(model) as arrays:
            before = measure(dict(arrays), sentences, options.threshold)
        return what_fell(before, measure(new, sentences, options.threshold))
    if old.shipped != digest():
        return []
    shipped = training_examples()
    held_out = hold_out(shipped)
    kept = [pair for pair in shipped if pair not in set(held_out)]
    print("no held-out file: comparing on a fifth of our own sentences", file=sys.stderr)
    trials = [trained(combined(kept, pairs)) for pairs in (old.approved, approved)]
    before, after = (measure(trial, held_out, options.threshold) for trial in trials)
    return what_fell(before, after)


def renew(options: Namespace, approved: Pairs) -> bool:
    """Train, compare, and replace the model file; False when the new one was worse."""
    model: Path = options.model
    old = about(model)
    # Told before reading: who edits the files meanwhile makes this model stale.
    told, name = told_about(approved), made_of(approved)
    examples = combined(training_examples(), approved)
    arrays = trained(examples)
    fallen = [] if options.force else compare(model, old, arrays, approved, options)
    if fallen:
        refused_file(model).write_text(name, "utf-8")
        print("the new model is worse and was not put into service:", file=sys.stderr)
        print("\n".join(f"  {line}" for line in fallen), file=sys.stderr)
        return False
    write(model, {**arrays, **told}, name)
    refused_file(model).unlink(missing_ok=True)
    size = f"{len(examples)} examples, {len(arrays['intents'])} intents"
    print(f"{size}, {len(approved)} approved by staff", file=sys.stderr)
    return True


def main() -> None:
    """Standard input brings what staff approved as JSON, `[[text, intent]]`."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    if not renew(options, [(text, intent) for text, intent in json.load(sys.stdin)]):
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
