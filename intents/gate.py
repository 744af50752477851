"""Whether a new model may replace the one in service: not if people would be understood worse."""

from collections.abc import Mapping
from typing import Any

from intents.interpreter import DANGER

# A sentence or two of several hundred may change sides by chance.
TOLERANCE = 0.005
NAMED = 5
Measures = Mapping[str, Any]


def danger_recall(measures: Measures) -> float:
    """The share of messages about danger that were taken for danger; 1 if there are none."""
    said = sum(int(measures["per_intent"].get(d, {}).get("support", 0)) for d in DANGER)
    missed = sum(
        c["count"]
        for c in measures["confusions"]
        if c["intent"] in DANGER and c["understood"] not in DANGER
    )
    return 1.0 - missed / said if said else 1.0


def what_fell(old: Measures, new: Measures) -> list[str]:
    """Why the new model is worse, a line each; `intents.evaluate` measured both."""
    pairs = {
        "accuracy": (old["accuracy"], new["accuracy"]),
        "recall of danger": (danger_recall(old), danger_recall(new)),
    }
    fallen = [
        f"{name}: {before:.1%} -> {after:.1%} ({(after - before) * 100:+.1f} points)"
        for name, (before, after) in pairs.items()
        if before - after > TOLERANCE
    ]
    return [*fallen, *_worst_intents(old, new)] if fallen else []


def _worst_intents(old: Measures, new: Measures) -> list[str]:
    """The intents that lost the most sentences."""
    lost = []
    for name, before in old["per_intent"].items():
        after = new["per_intent"].get(name, {"recall": 0.0})
        sentences = round((before["recall"] - after["recall"]) * before["support"])
        if sentences > 0:
            lost.append((sentences, name, before["recall"], after["recall"], before["support"]))
    return [
        f"{name}: {before:.0%} -> {after:.0%} of its {support} sentences"
        for _, name, before, after, support in sorted(lost, reverse=True)[:NAMED]
    ]
