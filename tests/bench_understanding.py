"""The part of `make bench` about understanding: how right, how sure, how light; every figure once.

Only totals are printed, so that nobody tunes to the sentences that examine.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from bot.app import Service
from bot.clock import LOCAL
from bot.services.article_figures import measure_articles
from bot.services.training import train_if_stale
from bot.settings import Settings
from intents.classifier import Classifier
from intents.entity_scores import read, score
from intents.evaluate import evaluate
from intents.examples import read_examples, training_examples
from intents.guard_scores import DangerSet, GuardScores
from intents.guard_scores import score as score_danger
from intents.interpreter import Interpreter
from intents.normalise import normalise
from storage.queries.articles import words_of_articles
from tests.conftest import NOW
from tests.near_duplicates import CLEAN, NOISY, SENTENCES, near_duplicates

TODAY = NOW.astimezone(LOCAL).date()


async def measure_understanding(service: Service) -> None:
    """Intents, danger, entities and articles, each on its own held-out sentences."""
    interpreter = service.turns.interpreter
    clean, noisy = read_examples(CLEAN), read_examples(NOISY)
    near = {sentence for sentence, _ in near_duplicates(clean + noisy, training_examples())}
    apart = [pair for pair in clean + noisy if pair[0] not in near]
    sets = {"clean": clean, "noisy": noisy, "both": clean + noisy, "both, none near": apart}
    for name, pairs in sets.items():
        show_intents(name, lambda text: interpreter.parse(text, TODAY), pairs)
    show_danger(interpreter)
    labelled = read(SENTENCES / "entities.yml")
    later = read(SENTENCES / "entities_apart.yml")
    cases = [*labelled["measured"], *later["apart"], *later["again"]]
    measured = score(interpreter.finder, cases, labelled["today"])
    print("\n".join(measured.table()))
    async with service.database.read() as session:
        words = await words_of_articles(session)
    questions = read(SENTENCES / "article_questions.yml")["questions"]
    shares = measure_articles(words, interpreter, questions, TODAY)
    print("articles:", {k: v if isinstance(v, int) else round(v, 3)
                        for k, v in shares.items() if k != "wrong"})  # fmt: skip


def show_intents(
    name: str, parse: Callable[[str], dict[str, Any]], pairs: Sequence[tuple[str, str]]
) -> None:
    """One line of figures; `beyond` is out of scope admitted / in scope turned away."""
    found = evaluate(parse, pairs)
    beyond = found["out_of_scope"]
    label = f"intents, {name}, {len(pairs)} sentences"
    print(
        f"{label:<42} accuracy {found['accuracy']:.3f}  macro-F1 {found['macro_f1']:.3f}"
        f"  ECE {found['calibration_error']:.3f}"
        f"  beyond {beyond['admitted']:.3f} / {beyond['turned_away']:.3f}"
    )


def show_danger(interpreter: Interpreter) -> None:
    """The guard alone, and the whole parse, which also has the classifier's ear."""
    sentences = DangerSet.load(SENTENCES / "danger.yml")
    readings: dict[str, Callable[[str], str | None]] = {
        "guard": lambda text: interpreter.guard.check(normalise(text)),
        "whole parse": lambda text: interpreter.parse(text, TODAY)["intent"]["name"],
    }
    for name, reading in readings.items():
        found: GuardScores = score_danger(sentences, reading)
        label = f"danger, {name}, {len(sentences.danger)} + {len(sentences.harmless)}"
        print(f"{label:<42} recall {found.recall:.3f}  exact {found.exact:.3f}"
              f"  false alarms {found.false_alarms:.3f}")  # fmt: skip


def measure_model(settings: Settings) -> None:
    """What training costs, and what loading the model adds to a process."""
    begin = time.perf_counter()
    train_if_stale(settings, force=True)
    print(f"{'training':<42} {time.perf_counter() - begin:8.1f} s")
    size = Path(settings.model_path).stat().st_size / 2**20
    before = psutil.Process().memory_info().rss
    begin = time.perf_counter()
    classifier = Classifier.load(settings.model_path)
    seconds = time.perf_counter() - begin
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"{'loading the model':<42} {seconds:8.3f} s, {grown:.0f} MB more, file {size:.0f} MB,"
          f" {len(classifier.intents)} intents")  # fmt: skip
