"""The files that ship Somos, checked without a container engine: image, Compose, requirements."""

import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, ValidationError
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ["bot", "intents", "responses", "storage"]
REQUIREMENTS = ["requirements.txt", "requirements-dev.txt"]
PINNED = re.compile(r"[\w.\[\]-]+==[\w.!+]+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")


def logical_lines(path):
    """Lines without comments, continued lines joined."""
    lines = (line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [line.strip() for line in joined.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def compose():
    return YAML(typ="safe").load(ROOT / "docker-compose.yml")


@pytest.fixture(scope="module")
def compose_validator():
    return Draft7Validator(json.loads((ROOT / "tests/data/compose-spec.json").read_text()))


@pytest.fixture(scope="module")
def dockerfile():
    """Pairs of instruction and arguments of the last stage, and of all stages."""
    pairs = [line.split(maxsplit=1) for line in logical_lines(ROOT / "Dockerfile")]
    last = max(i for i, (name, _) in enumerate(pairs) if name == "FROM")
    return {"all": pairs, "last": dict(pairs[last:])}


def test_the_compose_file_follows_the_compose_specification(compose, compose_validator):
    compose_validator.validate(compose)


def test_a_misspelt_key_in_the_compose_file_would_be_noticed(compose, compose_validator):
    misspelt = compose | {"services": {"app": compose["services"]["app"] | {"volume": []}}}
    with pytest.raises(ValidationError):
        compose_validator.validate(misspelt)


def test_compose_opens_no_port_to_other_machines(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_refuses_to_start_without_secrets_and_the_example_names_them():
    text = (ROOT / "docker-compose.yml").read_text()
    asked = dict(re.findall(r"\$\{(\w+)(:\?)?", text))
    assert asked == {"POSTGRES_PASSWORD": ":?"}
    example = logical_lines(ROOT / ".env.example")
    # Empty in the example: a secret that is published is none.
    assert all(f"{name}=" in example for name in asked)


def test_the_image_does_not_run_as_root(dockerfile):
    assert dockerfile["last"]["USER"].split(":")[0] not in {"root", "0"}


def test_the_image_says_whether_it_is_healthy(dockerfile):
    check = dockerfile["last"]["HEALTHCHECK"]
    command = json.loads(check.split("CMD ", 1)[1])
    port = dockerfile["last"]["EXPOSE"]
    assert f"http://127.0.0.1:{port}/healthz" in command[-1]
    compile(command[-1], "HEALTHCHECK", "exec")


def test_what_the_image_copies_exists_and_reaches_the_build(dockerfile):
    copied = [args.split() for name, args in dockerfile["all"] if name == "COPY"]
    sources = [s for args in copied if not args[0].startswith("--from") for s in args[:-1]]
    assert set(PACKAGES) < set(sources)
    assert [s for s in sources if not (ROOT / s).exists()] == []
    let_through = logical_lines(ROOT / ".dockerignore")
    assert [s for s in sources if f"!{s}" not in let_through] == []


def test_the_image_starts_a_real_command(dockerfile):
    script, *arguments = json.loads(dockerfile["last"]["CMD"])
    assert PROJECT["project"]["scripts"][script] == "bot.__main__:main"
    # An option that does not exist is an error even when help is asked for.
    run = [sys.executable, "-m", "bot", *arguments, "--help"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_data_file_is_part_of_the_installed_project():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    files = [f for package in PACKAGES for f in (ROOT / package).rglob("*.*") if f.is_file()]
    data = [f for f in files if f.suffix not in {".py", ".pyc"} and not f.name.startswith(".")]
    assert data
    assert [f for f in data if not any(fnmatch(f.name, p) for p in patterns)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_with_hashes(name):
    lines = logical_lines(ROOT / name)
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_name_no_registry(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"://|^\s*(-i|-f|--(extra-)?index|--find-links|--trusted)", text, re.M)


def test_both_requirements_files_pin_the_same_versions():
    pins = [
        {line.split(" --hash")[0] for line in logical_lines(ROOT / name)} for name in REQUIREMENTS
    ]
    assert pins[0] <= pins[1]


def test_what_builds_the_project_is_pinned_too():
    # A build without isolation uses what is installed: nothing unpinned is fetched for it.
    required = {re.split(r"\W", need)[0] for need in PROJECT["build-system"]["requires"]}
    pinned = {line.split("==")[0] for line in logical_lines(ROOT / "requirements.txt")}
    assert required <= pinned
