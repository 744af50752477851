"""Promises about the shape of the project that no single test of behaviour would notice."""

import re
from pathlib import Path

from bot.app import make_engine
from bot.gateways import MENU
from bot.settings import Settings
from responses.render import Renderer
from storage.models import Base

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "intents", "responses", "storage")
SOURCES = {
    path: path.read_text("utf-8")
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts
}
# Spoken through computed names: `weekday_5`, `kind_alert`, `intent_greet`.
COMPUTED = (
    "weekday_",
    "kind_",
    "institution_",
    "intent_",
    "who_",
    "where_",
    "relaxed_",
    "contact_",
    "report_state_",
    "utter_ask_",
    "command_",
    "day_",
    "hour_",
    "noun_",
    "event_",
    "utter_event_",
    "utter_workshop_",
)


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [f for f in Settings.model_fields if f"`SOMOS_{f.upper()}`" not in readme]
    assert missing == []


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"`SOMOS_([A-Z_]+)`", (ROOT / "README.md").read_text("utf-8")))
    assert named == {f.upper() for f in Settings.model_fields}


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p.relative_to(ROOT)) for p, s in SOURCES.items() if not s.startswith('"""')]
    assert silent == []


def test_every_template_that_code_names_exists_and_every_one_is_used() -> None:
    templates = Renderer().templates
    code = "\n".join(s for p, s in SOURCES.items() if p.is_relative_to(ROOT / "bot"))
    rules = (ROOT / "intents" / "rules.yml").read_text("utf-8")
    named = set(re.findall(r'"(utter_[a-z_]+|staff_[a-z_]+)"', code))
    assert {n for n in named if n not in templates} == set()
    unused = [
        name
        for name in templates
        if f'"{name}"' not in code and name not in rules and not name.startswith(COMPUTED)
    ]
    assert unused == []


def test_every_intent_has_a_rule() -> None:
    engine = make_engine(Renderer())
    ruled = {r.past[0].name for r in engine.rules if r.past[0].kind == "intent"}
    assert engine.domain.intents - ruled == set()


def test_every_command_of_the_menu_is_described() -> None:
    assert all(f"command_{c}" in Renderer().templates for c in MENU)


def test_no_spanish_sentence_stands_in_python_outside_the_matrices() -> None:
    spanish = re.compile(r'"[^"\n]*[áéíóúñ][^"\n]*"')
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, source in SOURCES.items()
        if "matrices" not in path.parts
        for match in spanish.finditer(re.sub(r'"""[\s\S]*?"""|#[^\n]*', "", source))
    ]
    assert found == []


def test_relationships_load_only_what_a_query_asks_for() -> None:
    eager = [
        f"{mapper.class_.__name__}.{relation.key}"
        for mapper in Base.registry.mappers
        for relation in mapper.relationships
        if relation.lazy != "raise"
    ]
    assert eager == []


def test_no_file_is_a_house() -> None:
    tests = {p: p.read_text("utf-8") for p in (ROOT / "tests").rglob("*.py")}
    long = {
        str(path.relative_to(ROOT)): len(source.splitlines())
        for path, source in {**SOURCES, **tests}.items()
        if len(source.splitlines()) > 400
    }
    assert long == {}
