"""Spoils JSON at random, the same way for the same dice: what no gateway would send, and might."""

import json
from copy import deepcopy
from random import Random
from typing import Any

JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**30, 0.5, float("inf"), float("nan"), "", " ", "0", "x",
    "\x00", "\ud800", "é" * 3000, "/greet", "/{", "#0123456789abcdef0123", "../../etc/passwd",
    "' OR 1=1 --", [], {}, [[]], [None], [{}], {"id": {}}, {"body": ["x"]},
)  # fmt: skip


def mutated(value: Any, dice: Random) -> Any:
    """A copy with one to four things changed."""
    root = [deepcopy(value)]
    for _ in range(dice.randint(1, 4)):
        parent, key = dice.choice(list(_places(root)))
        _change(parent, key, dice)
    return root[0] if root else None


def spoilt(body: bytes, dice: Random) -> bytes:
    """A body with some bytes cut, flipped or doubled."""
    data = bytearray(body)
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(data)) if data else 0
        what = dice.choice(("cut", "flip", "double"))
        if what == "cut":
            del data[at : at + dice.randint(1, 20)]
        elif what == "flip" and data:
            data[at] = dice.randrange(256)
        else:
            data[at:at] = data[at : at + 10]
    return bytes(data)


def written(payload: Any) -> bytes:
    """As JSON, halves of emojis and numbers that JSON doesn't know included."""
    return json.dumps(payload).encode()


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _change(parent: Any, key: Any, dice: Random) -> None:
    old = parent[key]
    what = dice.choice(("junk", "junk", "junk", "drop", "wrap", "double", "rename", "text"))
    if what == "drop":
        del parent[key]
        if not parent:
            parent.append(None) if isinstance(parent, list) else parent.update({"": None})
    elif what == "wrap":
        parent[key] = dice.choice(([old], {"id": old}))
    elif what == "double" and isinstance(parent, list):
        parent.insert(key, deepcopy(old))
    elif what == "rename" and isinstance(parent, dict):
        parent[dice.choice(("type", "id", "from", "text", "timestamp", "x"))] = parent.pop(key)
    elif what == "text" and isinstance(old, str):
        parent[key] = old[: len(old) // 2] + dice.choice(("\x00", "\ud83d", "🎸", "\n")) + old
    else:
        parent[key] = deepcopy(dice.choice(JUNK))
