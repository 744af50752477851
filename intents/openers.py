"""Short messages whose meaning is fixed: those that only announce a report, and "más"."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import normalise


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_name("openers.yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@cache
def _pattern() -> re.Pattern[str]:
    parts = _data()
    body = r"\s*".join(
        [parts["openers"][0], parts["verbs"], parts["actions"], parts["objects"], parts["endings"]]
    )
    return re.compile(rf"{body}[\s.!?¡¿,]*")


def announces_only(text: str) -> bool:
    """Whether nothing is told yet ("tengo una queja")."""
    return _pattern().fullmatch(normalise(text)) is not None


def asks_for_more(text: str) -> bool:
    """Whether the whole message is "ver más" or the like."""
    return normalise(text).strip(".!? ") in _data()["more"]
