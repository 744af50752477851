"""Hours and parts of the day that a message asks for ("después de las 5", "por las noches").

How people say them is data: hours.yml.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from intents.normalise import fold

NIGHT = 24 * 60
# Nobody means five in the morning by "a las 5".
EARLIEST = 7


@dataclass(frozen=True, slots=True)
class Hours:
    """A beginning between two times of the day, as HH:MM; `part` where a part was named.

    `spans` are the places in the text that say it.
    """

    after: str | None
    before: str | None
    part: str | None
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """One mention: minutes of the day from and to, the part's name, where."""

    after: int
    before: int
    part: str | None
    start: int
    end: int


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".yml")
    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Patterns in the order in which they take their words: pattern, what it is, its value."""
    data = _data()

    def expanded(pattern: str) -> re.Pattern[str]:
        # The nth time of a pattern has the groups h<n>, m<n> and q<n>.
        numbers = count(1)

        def time(found: re.Match[str]) -> str:
            n = next(numbers)
            return re.sub(r"\?P<(\w)>", rf"?P<\g<1>{n}>", data[found[1]])

        pattern = re.sub(r"{(clock|exact)}", time, pattern)
        return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])")

    frames = [
        (expanded(p), kind, "") for kind in ("between", "after", "before", "at") for p in data[kind]
    ]
    fixed = [(expanded(r["say"]), "window", str(r["is"])) for r in data["windows"]]
    parts = [(expanded(p), "part", n) for n, row in data["parts"].items() for p in row["say"]]
    greetings = [(expanded(p), "none", "") for p in data["none"]]
    return (*greetings, *frames, *fixed, *parts)


def find_hours(text: str) -> Hours | None:
    """What the text says about the hour; several mentions narrow each other; None if nothing."""
    found = sorted(_mentions(text), key=lambda said: said.start)
    if not found:
        return None
    after, before = max(s.after for s in found), min(s.before for s in found)
    if after >= before:  # "en la mañana o en la tarde": either will do
        after, before = min(s.after for s in found), max(s.before for s in found)
    part = found[0].part if len(found) == 1 else None
    return Hours(
        _clock(after) if after else None,
        _clock(before) if before < NIGHT else None,
        part,
        tuple((s.start, s.end) for s in found),
    )


def _mentions(text: str) -> Iterator[_Said]:
    folded, origin = fold(text)
    for pattern, kind, value in _patterns():
        for match in list(pattern.finditer(folded)):
            start, end = origin[match.start()], origin[match.end() - 1] + 1
            folded = folded[: match.start()] + "#" * len(match.group()) + folded[match.end() :]
            if kind != "none":
                window = _window(kind, value, match)
                yield _Said(*window, value if kind == "part" else None, start, end)


def _window(kind: str, value: str, match: re.Match[str]) -> tuple[int, int]:
    if kind == "part":
        row = _data()["parts"][value]
        return _minutes(row["after"]), _minutes(row["before"])
    if kind == "window":
        after, _, before = value.partition("-")
        return _minutes(after or "00:00"), _minutes(before or "24:00")
    if kind == "between":
        last = _time(match, 2)
        first = _time(match, 1)
        # "de 9 a 12", "de 3 a 5 de la tarde"
        return (first if first < last else first - 12 * 60), last
    time = _time(match, 1)
    if kind == "after":
        return time, NIGHT
    return (0, time) if kind == "before" else (time, time + 60)


def _time(match: re.Match[str], n: int) -> int:
    """Minutes of the nth time in a match; without "de la mañana" it is a time of the waking day."""
    said = match.groupdict()
    hour = _data()["numbers"].get(said[f"h{n}"]) or int(said[f"h{n}"])
    minutes = {"media": 30, "cuarto": 15}.get(said[f"m{n}"] or "")
    qualifier = (said.get(f"q{n}") or "").replace(".", "").replace(" ", "")
    if hour < 12 and (qualifier in _data()["pm"] or (not qualifier and hour < EARLIEST)):
        hour += 12
    return min(hour * 60 + (int(said[f"m{n}"] or 0) if minutes is None else minutes), NIGHT - 60)


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
