"""Trains and measures on another project's Rasa NLU files: its words alone decide, none of ours."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from bot.terminal import say

Pairs = Sequence[tuple[str, str]]
SHAPE = "expected `nlu:` with a list of `intent` and `examples`"


def read_pairs(file: Path) -> list[tuple[str, str]]:
    """The labelled sentences of a Rasa NLU file; whatever else it is ends with usage (2)."""
    from ruamel.yaml.error import YAMLError

    from intents.examples import read_examples

    try:
        examples = read_examples(file)
    except (ValueError, YAMLError) as error:
        raise _unusable(f"{file} is not a Rasa NLU file: {error}") from error
    except (LookupError, TypeError, AttributeError) as error:
        raise _unusable(f"{file} is not a Rasa NLU file: {SHAPE}") from error
    if not examples:
        raise _unusable(f"{file} has no examples")
    return examples


def _unusable(why: str) -> typer.Exit:
    say(f"somos: {why}")
    return typer.Exit(2)


def train_other(nlu: Path, target: Path) -> None:
    """Train on another project's file, in a subprocess as ours; ends with 1 where that fails."""
    intents = {intent for _, intent in read_pairs(nlu)}
    if len(intents) == 1:
        raise _unusable(f"{nlu} has one intent, {intents.pop()}: nothing to tell apart")
    ended = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "intents.train", str(target), str(nlu)], check=False
    )
    if ended.returncode:
        say(f"somos: no model was made of {nlu}")
        raise typer.Exit(1)


def show_model(model: Path, examples: Pairs) -> None:
    """The measures of a model alone: without our guard, entities and fallback."""
    from intents.classifier import Classifier
    from intents.evaluate import evaluate

    classifier = Classifier.load(model)
    if untaught := sorted({intent for _, intent in examples}.difference(classifier.intents)):
        say(f"Intents that the model was not taught: {', '.join(untaught)}")
    show_measures(evaluate(classifier.parse, examples))


def show_measures(measures: dict[str, Any]) -> None:
    """As JSON on standard output."""
    print(json.dumps(measures, ensure_ascii=False, indent=2))
