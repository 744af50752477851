"""Reads Rasa NLU files, and knows whether a trained model still belongs to them."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent
NLU = FOLDER / "nlu"
# Whatever may change the numbers of a model makes it stale.
_SHAPING = (
    *(f"{m}.py" for m in ("features", "noise", "spelling", "normalise", "train", "entities")),
    *(f"{m}.py" for m in ("gazetteer", "dates", "documents", "people", "fields")),
    *(f"{m}.py" for m in ("numbers", "periods", "sounds")),
    *("gazetteers/*.yml", "nlu/*.yml", "spelling.yml"),
    *(f"{d}.yml" for d in ("dates", "numbers", "people", "patterns")),
)
# Rasa's marks for entities: [Solanda](casa), [mañana]{"entity": "date"}, or a list of the latter.
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\}|\[\{.*?\}\])")


def read_examples(path: Path) -> list[tuple[str, str]]:
    """Pairs of sentence and intent of one Rasa NLU file, entity marks taken off.

    Synonyms, lookups and regular expressions are passed over; of a retrieval intent `faq/hours`
    the name is `faq`, as Rasa's classifier sees it. Raises ValueError, naming the file, for
    examples that are no list.
    """
    data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return [
        (_MARKED.sub(r"\1", text), str(item["intent"]).partition("/")[0])
        for item in data["nlu"]
        if "intent" in item
        for text in _listed(path, item["examples"])
        if text
    ]


def _listed(path: Path, examples: Any) -> Iterator[str]:
    """The examples of an item: lines that begin with "-", or items with a text of their own."""
    if not isinstance(examples, str):
        yield from (str(example["text"]).strip().removeprefix("- ") for example in examples)
        return
    for line in filter(str.strip, examples.splitlines()):
        if line.startswith("#"):
            continue
        if not line.startswith("-"):
            raise ValueError(f"{path.name}: {line!r} does not begin with '- '")
        yield line[1:].strip()


def training_examples() -> list[tuple[str, str]]:
    """All examples of `intents/nlu/`."""
    return [pair for path in sorted(NLU.glob("*.yml")) for pair in read_examples(path)]


def digest() -> str:
    """Changes when the examples, or the code that turns them into a model, change."""
    return _digest_of(_SHAPING)


def code_digest() -> str:
    """Changes when the code does: models of different code cannot take each other's place."""
    return _digest_of([pattern for pattern in _SHAPING if pattern.endswith(".py")])


def _digest_of(patterns: Iterable[str]) -> str:
    hasher = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in FOLDER.glob(pattern)):
        hasher.update(path.name.encode() + b"\0" + path.read_bytes())
    return hasher.hexdigest()
