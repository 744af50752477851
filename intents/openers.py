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


@cache
def _question() -> re.Pattern[str]:
    before = "|".join(_data()["before_question"])
    starts = "|".join(_data()["question_starts"])
    return re.compile(rf"[¿\s]*(?:(?:{before})[,\s]+)*[¿\s]*(?:{starts})\b")


def asks_question(text: str) -> bool:
    """Whether the message begins as a question does."""
    return _question().match(normalise(text)) is not None


def asks_for_more(text: str) -> bool:
    """Whether the whole message is "ver más" or the like."""
    return normalise(text).strip(".!? ") in _data()["more"]


def takes_back(text: str) -> bool:
    """Whether it says that a danger was none, or that one wants to go on: "falsa alarma"."""
    return re.search(rf"\b(?:{'|'.join(_data()['takes_back'])})\b", normalise(text)) is not None


def place_in_list(said: str, length: int) -> int | None:
    """The index meant by "el primero" or "quiero el 2" of a list of so many; None if none is."""
    words = said.replace(",", " ").split()
    if not words or len(words) > 5 or not set(words[:-1]) <= set(_data()["before_ordinal"]):
        return None
    last = words[-1].strip(".#)!")
    number = ordinal_of(last) or 0
    index = length - 1 if number == -1 else number - 1
    return index if 0 <= index < length else None


def ordinal_of(word: str) -> int | None:
    """1 for "primero" or "1", -1 for "último"; None for any other word."""
    if word.isdigit() and len(word) <= 2:
        return int(word)
    number: int | None = _data()["ordinals"].get(word)
    return number


def starts_with_no(text: str) -> bool:
    """Whether it says no to "is it solved?": "no, sigue igual", "todavía no"."""
    words = re.findall(r"\w+", normalise(text))
    return bool(words) and words[0] in _data()["still_not"]
