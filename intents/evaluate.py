"""Measures understanding on labelled sentences: accuracy, F1, calibration, confusions, latency."""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import mean, quantiles
from time import perf_counter
from typing import Any, NamedTuple

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
BINS = 10


class Answer(NamedTuple):
    """One sentence measured. `confidence`: of the likeliest intent, acted on or not."""

    intent: str
    understood: str
    likeliest: str
    confidence: float
    milliseconds: float


def evaluate(
    parse: Callable[[str], dict[str, Any]], examples: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """What a user sees of a parser that answers as Rasa does, the fallback counted as wrong.

    `classifier_accuracy` leaves the fallback out. `calibration_error` is the expected calibration
    error of the likeliest intent (Naeini et al., 2015), in ten bins. Of `out_of_scope`, `admitted`
    is the share of such sentences that got that intent or the fallback, and `turned_away` the
    share of all others that did. Latency in milliseconds.
    """
    answers = [_ask(parse, text, intent) for text, intent in examples]
    pairs = Counter((a.intent, a.understood) for a in answers)
    times = [a.milliseconds for a in answers]
    cuts = quantiles(times, n=100) if len(times) > 1 else times * 99
    per_intent = {name: _scores(pairs, name) for name in sorted({i for _, i in examples})}
    return {
        "examples": len(examples),
        "accuracy": mean(a.understood == a.intent for a in answers),
        "macro_f1": mean(s["f1"] for s in per_intent.values()),
        "classifier_accuracy": mean(a.likeliest == a.intent for a in answers),
        "calibration_error": calibration_error(answers),
        "out_of_scope": _out_of_scope(answers),
        "per_intent": per_intent,
        "confusions": [
            {"intent": a, "understood": b, "count": n}
            for (a, b), n in pairs.most_common()
            if a != b
        ],
        "latency_ms": {"p50": cuts[49], "p99": cuts[98]},
    }


def _ask(parse: Callable[[str], dict[str, Any]], text: str, intent: str) -> Answer:
    begin = perf_counter()
    parsed = parse(text)
    took = (perf_counter() - begin) * 1000
    ranked = [r for r in parsed["intent_ranking"] if r["name"] != FALLBACK]
    best = ranked[0] if ranked else parsed["intent"]
    return Answer(intent, parsed["intent"]["name"], best["name"], best["confidence"], took)


def calibration_error(answers: Sequence[Answer]) -> float:
    """How far, on average, "80 % sure" is from being right 80 times of 100."""
    bins: dict[int, list[Answer]] = {}
    for answer in answers:
        bins.setdefault(min(int(answer.confidence * BINS), BINS - 1), []).append(answer)
    return sum(
        len(group)
        / len(answers)
        * abs(mean(a.likeliest == a.intent for a in group) - mean(a.confidence for a in group))
        for group in bins.values()
    )


def _out_of_scope(answers: Sequence[Answer]) -> dict[str, float]:
    refused = {OUT_OF_SCOPE, FALLBACK}
    beyond = [a.understood in refused for a in answers if a.intent == OUT_OF_SCOPE]
    within = [a.understood in refused for a in answers if a.intent != OUT_OF_SCOPE]
    shares = {"admitted": beyond, "turned_away": within}
    return {name: mean(group) for name, group in shares.items() if group}


def _scores(pairs: Counter[tuple[str, str]], name: str) -> dict[str, float]:
    right = pairs[name, name]
    said = sum(n for (a, _), n in pairs.items() if a == name)
    understood = sum(n for (_, b), n in pairs.items() if b == name)
    precision = right / understood if understood else 0.0
    recall = right / said
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"support": said, "precision": precision, "recall": recall, "f1": f1}
