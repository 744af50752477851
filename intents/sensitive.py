"""Tells reports that not everybody may read: of violence, of a minor, of somebody's health.

What makes them so is written in `sensitive.yml`; when in doubt a report is kept back.
"""

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from intents.normalise import tokenise
from intents.phrases import Phrases

REASONS = ("violence", "minors", "health")


def sensitive_for(words: str) -> str | None:
    """Why the words are sensitive, one of REASONS, or None."""
    unless, found = _phrases()
    said = unless.cut_from(" ".join(token.text for token in tokenise(words)))
    return next((reason for reason in REASONS if found[reason].found_in(said)), None)


@cache
def _phrases() -> tuple[Phrases, dict[str, Phrases]]:
    data = YAML(typ="safe").load(Path(__file__).with_name("sensitive.yml").read_text("utf-8"))
    return Phrases(data["unless"]), {reason: Phrases(data[reason]) for reason in REASONS}
