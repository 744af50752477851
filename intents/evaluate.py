"""Measures understanding on labelled sentences: accuracy, F1, confusions, latency."""

from collections import Counter
from datetime import date
from statistics import mean, quantiles
from time import perf_counter
from typing import Any

from intents.interpreter import Interpreter


def evaluate(
    interpreter: Interpreter, examples: list[tuple[str, str]], today: date
) -> dict[str, Any]:
    """What a user sees: the guard and the fallback included. Latency in milliseconds."""
    pairs: Counter[tuple[str, str]] = Counter()
    times = []
    for text, intent in examples:
        begin = perf_counter()
        parsed = interpreter.parse(text, today)
        times.append((perf_counter() - begin) * 1000)
        pairs[intent, parsed["intent"]["name"]] += 1
    cuts = quantiles(times, n=100) if len(times) > 1 else times * 99
    per_intent = {name: _scores(pairs, name) for name in sorted({i for _, i in examples})}
    return {
        "examples": len(examples),
        "accuracy": sum(n for (a, b), n in pairs.items() if a == b) / len(examples),
        "macro_f1": mean(s["f1"] for s in per_intent.values()),
        "per_intent": per_intent,
        "confusions": [
            {"intent": a, "understood": b, "count": n}
            for (a, b), n in pairs.most_common()
            if a != b
        ],
        "latency_ms": {"p50": cuts[49], "p99": cuts[98]},
    }


def _scores(pairs: Counter[tuple[str, str]], name: str) -> dict[str, float]:
    right = pairs[name, name]
    said = sum(n for (a, _), n in pairs.items() if a == name)
    understood = sum(n for (_, b), n in pairs.items() if b == name)
    precision = right / understood if understood else 0.0
    recall = right / said
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"support": said, "precision": precision, "recall": recall, "f1": f1}
