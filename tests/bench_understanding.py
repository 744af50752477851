"""The part of `make bench` about understanding: how right, how sure, how fast, how heavy."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from bot.clock import LOCAL
from bot.settings import Settings
from intents.classifier import Classifier
from intents.evaluate import evaluate
from intents.examples import read_examples, training_examples
from intents.interpreter import Interpreter
from tests.conftest import NOW
from tests.near_duplicates import CLEAN, NOISY, near_duplicates

TODAY = NOW.astimezone(LOCAL).date()


def measure_understanding(settings: Settings) -> None:
    """On the held-out sentences, clean and noisy, with and without those that are nearly taught."""
    interpreter = Interpreter(Classifier.load(settings.model_path), settings.fallback_threshold)
    clean, noisy = read_examples(CLEAN), read_examples(NOISY)
    near = {sentence for sentence, _ in near_duplicates(clean + noisy, training_examples())}
    apart = [pair for pair in clean + noisy if pair[0] not in near]
    sets = {"clean half": clean, "noisy half": noisy, "both": clean + noisy, "not near": apart}
    for name, pairs in sets.items():
        show_understanding(name, lambda text: interpreter.parse(text, TODAY), pairs)


def show_understanding(
    name: str, parse: Callable[[str], dict[str, Any]], pairs: Sequence[tuple[str, str]]
) -> None:
    """One line of figures; `out of scope` is admitted / in-scope turned away."""
    found = evaluate(parse, pairs)
    beyond = found["out_of_scope"]
    label = f"{name}, {len(pairs)} sentences"
    print(
        f"{label:<42} accuracy {found['accuracy']:.3f}  macro-F1 {found['macro_f1']:.3f}"
        f"  ECE {found['calibration_error']:.3f}"
        f"  out of scope {beyond['admitted']:.3f} / {beyond['turned_away']:.3f}"
    )


def measure_model(settings: Settings, folder: Path) -> None:
    """What training costs, and what loading the model adds to a process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "intents.train", str(folder / "again.npz")],
                   check=True, stderr=subprocess.DEVNULL)  # fmt: skip
    print(f"{'training':<42} {time.perf_counter() - begin:8.1f} s")
    before = psutil.Process().memory_info().rss
    begin = time.perf_counter()
    classifier = Classifier.load(settings.model_path)
    seconds = time.perf_counter() - begin
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"{'loading the model':<42} {seconds:8.3f} s, {grown:.0f} MB, "
          f"{len(classifier.intents)} intents")  # fmt: skip
