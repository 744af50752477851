"""A name, document or birthday that is given before anybody asks for it.

Only what is plainly one is taken: a wrong one would have to be corrected by hand.
"""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.birth_dates import parse_birth_date
from intents.normalise import fold, normalise
from intents.people import parse_person_name

LONGEST = 5
# No birthday is without these two digits, few messages are with them.
_YEAR = re.compile(r"\d\d\b")


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


def participant_named(text: str) -> str | None:
    """Who is to take part: "a mi hijo Mateo Pérez", "se llama mateo pérez"."""
    data = _data()
    called = _after(text, data["called"], by_capitals=False)
    return called or _after(text, data["kin"], by_capitals=True)


def writer_named(text: str) -> str | None:
    """Who writes: "me llamo Rosa Quishpe"."""
    named = _after(text, _data()["own"], by_capitals=False)
    # "soy adulto mayor" is no name.
    return named or _after(text, _data()["am"], by_capitals=True)


def name_at_start(text: str) -> str | None:
    """The name that an answer with more in it begins with: "Mateo Pérez, cédula 171…"."""
    folded, origin = fold(text)
    end = re.search(_data()["after_name"], folded)
    return parse_person_name(text[: origin[end.start()]]) if end else None


def says_own_document(text: str) -> bool:
    """Whether a document is given as the writer's."""
    return re.search(_data()["own_document"], normalise(text)) is not None


def birth_date_told(text: str, today: date) -> date | None:
    """A date that is called a birthday, in a message that wasn't asked for one."""
    born = re.search(_data()["born"], fold(text)[0])
    return parse_birth_date(text[fold(text)[1][born.start()] :], today) if born else None


def without_birthday(text: str) -> str:
    """The text without the birthday told in it, which says nothing of what is wanted."""
    folded, origin = fold(text)
    told = _YEAR.search(folded) and re.search(_data()["birthday"], folded)
    return text[: origin[told.start()]] + text[origin[told.end() - 1] + 1 :] if told else text


def _after(text: str, lead: str, by_capitals: bool) -> str | None:
    folded, origin = fold(text)
    match = re.search(rf"(?<![a-z]){lead} ", folded)
    if match is None:
        return None
    words: list[str] = []
    for word in text[origin[match.end() - 1] + 1 :].split():
        plain = normalise(word).strip(".,;:")
        if plain in _data()["ends"] or not plain.isalpha() or len(words) == LONGEST:
            break
        if by_capitals and not word[0].isupper():
            break
        words.append(word.strip(".,;:"))
        if word[-1] in ".,;:":
            break
    return parse_person_name(" ".join(words)) if words else None
