"""Babel's extraction method for `responses/*.yml`: texts, plurals and button titles."""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

Extracted = tuple[int, str, str | tuple[str, str], list[str]]


def extract_responses(
    fileobj: Any,
    _keywords: Any,
    _comment_tags: Any,
    options: Any,  # noqa: ARG001 - Babel names it
) -> Iterator[Extracted]:
    """Yield (line, function, message, comments) for each text that a citizen reads."""
    data: Any = YAML().load(fileobj.read().decode("utf-8")).get("responses") or {}
    for name, variations in data.items():
        line = data.lc.data[name][0] + 1
        for node in variations:
            text, plural = node["text"].rstrip("\n"), node.get("metadata", {}).get("plural")
            if not text:
                # gettext answers the empty text with the catalogue's header.
                continue
            if plural:
                yield line, "ngettext", (text, plural.rstrip("\n")), [name]
            else:
                yield line, "gettext", text, [name]
            for button in node.get("buttons", []):
                yield line, "gettext", button["title"], [name]
