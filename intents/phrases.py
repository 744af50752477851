"""Many phrases (regular expressions) tried at each word of a text, quickly.

Each word is held only against the phrases that can begin with its first letters: trying all
of them would take a hundred times as long, and the guard reads every message.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_WORD_START = re.compile(r"\b[a-z0-9]")
_HEAD = 6  # letters of a phrase's beginning, spaces too: "me peg" tells more than "me"
_FIRST = 4  # letters of it that tell most words, with which none begins
_Beginning = tuple[str, bool]  # letters, and whether something unknown follows them


class Phrases:
    """Phrases by how they can begin. One that is no regular expression raises re.error."""

    def __init__(self, patterns: Iterable[str]) -> None:
        alike: dict[frozenset[str], list[str]] = defaultdict(list)
        for pattern in patterns:
            heads = frozenset(head for head, _ in _beginnings(parser.parse(pattern)))
            alike[heads].append(pattern)
        self._by_head: dict[str, list[re.Pattern[str]]] = defaultdict(list)
        for heads, together in alike.items():
            compiled = re.compile("|".join(together))
            for head in heads:
                self._by_head[head].append(compiled)
        self._lengths = sorted({len(head) for head in self._by_head}, reverse=True)
        self._firsts = {head[:_FIRST] for head in self._by_head if len(head) >= _FIRST}
        self._shorts = tuple(head for head in self._by_head if len(head) < _FIRST)
        # Words begin alike: which phrases can begin so is looked up once.
        self._that_begin = lru_cache(maxsize=4096)(self._look_up)

    def found_in(self, text: str) -> bool:
        """Whether a phrase starts at some word of the text."""
        likely, short, end = self._firsts, self._shorts, self._end
        # Nearly always nothing begins so: that is asked first, it costs least.
        return any(
            (head[:_FIRST] in likely or head.startswith(short)) and end(text, start, head)
            for start, head in _heads(text)
        )

    def cut_from(self, text: str) -> str:
        """The text with "|" for each phrase."""
        kept, after = list[str](), 0
        for start, head in _heads(text):
            if start >= after and (end := self._end(text, start, head)):
                kept += [text[after:start], "|"]
                after = end
        return "".join([*kept, text[after:]])

    def _end(self, text: str, start: int, head: str) -> int:
        """Where a phrase that starts here, with these letters, ends, or 0."""
        for phrases in self._that_begin(head):
            if (found := phrases.match(text, start)) and found.end() > start:
                return found.end()
        return 0

    def _look_up(self, head: str) -> Sequence[re.Pattern[str]]:
        return [p for length in self._lengths for p in self._by_head.get(head[:length], ())]


# The phrases of each danger are looked for in the same text, one after the other.
@lru_cache(maxsize=4)
def _heads(text: str) -> Sequence[tuple[int, str]]:
    """Where each word starts, and the letters from there on."""
    starts = [word.start() for word in _WORD_START.finditer(text)]
    return [(start, text[start : start + _HEAD]) for start in starts]


def _beginnings(parsed: Iterable[tuple[Any, Any]]) -> set[_Beginning]:
    """The first letters with which a phrase can begin."""
    heads: set[_Beginning] = {("", False)}
    for op, what in parsed:
        if all(unknown or len(head) >= _HEAD for head, unknown in heads):
            break
        heads = set(_followed(heads, _of_part(op, what)))
    return heads


def _followed(heads: set[_Beginning], parts: set[_Beginning]) -> Iterator[_Beginning]:
    for (head, unknown), (part, then_unknown) in product(heads, parts):
        if unknown or len(head) >= _HEAD:
            yield head, unknown
        else:
            yield (head + part)[:_HEAD], then_unknown


def _of_part(op: Any, what: Any) -> set[_Beginning]:
    if op is ops.LITERAL:
        op, what = ops.IN, [(op, what)]
    if op is ops.IN and all(kind is ops.LITERAL for kind, _ in what):
        return {(chr(letter), False) for _, letter in what}
    if op is ops.BRANCH:
        return set[_Beginning]().union(*map(_beginnings, what[1]))
    if op is ops.SUBPATTERN:
        return _beginnings(what[-1])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        least, most, repeated = what
        once = {(head, unknown or most > 1) for head, unknown in _beginnings(repeated)}
        return once | {("", False)} if least == 0 else once
    if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
        return {("", False)}
    return {("", True)}  # any letter: what follows is not told by its beginning
