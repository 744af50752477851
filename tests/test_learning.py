"""What was not understood is kept for staff without personal data, and they teach it."""

import csv
import io
import json
import shutil
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.actions.enroll import RETENTION_MONTHS
from bot.app import Service
from bot.errors import SomosError
from bot.services import training
from bot.services.learning import approve, refuse
from bot.services.privacy import forget_old
from intents.classifier import Classifier
from intents.interpreter import FALLBACK, Interpreter
from intents.masking import mask
from intents.model_file import about
from intents.normalise import normalise
from storage.queries.learning import approved_examples
from tests.conftest import NOW
from tests.support import rows, said_to

STRANGE = "que fue de la bonifi loca de don Segundo Chicaiza"
KEPT = "SELECT text, count, status, guess, CAST(chosen AS text) FROM example ORDER BY id"
MASKED = [
    ("me llamo rosa quishpe y no me sale la plata", "me llamo ___ y no me sale la plata"),
    ("soy maria quishpe tipan y no me pagan", "soy ___ y no me pagan"),
    ("Soy madre soltera y no me pagan", "Soy madre soltera y no me pagan"),
    ("mi hija camila tiene 8 años", "mi hija ___ tiene 8 años"),
    ("mi hija tiene discapacidad", "mi hija tiene discapacidad"),
    ("la señora Martha Lema del CDI es grosera", "la señora ___ del CDI es grosera"),
    ("la señora que atiende es grosera", "la señora que atiende es grosera"),
    ("mi cedula es 1714307103 y no sale", "mi cedula es ___ y no sale"),
    ("mi cedula es 171430710 y no sale", "mi cedula es ___ y no sale"),
    ("llámeme al 099 123-4567 o a rosa.q@gmail.com", "llámeme al ___ o a ___"),
    ("nací el 03/04/1990", "nací el ___"),
    ("qué pasó con as 2026 00045", "qué pasó con ___"),
    ("SOY JUANA LEMA Y QUIERO MI BONO", "SOY ___ Y QUIERO MI BONO"),
    ("cursos en la Casa San José de Monjas", "cursos en la Casa San José de Monjas"),
    ("my name is John Smith and I want a class", "my name is ___ and I want a class"),
    ("Rosa Elvira Quishpe Tipán", ""),
    ("1714307103", ""),
]


DOUBTFUL = {"bonifi": (FALLBACK, 0.2), "chuchaqui": ("out_of_scope", 0.5)}


@pytest.fixture(scope="module")
def interpreter(model_path: Path) -> Interpreter:
    return Interpreter(Classifier.load(model_path), 0.25)


@pytest.fixture
def unsure(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service that understands some words of ours no better than not at all."""
    parse = Interpreter.parse

    def doubtful(self: Interpreter, text: str, today: date) -> dict[str, Any]:
        parsed = parse(self, text, today)
        for word, (name, confidence) in DOUBTFUL.items():
            if word in normalise(text):
                parsed["intent"] = {"name": name, "confidence": confidence}
                likely = {"name": "ask_mies_bonus", "confidence": confidence}
                parsed["intent_ranking"] = [parsed["intent"], likely]
        return parsed

    monkeypatch.setattr(Interpreter, "parse", doubtful)
    return service


@pytest.mark.parametrize(("said", "kept"), MASKED, ids=[said for said, _ in MASKED])
def test_what_is_kept_does_not_say_who_wrote_it(
    said: str, kept: str, interpreter: Interpreter
) -> None:
    entities = interpreter.parse(said, NOW.date())["entities"]
    assert mask(said, entities, interpreter.classifier.knows) == kept


async def test_a_message_is_counted_once_with_what_citizens_then_chose(unsure: Service) -> None:
    assert "¿Quiso decir" in await said_to(unsure, STRANGE, "one")
    await said_to(unsure, "1", "one")
    await said_to(unsure, f"{STRANGE.upper()}", "two")
    await said_to(unsure, "menu", "two")
    await said_to(unsure, "/ask_mies_payment", "two")
    ((text, count, status, guess, chosen),) = await rows(unsure, KEPT)
    assert (text, count, status) == ("que fue de la bonifi loca de don ___", 2, "new")
    assert guess == "ask_mies_bonus"
    assert json.loads(chosen) == {"ask_mies_bonus": 1, "ask_mies_payment": 1}


async def test_nothing_leads_from_an_example_to_who_wrote_it(unsure: Service) -> None:
    await said_to(unsure, STRANGE)
    found = await rows(unsure, "SELECT * FROM example")
    told = " ".join(map(str, found[0])).lower()
    assert "citizen" not in told
    assert "chicaiza" not in told
    assert ":" not in told.replace("{}", "")  # a day, no time of day


async def test_what_was_turned_away_is_kept_when_it_was_ours_after_all(unsure: Service) -> None:
    await said_to(unsure, "el chuchaqui del centro")
    assert await rows(unsure, KEPT) == []
    await said_to(unsure, "Talleres")
    ((text, _, _, guess, chosen),) = await rows(unsure, KEPT)
    assert (text, guess) == ("el chuchaqui del centro", "out_of_scope")
    assert json.loads(chosen) == {"ask_workshops": 1}


async def test_danger_takes_what_was_said_just_before_with_it(unsure: Service) -> None:
    await said_to(unsure, STRANGE)
    await said_to(unsure, "mi marido me está pegando")
    assert await rows(unsure, KEPT) == []


async def test_answers_to_forms_are_not_kept(unsure: Service) -> None:
    await said_to(unsure, "tengo una queja")
    await said_to(unsure, STRANGE)
    assert await rows(unsure, KEPT) == []


async def test_examples_go_as_messages_do_unless_staff_approved_them(unsure: Service) -> None:
    await said_to(unsure, STRANGE)
    await said_to(unsure, "otra bonifi rara")
    ((number,), _) = await rows(unsure, "SELECT id FROM example ORDER BY id")
    later = unsure.clock() + timedelta(days=500)
    async with unsure.database.write() as session:
        await approve(session, number, "ask_mies_bonus", "test", unsure.clock(), "mi bonifi")
        await forget_old(session, later, RETENTION_MONTHS)
        assert await approved_examples(session) == [("mi bonifi", "ask_mies_bonus")]
    assert len(await rows(unsure, KEPT)) == 1
    # Whoever writes it again is counted with it.
    await said_to(unsure, STRANGE)
    assert [row[:3] for row in await rows(unsure, KEPT)] == [("mi bonifi", 2, "approved")]


async def test_staff_learn_what_they_cannot_decide(service: Service) -> None:
    async with service.database.write() as session:
        with pytest.raises(SomosError, match="staff_example_unknown"):
            await refuse(session, 999, "test", service.clock())
        with pytest.raises(SomosError, match="staff_intent_unknown"):
            await approve(session, 1, "fly", "test", service.clock())


# --- the commands ---


@pytest.fixture
def kept(filled_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of three messages in a database that the commands use."""
    shutil.copytree(filled_sqlite, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("SOMOS_DATA_DIR", str(tmp_path))
    with sqlite3.connect(tmp_path / "somos.db") as database:
        for number, text in enumerate(("=la bonifi", "el chulla vida", "asdf"), start=1):
            database.execute(
                "INSERT INTO example (id, plain, text, confidence, chosen, count, last_on, status)"
                " VALUES (?, ?, ?, 0.2, '{}', 1, '2026-11-20', 'new')",
                (number, text, text),
            )
    database.close()
    return [1, 2, 3]


def listed(*options: str) -> list[dict[str, object]]:
    shown = CliRunner().invoke(cli, ["examples", "list", *options])
    assert shown.exit_code == 0
    return [json.loads(line) for line in shown.stdout.splitlines()]


def test_staff_decide_one_by_one(kept: list[int]) -> None:
    run = CliRunner()
    done = run.invoke(cli, ["examples", "approve", "1", "--intent", "ask_mies_bonus"])
    assert done.exit_code == 0, done.output
    assert run.invoke(cli, ["examples", "refuse", "3"]).exit_code == 0
    assert [row["id"] for row in listed("--status", "new")] == [2]
    assert [row["intent"] for row in listed("--status", "approved")] == ["ask_mies_bonus"]
    assert run.invoke(cli, ["examples", "approve", "2"]).exit_code == 2
    wrong = run.invoke(cli, ["examples", "approve", "2", "--intent", "fly"])
    assert wrong.exit_code == 1
    assert "ask_workshops" in wrong.stderr


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_staff_decide_in_a_spreadsheet(kept: list[int], delimiter: str, tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["examples", "list", "--format", "csv"])
    table = list(csv.DictReader(io.StringIO(shown.stdout_bytes.decode("utf-8-sig"))))
    assert table[0]["text"] == "'=la bonifi"
    table[0]["intent"], table[2]["status"] = "ask_mies_bonus", "refused"
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(table[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(table)
    file = tmp_path / "decided.csv"
    file.write_text(stream.getvalue(), "utf-8-sig")
    done = CliRunner().invoke(cli, ["examples", "approve", "--file", str(file)])
    assert done.exit_code == 0, done.output
    assert [(r["text"], r["status"]) for r in sorted(listed(), key=lambda r: str(r["id"]))] == [
        ("=la bonifi", "approved"), ("el chulla vida", "new"), ("asdf", "refused"),
    ]  # fmt: skip


def test_a_file_with_one_mistake_decides_nothing(kept: list[int], tmp_path: Path) -> None:
    file = tmp_path / "decided.yml"
    file.write_text("- {id: 1, intent: ask_mies_bonus}\n- {id: 2, intent: fly}\n")
    assert CliRunner().invoke(cli, ["examples", "approve", "--file", str(file)]).exit_code == 1
    assert len(listed("--status", "new")) == 3
    file.write_text("a: [")
    assert CliRunner().invoke(cli, ["examples", "approve", "--file", str(file)]).exit_code == 2


def test_training_takes_what_staff_approved_and_a_model_remembers_it(
    kept: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        training, "renew_model", lambda _settings, approved, force=False: asked.append(approved)
    )
    run = CliRunner()
    assert run.invoke(cli, ["train"]).exit_code == 0
    assert asked == []
    run.invoke(cli, ["examples", "approve", "2", "--intent", "ask_mies_bonus"])
    assert run.invoke(cli, ["train"]).exit_code == 1
    assert asked == [[("el chulla vida", "ask_mies_bonus")]]
    assert about(tmp_path / "model.npz").approved == []
