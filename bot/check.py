"""Content validation for `somos check`: what a non-programmer may edit fits together.

The loaders refuse malformed files by themselves; here is what only shows between files.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

import storage.seed.load as seed
from bot.app import make_engine
from bot.dialogue.choices import StaleChoiceError, parse_payload
from bot.errors import ProjectError
from intents.entities import EntityFinder
from intents.examples import NLU, read_examples
from intents.normalise import normalise
from responses.render import Renderer

ENOUGH_EXAMPLES = 25
MAX_WORDS = 60
MAX_TITLE = 40
_FIELD = re.compile(r"\{[a-z_]+\}")


def check_content() -> list[str]:
    """Every problem found, as a line for whoever edits the files."""
    try:
        renderer = Renderer()
        engine = make_engine(renderer)
    except (ProjectError, ValueError, LookupError) as error:
        return [str(error)]
    return [
        *_examples(engine.domain.intents - {"nlu_fallback"}),
        *_templates(renderer),
        *_payloads(renderer, engine.domain.intents, engine.domain.entities),
        *_labels(renderer, engine.domain.intents),
        *_gazetteers(),
    ]


def _examples(intents: frozenset[str]) -> Iterator[str]:
    seen: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for path in sorted(NLU.glob("*.yml")):
        for text, intent in read_examples(path):
            counts[intent] += 1
            if intent != path.stem:
                yield f"{path.name}: {intent!r} belongs in {intent}.yml"
            plain = re.sub(r"[^a-z0-9 ]", "", normalise(text)).strip()
            if plain and plain in seen:
                yield f"{path.name}: {text!r} is already an example of {seen[plain]}"
            seen[plain] = intent
    for intent in sorted(intents):
        if counts[intent] < ENOUGH_EXAMPLES:
            yield f"{intent}: {counts[intent]} examples, at least {ENOUGH_EXAMPLES} are needed"
    for intent in sorted(set(counts) - intents):
        yield f"{intent}: has examples but is not in domain.yml"


def _templates(renderer: Renderer) -> Iterator[str]:
    for name, template in renderer.templates.items():
        if len(template.text.split()) > MAX_WORDS:
            yield f"{name}: more than {MAX_WORDS} words"
        for title, _ in template.buttons:
            if len(title) > MAX_TITLE:
                yield f"{name}: the button {title!r} is longer than {MAX_TITLE} characters"
        for language, catalogue in renderer.translations.items():
            translated = catalogue.gettext(template.text)
            if set(_FIELD.findall(translated)) != set(_FIELD.findall(template.text)):
                yield f"{name}: the {language} text has other fields than the Spanish one"


def _payloads(
    renderer: Renderer, intents: frozenset[str], entities: frozenset[str]
) -> Iterator[str]:
    for name, template in renderer.templates.items():
        for title, payload in template.buttons:
            try:
                parse_payload(payload, intents, entities)
            except StaleChoiceError:
                yield f"{name}: the button {title!r} leads nowhere: {payload}"


def _labels(renderer: Renderer, intents: frozenset[str]) -> Iterator[str]:
    """Articles name the next intents by their labels."""
    for path in sorted((seed.FOLDER / "articles").glob("*.yml")):
        for article in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["articles"]:
            for intent in article["next"]:
                if f"intent_{intent}" not in renderer.templates or intent not in intents:
                    yield f"{path.name}: {article['slug']}: no such next step {intent!r}"


def _gazetteers() -> Iterator[str]:
    """What gazetteers and the seed call the same must have the same slug."""
    EntityFinder()
    for kind, file, key in (
        ("casa", "casas.yml", "casas"),
        ("category", "categories.yml", "categories"),
    ):
        known = {row["slug"] for row in _load(seed.FOLDER / file)[key]}
        named = {row["value"] for row in _load(NLU.parent / "gazetteers" / f"{kind}.yml")["values"]}
        for slug in sorted(known ^ (named - {None})):
            yield f"{kind}: {slug!r} is only in {'the seed' if slug in known else 'the gazetteer'}"


def _load(path: Path) -> dict[str, list[dict[str, str]]]:
    data: dict[str, list[dict[str, str]]] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return data
