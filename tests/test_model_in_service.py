"""A model is replaced only by one that is no worse, and without a message lost."""

import asyncio
import shutil
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest

from bot.jobs import ModelWatch
from intents import renew as renewing
from intents.classifier import Classifier
from intents.gate import danger_recall, what_fell
from intents.interpreter import Interpreter
from intents.model_file import about, made_of, was_refused
from intents.train import write
from tests.conftest import NOW
from tests.process import free_port, start_somos, wait_until_ready

REPLACEMENTS = 4
PATIENCE = 20  # seconds until a server has looked at the file, on a busy machine
HELLOS = {
    "greet": ("hola", "buenos días", "qué tal", "saludos", "buenas tardes"),
    "goodbye": ("chao", "adiós", "hasta luego", "nos vemos", "me despido"),
    "emergency": ("auxilio un incendio", "socorro me ahogo", "una ambulancia por favor"),
}
NAMES = ("veci", "amigo", "señorita", "Somos", "don", "caserita", "pana", "jefe", "mijo")
MORE = (
    "tío", "primo", "reina", "ñaño", "bonita", "maestro", "vecino", "compañero", "socio", "doña",
    "guapa", "querido", "estimada", "profe", "patrón", "gente", "equipo", "familia",
)  # fmt: skip


def said(names: tuple[str, ...], meant: dict[str, str]) -> list[tuple[str, str]]:
    """Everything that can be said to those names, and what it then means."""
    return [
        (f"{hello} {name}", meant.get(intent, intent))
        for intent, hellos in HELLOS.items()
        for hello in hellos
        for name in names
    ]


SWAPPED = {"greet": "goodbye", "goodbye": "greet"}
GOOD = said(NAMES, {})
MISTAKEN = said(MORE, SWAPPED)


def measures(right: int, danger: int) -> dict[str, Any]:
    """Of 100 greetings and 50 emergencies so many were understood."""
    return {
        "accuracy": (right + danger) / 150,
        "per_intent": {
            "greet": {"support": 100, "recall": right / 100},
            "emergency": {"support": 50, "recall": danger / 50},
        },
        "confusions": [
            {"intent": "greet", "understood": "goodbye", "count": 100 - right},
            {"intent": "emergency", "understood": "greet", "count": 50 - danger},
        ],
    }


def test_a_model_that_understands_fewer_sentences_is_told_by_how_much() -> None:
    assert what_fell(measures(90, 48), measures(95, 48)) == []
    overall, intent = what_fell(measures(90, 48), measures(80, 48))
    assert overall == "accuracy: 92.0% -> 85.3% (-6.7 points)"
    assert intent == "greet: 90% -> 80% of its 100 sentences"


def test_more_right_answers_do_not_make_up_for_danger_that_is_missed() -> None:
    assert danger_recall(measures(90, 48)) == pytest.approx(0.96)
    assert what_fell(measures(90, 48), measures(99, 47))[0].startswith("recall of danger")
    assert danger_recall({"per_intent": {}, "confusions": []}) == 1.0


# --- training ---


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of few examples, whose training takes no time."""
    monkeypatch.setattr(renewing, "training_examples", lambda: list(GOOD))


def options(folder: Path, **others: Any) -> Namespace:
    told = {"held_out": None, "force": False, "threshold": 0.25}
    return Namespace(model=folder / "model.npz", **{**told, **others})


def held_out(folder: Path) -> Path:
    file = folder / "held_out.yml"
    items = "".join(
        f"- intent: {intent}\n  examples: |\n    - {text}\n"
        for text, intent in said(("compadre", "comadre"), {})
    )
    file.write_text(f'version: "3.1"\nnlu:\n{items}', "utf-8")
    return file


def intent_of(model: Path, text: str) -> str:
    return Classifier.load(model).rank(text, ())[0][0]


@pytest.mark.usefixtures("shipped")
def test_a_first_model_is_always_taken_and_remembers_what_staff_approved(tmp_path: Path) -> None:
    taught = [("qué fue pariente", "greet"), ("qué fue pariente", "no_such_intent")]
    assert renewing.renew(options(tmp_path), taught)
    told = about(tmp_path / "model.npz")
    assert told.approved == taught
    assert told.made_of == made_of(taught) != told.shipped
    assert intent_of(tmp_path / "model.npz", "qué fue pariente") == "greet"


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("has_held_out", [True, False])
def test_a_worse_model_is_refused_unless_it_is_wanted(
    has_held_out: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = held_out(tmp_path) if has_held_out else None
    model = tmp_path / "model.npz"
    assert renewing.renew(options(tmp_path, held_out=file), [])
    before = model.read_bytes()
    assert not renewing.renew(options(tmp_path, held_out=file), MISTAKEN)
    assert model.read_bytes() == before
    assert was_refused(model, made_of(MISTAKEN))
    told = capsys.readouterr().err
    assert "accuracy: " in told
    assert "points)" in told
    assert "greet: " in told
    assert renewing.renew(options(tmp_path, held_out=file, force=True), MISTAKEN)
    assert not was_refused(model, made_of(MISTAKEN))
    assert about(model).approved == MISTAKEN
    assert {f.suffix for f in tmp_path.iterdir()} <= {".npz", ".yml"}


@pytest.mark.usefixtures("shipped")
def test_a_model_of_other_code_or_a_broken_one_is_replaced(tmp_path: Path) -> None:
    model = tmp_path / "model.npz"
    model.write_bytes(b"PK\x03\x04 half a file")
    assert about(model).made_of == ""
    assert renewing.renew(options(tmp_path), [])
    assert about(model).made_of


# --- serving ---


def relabelled(model: Path, target: Path, labels: dict[str, str], name: str) -> None:
    """The model with some intents taken for each other."""
    with np.load(model) as arrays:
        kept = {key: arrays[key] for key in arrays.files if key != "digest"}
    kept["intents"] = np.array([labels.get(str(i), str(i)) for i in kept["intents"]])
    write(target, kept, name)


async def test_a_broken_model_or_one_of_another_version_changes_nothing(
    model_path: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model.npz"
    shutil.copy(model_path, model)
    interpreter = Interpreter(Classifier.load(model), 0.25)
    watch = ModelWatch(model, interpreter)
    serving = interpreter.classifier
    await watch.look()
    assert interpreter.classifier is serving
    model.write_bytes(b"half a file")
    await watch.look()
    assert interpreter.classifier is serving
    model.unlink()
    await watch.look()
    with np.load(model_path) as arrays:
        other = {k: arrays[k] for k in arrays.files if k not in ("digest", "code")}
    write(model, {**other, "code": np.array("another version")}, "new")
    await watch.look()
    assert interpreter.classifier is serving
    relabelled(model_path, model, SWAPPED, "swapped")
    await watch.look()
    assert interpreter.parse("hola", NOW.date())["intent"]["name"] == "goodbye"


@pytest.fixture
def server(filled_sqlite: Path, tmp_path: Path) -> Iterator[str]:
    """The real process over a folder of its own."""
    shutil.copytree(filled_sqlite, tmp_path, dirs_exist_ok=True)
    port = free_port()
    process = start_somos(tmp_path, port, NOW)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


async def test_no_message_is_lost_while_the_model_is_replaced(
    server: str, model_path: Path, tmp_path: Path
) -> None:
    told: Counter[str] = Counter()
    stop = asyncio.Event()
    async with httpx.AsyncClient(base_url=server, timeout=30, trust_env=False) as client:

        async def keep_writing(sender: str) -> int:
            sent = 0
            while not stop.is_set():
                body = {"sender": sender, "message": "hola", "message_id": uuid4().hex}
                answer = await client.post("/webhooks/rest/webhook", json=body)
                told["answered" if answer.status_code == 200 and answer.json() else "lost"] += 1
                sent += 1
            return sent

        async def understood() -> str:
            answer = await client.post("/model/parse", json={"text": "hola"})
            return str(answer.json()["intent"]["name"])

        async def wait_for(intent: str) -> None:
            async with asyncio.timeout(PATIENCE):
                while await understood() != intent:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)

        citizens = [asyncio.create_task(keep_writing(f"citizen {n}")) for n in range(3)]
        for turn in range(REPLACEMENTS):
            labels = SWAPPED if turn % 2 == 0 else {}
            relabelled(model_path, tmp_path / "model.npz", labels, f"model {turn}")
            await wait_for("goodbye" if labels else "greet")
        stop.set()
        sent = sum(await asyncio.gather(*citizens))
    assert told == {"answered": sent}
    assert sent > REPLACEMENTS
