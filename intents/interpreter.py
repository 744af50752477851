"""From a citizen's text to Rasa's parse object: safety guard, entities, intent. No I/O."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

from intents.classifier import Classifier
from intents.entities import EntityFinder, names_of
from intents.given import without_birthday
from intents.guard import Guard
from intents.normalise import normalise, tokenise
from intents.requests import are_one, clauses, is_request
from intents.spelling import words_as_meant
from intents.two_wishes import wishes_apart

FOLDER = Path(__file__).parent
FALLBACK = "nlu_fallback"
DANGER = frozenset({"emergency", "report_violence"})
# The guard knows danger by its words. The classifier alone must be surer of it than of other
# intents, since the answer puts off all else: below this it is offered in "¿quiso decir…?".
DANGER_CERTAINTY = 0.5
# "para mi esposo" is an answer, not a cry for help.
DANGER_WORDS = 4
# What somebody wants who only names a thing: "cocina", "Solanda".
BARE = {"category": "ask_workshops", "casa": "find_casa", "neighbourhood": "find_casa"}
# A piece of a message is a request of its own only when it is this sure to be one.
CLEAR = 0.7
MOST_REQUESTS = 3
# Two of these stand in a message where each has its own subject, and day or place.
SEARCHES = frozenset({"ask_workshops", "enroll_workshop"})
# Intents in a ranking.
SHOWN = 5
# A story's request stands in its first thousands of characters; the rest is kept, not parsed.
MAX_PARSED = 4000


class Interpreter:
    """Understands one message at a time. `threshold`: below it the intent is `nlu_fallback`."""

    def __init__(self, classifier: Classifier, threshold: float) -> None:
        self.classifier = classifier
        self.threshold = threshold
        self.finder = EntityFinder()
        self.guard = Guard.load(FOLDER / "safety.yml")
        # What each reader keeps of a word, it has of the usual ones before the first message.
        usual = " ".join(classifier.words())
        self.guard.check(usual)
        self.finder.hear(usual.split())
        self.classifier.rank(usual, ())

    def parse(self, text: str, today: date) -> dict[str, Any]:
        """Rasa's parse object of the text; dates are relative to `today`."""
        heard = text[:MAX_PARSED]
        tokens = tokenise(heard)
        entities = self.finder.find(heard, tokens, today)
        ranking = self._rank(heard, bool(words_as_meant(heard)), names_of(entities))
        return {
            "text": text,
            "intent": ranking[0],
            "entities": entities,
            "intent_ranking": ranking[:SHOWN],
        }

    def requests(self, whole: dict[str, Any], today: date) -> list[dict[str, Any]]:
        """The parse of each request that a parsed message holds, in order; most hold one."""
        if whole["intent"]["name"] in SEARCHES:
            apart = wishes_apart(whole["text"][:MAX_PARSED], whole["entities"])
            if 1 < len(apart) <= MOST_REQUESTS:
                return [{**self.parse(p, today), "intent": whole["intent"]} for p in apart]
        pieces = clauses(whole["text"][:MAX_PARSED])
        if len(pieces) == 1 or whole["intent"]["name"] in DANGER:
            return [whole]
        heard = {r["name"] for r in whole["intent_ranking"]}
        parsed = [self.parse(piece, today) for piece in pieces]
        parts = _joined(pieces, parsed, heard)
        if len(parts) > 1 and whole["intent"]["name"] in {p["intent"]["name"] for p in parts}:
            asked = [self.parse(part["text"], today) for part in parts[:MOST_REQUESTS]]
            return asked if len({p["intent"]["name"] for p in asked}) == len(asked) else [whole]
        if whole["intent"]["name"] == FALLBACK and len(parts) == 1:
            # A long story hides its request from a look at the whole.
            return [{**whole, "intent": parts[0]["intent"]}]
        return [whole]

    def _rank(self, text: str, has_words: bool, names: list[str]) -> list[dict[str, Any]]:
        danger = self.guard.check(normalise(text))
        likely = self.classifier.rank(without_birthday(text), names)
        ranked: list[dict[str, Any]] = [{"name": n, "confidence": c} for n, c in likely[:SHOWN]]
        if danger is not None:
            return [{"name": danger, "confidence": 1.0}, *ranked]
        needed = DANGER_CERTAINTY if likely[0][0] in DANGER else self.threshold
        if likely[0][0] in DANGER and len(text.split()) < DANGER_WORDS:
            needed = 1.0
        # What begins with a slash is a button or command that nobody knows (any more).
        if not has_words or likely[0][1] < needed or text.startswith("/"):
            meant = next((BARE[n] for n in names if n in BARE), None)
            if meant is not None:
                return [{"name": meant, "confidence": self.threshold}, *ranked]
            return [{"name": FALLBACK, "confidence": self.threshold}, *ranked]
        return ranked


def _joined(
    pieces: list[str], parsed: list[dict[str, Any]], heard: Collection[str]
) -> list[dict[str, Any]]:
    """The clear requests among the pieces, each with the unclear pieces around it.

    What the whole message does not sound like at all (`heard`) is a piece misread without the rest.
    """
    found: list[dict[str, Any]] = []
    before: list[str] = []
    for piece, part in zip(pieces, parsed, strict=True):
        intent = part["intent"]["name"]
        sure = part["intent"]["confidence"] >= CLEAR and intent in heard
        clear = sure and is_request(intent)
        if clear and not any(are_one(intent, other["intent"]["name"]) for other in found):
            found.append({**part, "text": ", ".join([*before, piece])})
            before = []
        elif found:
            found[-1]["text"] += f", {piece}"
        else:
            before.append(piece)
    return found
