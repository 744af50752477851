"""From a citizen's text to Rasa's parse object: safety guard, intent, entities. No I/O."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from intents.classifier import Classifier
from intents.dates import find_dates
from intents.documents import find_documents
from intents.gazetteer import Gazetteers
from intents.guard import Guard
from intents.normalise import Token, normalise, tokenise
from intents.people import find_audience_ages

FOLDER = Path(__file__).parent
FALLBACK = "nlu_fallback"
# A story's request stands in its first thousands of characters; the rest is kept, not parsed.
MAX_PARSED = 4000


class Interpreter:
    """Understands one message at a time. `threshold`: below it the intent is `nlu_fallback`."""

    def __init__(self, classifier: Classifier, threshold: float) -> None:
        self.classifier = classifier
        self.threshold = threshold
        self.gazetteers = Gazetteers.load(FOLDER / "gazetteers")
        self.guard = Guard.load(FOLDER / "safety.yml")

    def parse(self, text: str, today: date) -> dict[str, Any]:
        """Rasa's parse object of the text; dates are relative to `today`."""
        heard = text[:MAX_PARSED]
        tokens = tokenise(heard)
        ranking = self._rank(heard, tokens)
        return {
            "text": text,
            "intent": ranking[0],
            "entities": self.entities(heard, tokens, today),
            "intent_ranking": ranking[:5],
        }

    def _rank(self, text: str, tokens: list[Token]) -> list[dict[str, Any]]:
        danger = self.guard.check(normalise(text))
        ranked = [{"name": n, "confidence": c} for n, c in self.classifier.rank(text)]
        if danger is not None:
            return [{"name": danger, "confidence": 1.0}, *ranked]
        if not tokens or ranked[0]["confidence"] < self.threshold:
            return [{"name": FALLBACK, "confidence": self.threshold}, *ranked]
        return ranked

    def entities(self, text: str, tokens: list[Token], today: date) -> list[dict[str, Any]]:
        """Rasa entity objects in order of appearance, values canonical."""
        found = [
            _entity(text, m.entity, m.value, m.start, m.end, m.confidence, "GazetteerExtractor")
            for m in self.gazetteers.find(tokens)
        ]
        fields: Iterable[Any] = (
            *find_dates(tokens, today),
            *find_documents(text),
            *find_audience_ages(tokens),
        )
        for match in fields:
            entity = _entity(
                text, match.entity, match.value, match.start, match.end, match.confidence,
                "RuleExtractor",
            )  # fmt: skip
            if match.role:
                entity["role"] = match.role
            found.append(entity)
        return sorted(found, key=lambda e: (e["start"], e["end"]))


def _entity(
    text: str, name: str, value: str, start: int, end: int, confidence: float, extractor: str
) -> dict[str, Any]:
    return {
        "entity": name,
        "value": value,
        "start": start,
        "end": end,
        "confidence_entity": confidence,
        "extractor": extractor,
        "text": text[start:end],
    }
