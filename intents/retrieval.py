"""Finds the text that answers a question by its words: BM25 over fields, and known questions.

Pure: it knows neither the database nor where the documents come from. Scores lie between 0 and 1.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import NamedTuple

from intents.lexicon import Lexicon

# BM25's usual saturation and length normalisation; how much a word in each field counts.
K1, B = 1.2, 0.2
TITLE, QUESTION, BODY, MORE = 3.0, 1.0, 0.7, 0.7
# The likeness to a known question, the share of the question that the document speaks of, BM25.
LIKENESS, COVERAGE, RELEVANCE = 0.45, 0.35, 0.20
# An article about exactly the service that was named, or about another one.
SAME_SERVICE, OTHER_SERVICE = 0.11, -0.25
# How much it tells that the classifier expects the document's topic.
TOPIC = 0.12
# A word that no document has weighs as much as the rarest that one has, or nearly.
UNKNOWN = 0.8
# A word that tells little, however rare it is.
QUIET = 0.3
# One unknown word may be all that is asked; of several, most are the story around the question.
STORY = 0.4
# The longer part is the answer only if it says clearly more of what was asked.
PASSAGE_LEAD = 0.12


@dataclass(frozen=True)
class Document:
    """What can be found. `passages`: the answer, then what else there is to say."""

    key: str
    title: str
    questions: tuple[str, ...]
    passages: tuple[str, ...]
    service: str | None = None
    topic: str = ""


class Hit(NamedTuple):
    """A document and its passage. `fit`: how well its words fit; `score`: with the topic too."""

    key: str
    score: float
    fit: float
    coverage: float
    passage: int


@dataclass
class _Entry:
    document: Document
    weights: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    passages: tuple[frozenset[str], ...] = ()
    length: float = 0.0


class Index:
    """Documents by term, in memory; built again when they change."""

    def __init__(self, documents: Iterable[Document]) -> None:
        documents = list(documents)
        self.lexicon = Lexicon.load(
            text for d in documents for text in (d.title, *d.questions, *d.passages)
        )
        self.entries = [self._entry(d) for d in documents]
        self._services = {d.service for d in documents if d.service}
        self._by_term: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for term in entry.weights:
                self._by_term[term].append(number)
        self._mean = sum(e.length for e in self.entries) / max(1, len(self.entries))
        self._asked: list[tuple[int, float]] = []
        self._asked_by_term: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for question in (*entry.document.questions, entry.document.title):
                self._add_question(number, self.lexicon.terms(question))

    def _entry(self, document: Document) -> _Entry:
        entry = _Entry(document)
        fields = [(document.title, TITLE), *((q, QUESTION) for q in document.questions)]
        fields += zip(document.passages, (BODY, MORE), strict=False)
        for text, weight in fields:
            for term in self.lexicon.terms(text):
                entry.weights[term] += weight
                entry.length += weight
        # What the title and the known questions say, the article answers from its beginning.
        general = {
            t for text, _ in fields[: len(document.questions) + 1] for t in self.lexicon.terms(text)
        }
        entry.passages = tuple(
            frozenset(self.lexicon.terms(p, forgiving=True).keys() - general)
            for p in document.passages
        )
        return entry

    def _add_question(self, number: int, terms: Mapping[str, float]) -> None:
        place = len(self._asked)
        self._asked.append((number, sum(self.weight(t) for t in terms)))
        for term in terms:
            self._asked_by_term[term].append((place, self.weight(term)))

    def weight(self, term: str) -> float:
        """How much a term tells: rare ones tell more, and some concepts less than their rarity."""
        count = len(self._by_term.get(term, ()))
        total = len(self.entries)
        if term in self.lexicon.quiet:
            return QUIET
        if count == 0:
            return UNKNOWN * log(1 + (total + 0.5) / 0.5)
        rarity = log(1 + (total - count + 0.5) / (count + 0.5))
        return rarity * self.lexicon.minor.get(term, 1.0)

    def asks_part(self, text: str) -> bool:
        """Whether a part is asked for (how much, where, when …), not only what is wanted said."""
        return not self.lexicon.aspects.isdisjoint(self.lexicon.terms(text))

    def search(
        self,
        text: str,
        services: Collection[str] = (),
        names: str = "",
        topics: Mapping[str, float] | None = None,
        limit: int = 5,
    ) -> list[Hit]:
        """The documents that fit the question best; none if it says nothing that any speaks of.

        `names`: words of the text that name places, which no answer has to mention; `topics`: how
        likely each topic is.
        """
        asked = self.lexicon.terms(text, forgiving=True)
        for term in self.lexicon.terms(names, forgiving=True):
            if term not in self._by_term:
                asked.pop(term, None)
        weights = {t: self.weight(t) * sure for t, sure in asked.items()}
        strange = [t for t in weights if t not in self._by_term]
        for term in strange[1:]:
            weights[term] *= STORY
        total = sum(weights.values())
        if not total:
            return []
        likeness = self._likeness(weights, total)
        candidates = {n for t in weights for n in self._by_term.get(t, ())}
        services = self._services.intersection(services)
        hits = [
            self._hit(n, weights, likeness.get(n, 0.0), services, topics or {}) for n in candidates
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.key))[:limit]

    def _likeness(self, weights: Mapping[str, float], total: float) -> dict[int, float]:
        """For each document, Dice's coefficient with the known question that is most like this."""
        shared: dict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for place, known in self._asked_by_term.get(term, ()):
                shared[place] += weight + known
        best: dict[int, float] = {}
        for place, weight in shared.items():
            number, length = self._asked[place]
            best[number] = max(best.get(number, 0.0), weight / (total + length))
        return best

    def _hit(
        self,
        number: int,
        weights: Mapping[str, float],
        likeness: float,
        services: Collection[str],
        topics: Mapping[str, float],
    ) -> Hit:
        entry, total = self.entries[number], sum(weights.values())
        held = {t: w for t, w in weights.items() if t in entry.weights}
        coverage = sum(held.values()) / total
        norm = K1 * (1 - B + B * entry.length / self._mean)
        saturated = (w * entry.weights[t] / (entry.weights[t] + norm) for t, w in held.items())
        fit = LIKENESS * likeness + COVERAGE * coverage + RELEVANCE * sum(saturated) / total
        if services and entry.document.service:
            fit += SAME_SERVICE if entry.document.service in services else OTHER_SERVICE
        score = fit + TOPIC * topics.get(entry.document.topic, 0.0)
        passage = _passage(entry.passages, weights, total)
        return Hit(entry.document.key, score, fit, coverage, passage)


def _passage(passages: Sequence[frozenset[str]], weights: Mapping[str, float], total: float) -> int:
    """The first passage, unless a later one says clearly more of what was asked."""
    said = [sum(w for t, w in weights.items() if t in terms) / total for terms in passages]
    best = max(range(len(said)), key=said.__getitem__, default=0)
    return best if said and said[best] > said[0] + PASSAGE_LEAD else 0
