"""The templates of `responses/*.yml` (Rasa `responses:`), checked when they are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Template:
    """One response: text, fixed buttons, and a plural text where it counts something."""

    name: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    plural: str | None
    count: str | None
    numbered: bool


def load_templates(folder: Path = FOLDER) -> dict[str, Template]:
    """All templates by name. Raises ValueError for a duplicate or an unknown key."""
    templates: dict[str, Template] = {}
    for path, name, variations in _entries(folder):
        if name in templates:
            raise ValueError(f"{path.name}: {name} is defined twice")
        if len(variations) != 1:
            raise ValueError(f"{path.name}: {name} must have exactly one text")
        templates[name] = _template(path, name, variations[0])
    return templates


def _entries(folder: Path) -> Iterator[tuple[Path, str, list[dict[str, Any]]]]:
    for path in sorted(folder.glob("*.yml")):
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        for name, variations in data["responses"].items():
            yield path, name, variations


def _template(path: Path, name: str, node: dict[str, Any]) -> Template:
    unknown = set(node) - {"text", "buttons", "metadata"}
    meta = node.get("metadata", {})
    unknown |= set(meta) - {"plural", "count", "numbered"}
    if unknown:
        raise ValueError(f"{path.name}: {name}: unknown {sorted(unknown)}")
    return Template(
        name=name,
        text=node["text"].rstrip("\n"),
        buttons=tuple((b["title"], b["payload"]) for b in node.get("buttons", [])),
        plural=meta["plural"].rstrip("\n") if "plural" in meta else None,
        count=meta.get("count"),
        numbered=meta.get("numbered", True),
    )
