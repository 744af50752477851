"""From a citizen's text to Rasa's parse object: safety guard, entities, intent. No I/O."""

from datetime import date
from pathlib import Path
from typing import Any

from intents.classifier import Classifier
from intents.entities import EntityFinder, names_of
from intents.guard import Guard
from intents.normalise import normalise, tokenise

FOLDER = Path(__file__).parent
FALLBACK = "nlu_fallback"
DANGER = frozenset({"emergency", "report_violence"})
# The guard knows danger by its words. The classifier alone must be surer of it than of other
# intents, since the answer leaves any form: below this it is offered in "¿quiso decir…?".
DANGER_CERTAINTY = 0.5
# "para mi esposo" is an answer, not a cry for help.
DANGER_WORDS = 4
# What somebody wants who only names a thing: "cocina", "Solanda".
BARE = {"category": "ask_workshops", "casa": "find_casa", "neighbourhood": "find_casa"}
# A story's request stands in its first thousands of characters; the rest is kept, not parsed.
MAX_PARSED = 4000


class Interpreter:
    """Understands one message at a time. `threshold`: below it the intent is `nlu_fallback`."""

    def __init__(self, classifier: Classifier, threshold: float) -> None:
        self.classifier = classifier
        self.threshold = threshold
        self.finder = EntityFinder()
        self.guard = Guard.load(FOLDER / "safety.yml")

    def parse(self, text: str, today: date) -> dict[str, Any]:
        """Rasa's parse object of the text; dates are relative to `today`."""
        heard = text[:MAX_PARSED]
        tokens = tokenise(heard)
        entities = self.finder.find(heard, tokens, today)
        ranking = self._rank(heard, bool(tokens), names_of(entities))
        return {
            "text": text,
            "intent": ranking[0],
            "entities": entities,
            "intent_ranking": ranking[:5],
        }

    def _rank(self, text: str, has_words: bool, names: list[str]) -> list[dict[str, Any]]:
        danger = self.guard.check(normalise(text))
        likely = self.classifier.rank(text, names)
        ranked: list[dict[str, Any]] = [{"name": n, "confidence": c} for n, c in likely]
        if danger is not None:
            return [{"name": danger, "confidence": 1.0}, *ranked]
        needed = DANGER_CERTAINTY if likely[0][0] in DANGER else self.threshold
        if likely[0][0] in DANGER and len(text.split()) < DANGER_WORDS:
            needed = 1.0
        if not has_words or likely[0][1] < needed:
            meant = next((BARE[n] for n in names if n in BARE), None)
            if meant is not None:
                return [{"name": meant, "confidence": self.threshold}, *ranked]
            return [{"name": FALLBACK, "confidence": self.threshold}, *ranked]
        return ranked
