"""What a model file says of itself: what it was made of, by which code, and if it is usable."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from intents.examples import code_digest, digest

Pairs = Sequence[tuple[str, str]]
REFUSED = 3  # how `intents.renew` ends when the new model is worse


class About(NamedTuple):
    """`made_of`: all examples and code; `shipped`: without the approved ones; `code`: code alone.

    Empty when there is no usable model.
    """

    made_of: str = ""
    shipped: str = ""
    code: str = ""
    approved: Pairs = ()


def made_of(approved: Pairs) -> str:
    """The digest of a model of the shipped examples and these approved ones."""
    if not approved:
        return digest()
    told = json.dumps([list(pair) for pair in approved], ensure_ascii=False)
    return hashlib.sha256(f"{digest()}\n{told}".encode()).hexdigest()


def told_about(approved: Pairs) -> dict[str, Any]:
    """The arrays that go with a new model's, for `about` to read."""
    return {
        "shipped": np.array(digest()),
        "code": np.array(code_digest()),
        "approved": np.array([list(pair) for pair in approved], dtype=np.str_).reshape(-1, 2),
    }


def about(path: Path) -> About:
    """What the model of this file was made of."""
    try:
        # numpy forgets to close a broken file that it opened itself.
        with path.open("rb") as file, np.load(file) as arrays:
            return _read(arrays)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        # A half-written or foreign file counts as none: training replaces it.
        return About()


def _read(arrays: Mapping[str, Any]) -> About:
    approved = [(str(text), str(intent)) for text, intent in arrays["approved"]]
    return About(str(arrays["digest"]), str(arrays["shipped"]), str(arrays["code"]), approved)


def is_usable(path: Path) -> bool:
    """Whether this version of Somos can serve the model of this file."""
    return about(path).code == code_digest()


def refused_file(model: Path) -> Path:
    """Where it is noted which model was last refused, so that no start trains it again."""
    return model.with_suffix(".refused")


def was_refused(model: Path, made_of: str) -> bool:
    """Whether a model of these examples was already found to be worse."""
    file = refused_file(model)
    return file.exists() and file.read_text("utf-8") == made_of
