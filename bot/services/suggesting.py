"""What a report seems to be: kind, institution, service, theme, unit, and how sure each is.

Staff see it beside the words; what it is not sure of it still says, with the number.
"""

from dataclasses import dataclass, field
from typing import Any

from bot.services.routing import routes
from intents.gazetteer import Gazetteers, Match
from intents.interpreter import DANGER, Interpreter
from intents.normalise import normalise, tokenise
from intents.sensitive import sensitive_for

KIND_OF = {
    "report_alert": "alert",
    "report_need": "need",
    "make_suggestion": "suggestion",
    "prefer_channel": "channel",
}
INTENT_OF = {kind: intent for intent, kind in KIND_OF.items()}
# A theme mostly belongs to the institution that its gazetteer names, a service always.
BY_THEME = 0.8
Values = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """`fields`: {"theme": {"value": "agua", "sure": 1.0}, …}; `sensitive`: why it is, if it is."""

    fields: dict[str, Values] = field(default_factory=dict)
    sensitive: str | None = None


def details_of(gazetteers: Gazetteers, words: str) -> Values:
    """What gazetteers find in a report: place, zone, neighbourhood, theme, service, institution."""
    found: Values = {}
    for match in gazetteers.find(tokenise(words)):
        if match.entity in ("neighbourhood", "casa", "zone"):
            found.setdefault("place", words[match.start : match.end])
            found.setdefault("zone", match.extra.get("zone") or None)
        if match.entity in ("neighbourhood", "casa"):
            # A Casa has the name of where it stands.
            found.setdefault("neighbourhood", match.value)
        if match.entity == "mies_service":
            found.setdefault("service", match.value)
        if match.entity == "theme":
            found.setdefault("theme", match.value)
            found.setdefault("decided", match.extra.get("institution"))
        if match.entity == "institution":
            found.setdefault("institution", match.value)
    if "institution" not in found:
        decided = "mies" if "service" in found else found.get("decided")
        found["institution"] = decided
    found.pop("decided", None)
    return found


def read_report(interpreter: Interpreter, words: str, kind: str) -> Reading:
    """The suggestion for a report that its citizen gave as of that kind."""
    matches = interpreter.finder.gazetteers.find(tokenise(words))
    fields = {"kind": _kind(interpreter, words, kind)}
    for entity, name in (("mies_service", "service"), ("theme", "theme")):
        first = next((m for m in matches if m.entity == entity), None)
        if first is not None:
            fields[name] = _sure(first.value, first.confidence)
    institution = _institution(matches)
    if institution is not None:
        fields["institution"] = institution
    exact = fields.get("service") or fields.get("theme")
    service, theme = (fields.get(n, {}).get("value") for n in ("service", "theme"))
    unit = routes().of(service, theme).unit
    if unit is not None:
        fields["unit"] = _sure(unit, exact["sure"] * BY_THEME if exact else 0.2)
    danger = interpreter.guard.check(normalise(words)) in DANGER
    return Reading(fields, "violence" if danger else sensitive_for(words))


def _sure(value: str, sure: float) -> Values:
    return {"value": value, "sure": round(sure, 2)}


def _kind(interpreter: Interpreter, words: str, kind: str) -> Values:
    """The likeliest of the four kinds, as sure as the classifier is among them."""
    ranking = dict(interpreter.classifier.rank(words, ()))
    among = {k: ranking.get(intent, 0.0) for intent, k in KIND_OF.items()}
    total = sum(among.values())
    if not total:
        return _sure(kind, 0.0)
    best = max(among, key=lambda k: among[k])
    return _sure(best, among[best] / total)


def _institution(matches: list[Match]) -> Values | None:
    for entity in ("institution", "mies_service", "theme"):
        for match in matches:
            if match.entity != entity:
                continue
            if entity == "institution":
                return _sure(match.value, match.confidence)
            if entity == "mies_service":
                return _sure("mies", match.confidence)
            if match.extra.get("institution"):
                return _sure(match.extra["institution"], match.confidence * BY_THEME)
    return None
