"""Reads Rasa NLU files, and knows whether a trained model still belongs to them."""

import hashlib
from pathlib import Path

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent
NLU = FOLDER / "nlu"
# Whatever may change the numbers of a model makes it stale.
_CODE = (
    "*.py",
    "gazetteers/*.yml",
    "nlu/*.yml",
    "dates.yml",
    "people.yml",
    "patterns.yml",
    "spelling.yml",
)


def read_examples(path: Path) -> list[tuple[str, str]]:
    """Pairs of sentence and intent of one Rasa NLU file.

    Raises ValueError, naming the file, for what is not `intent` with `examples`.
    """
    data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    pairs: list[tuple[str, str]] = []
    for item in data["nlu"]:
        if "intent" not in item:
            raise ValueError(f"{path.name}: only 'intent' entries are expected here")
        for line in item["examples"].splitlines():
            if line.strip():
                if not line.startswith("- "):
                    raise ValueError(f"{path.name}: {line!r} does not begin with '- '")
                pairs.append((line[2:].strip(), item["intent"]))
    return pairs


def training_examples() -> list[tuple[str, str]]:
    """All examples of `intents/nlu/`."""
    return [pair for path in sorted(NLU.glob("*.yml")) for pair in read_examples(path)]


def digest() -> str:
    """Changes when the examples, or the code that turns them into a model, change."""
    hasher = hashlib.sha256()
    for path in sorted(path for pattern in _CODE for path in FOLDER.glob(pattern)):
        hasher.update(path.name.encode() + b"\0" + path.read_bytes())
    return hasher.hexdigest()
