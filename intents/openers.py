"""Tells a message that only announces a report from one that already says it."""

import re
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from intents.normalise import normalise


@cache
def _pattern() -> re.Pattern[str]:
    path = Path(__file__).with_name("openers.yml")
    parts = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    body = r"\s*".join(
        [parts["openers"][0], parts["verbs"], parts["actions"], parts["objects"], parts["endings"]]
    )
    return re.compile(rf"{body}[\s.!?¡¿,]*")


def announces_only(text: str) -> bool:
    """Whether nothing is told yet ("tengo una queja")."""
    return _pattern().fullmatch(normalise(text)) is not None
