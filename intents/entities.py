"""What a message is about: gazetteers, dates, documents and ages as Rasa entity objects."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from unicodedata import combining

from ruamel.yaml import YAML

from intents.dates import find_dates
from intents.documents import find_documents
from intents.gazetteer import Gazetteers
from intents.normalise import Token
from intents.people import NOT_NAMES, find_audience_ages
from intents.sounds import sound
from intents.surnames import Surnames

FOLDER = Path(__file__).parent / "gazetteers"
# A value too many to learn from: knowing that a Casa or a day was named is enough.
_NAME_ONLY = frozenset({"casa", "neighbourhood", "date", "national_id", "phone", "folio", "field"})
# Letters between what names a number and the number: " es el ".
_LABEL_GAP = 9
_PLACES = frozenset({"casa", "zone", "neighbourhood"})
_DATA: dict[str, Any] = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
_SHORT: dict[str, str] = _DATA["short"]

Entity = dict[str, Any]


class EntityFinder:
    """Finds entities; `today` is the day in Ecuador that dates are relative to."""

    def __init__(self) -> None:
        self.gazetteers = Gazetteers.load(FOLDER)
        self._surnames = Surnames(_DATA["surnames"], _DATA["leads"], _DATA["polite"], NOT_NAMES)

    def hear(self, words: Iterable[str]) -> None:
        """Keep how words sound."""
        for word in words:
            sound(word)

    def find(self, text: str, tokens: Sequence[Token], today: date) -> list[Entity]:
        """Rasa entity objects in order of appearance, values canonical."""
        tokens = _written_out(tokens)
        matches: Iterable[Any] = (
            *self.gazetteers.find(tokens),
            *find_dates(tokens, today, text),
            *find_documents(text),
            *find_audience_ages(tokens),
        )
        people = self._surnames.places(tokens)
        found = [
            _as_rasa(text, match)
            for match in matches
            if match.start not in people or match.entity not in _PLACES
        ]
        found.sort(key=lambda e: (e["start"], e["end"]))
        return _without_labels(found)


def _written_out(tokens: Sequence[Token]) -> Sequence[Token]:
    """The words with those typed short in full: "balcon d servicios"."""
    if _SHORT.keys().isdisjoint(token.text for token in tokens):
        return tokens
    return [Token(_SHORT.get(t.text, t.text), t.start, t.end) for t in tokens]


def _without_labels(entities: list[Entity]) -> list[Entity]:
    """Leave out the thing that only says what number follows: "mi celular es 099 123 4567"."""
    numbers = [e["start"] for e in entities if e["entity"] == "phone"]
    if not numbers:
        return entities
    return [
        e
        for e in entities
        if e["entity"] != "category"
        or not any(0 < start - e["end"] <= _LABEL_GAP for start in numbers)
    ]


def _as_rasa(text: str, match: Any) -> Entity:
    role = getattr(match, "role", None)
    end = match.end
    # An accent that is its own character belongs to the letter before it.
    while end < len(text) and combining(text[end]):
        end += 1
    entity = {
        "entity": match.entity,
        "value": match.value,
        "start": match.start,
        "end": end,
        # As in Rasa's HTTP API, and as its own extractors write it.
        "confidence": match.confidence,
        "confidence_entity": match.confidence,
        "extractor": "RuleExtractor"
        if role or not hasattr(match, "extra")
        else "GazetteerExtractor",
        "text": text[match.start : end],
    }
    return entity | {"role": role} if role else entity


def names_of(entities: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the classifier learns from entities: that a theme was named, and which."""
    names: list[str] = []
    for entity in entities:
        kind, role = entity["entity"], entity.get("role")
        names.append(f"{kind}:{role}" if role else kind)
        if kind not in _NAME_ONLY:
            value = entity["value"]
            names.append(f"{kind}={'age' if value.startswith('age:') else value}")
    return names
