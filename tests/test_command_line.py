"""The `somos` command: what programs get on standard output, people on standard error, and how
each command ends: 0 done, 1 failed, 2 used wrongly. Every start costs a second, so few are made.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from bot.__main__ import cli
from tests.conftest import NOW
from tests.process import environment

COMMANDS = {
    "run", "chat", "parse", "train", "evaluate", "export", "check", "reports", "examples", "cases",
    "inbox", "staff", "broadcasts", "import",
}  # fmt: skip
DIALOGUE = "calvas-2024-11-21"
WORDS = "hace 3 semanas que el CDI de aquí no abre"
OBSERVATIONS = "OBSERVACIONES ADICIONALES"


@dataclass
class Ended:
    """A command that ended."""

    code: int
    data: bytes
    words: str

    @property
    def objects(self) -> list[Any]:
        return [json.loads(line) for line in self.data.decode("utf-8").splitlines()]


@dataclass(frozen=True)
class Shell:
    """Runs `somos` over one folder, as a script would: no terminal, any locale."""

    folder: Path

    def somos(self, *arguments: str, typed: str | bytes = "", **settings: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=typed.encode() if isinstance(typed, str) else typed,
            env={**environment(self.folder, NOW), "PYTHONIOENCODING": "latin-1", **settings},
            capture_output=True,
            check=False,
            timeout=60,
        )
        words = done.stderr.decode("utf-8", "replace")
        assert "Traceback" not in words
        return Ended(done.returncode, done.stdout, words)


@pytest.fixture(scope="module")
def shell(filled_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One database for the whole file: each test uses what is its own."""
    folder = tmp_path_factory.mktemp("shell")
    shutil.copytree(filled_sqlite, folder, dirs_exist_ok=True)
    return Shell(folder)


def lines(*objects: object) -> str:
    return "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects)


# --- help and usage ---


def commands(group: Any = None, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and group of commands."""
    group = group or typer.main.get_command(cli)
    found = [path]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, (*path, name))
    return found


def test_the_contract_names_these_commands() -> None:
    assert {path[0] for path in commands() if path} == COMMANDS


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*path, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output
    assert len(shown.output.split()) > 8


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["run", "--port", "many"],
        ["chat", "--fly"],
        ["evaluate", "no-such-file.yml"],
        ["export", "alerts"],
        ["export", "alerts", "--format", "odt"],
        ["reports", "accept", "AS-2026-00001"],
    ],
    ids=" ".join,
)
def test_a_wrong_use_ends_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2


def test_help_and_usage_of_the_real_command(shell: Shell) -> None:
    shown = shell.somos("--help")
    assert (shown.code, shown.words) == (0, "")
    assert all(f" {name} " in shown.data.decode() for name in COMMANDS)
    wrong = shell.somos("export", "--fly")
    assert (wrong.code, wrong.data) == (2, b"")
    assert "--fly" in wrong.words


def test_a_setting_that_makes_no_sense_is_named_without_its_value(shell: Shell) -> None:
    ended = shell.somos("train", SOMOS_NOW="ayer", SOMOS_LOG_LEVEL="loud")
    assert ended.code == 2
    assert "SOMOS_NOW: " in ended.words
    assert "SOMOS_LOG_LEVEL: " in ended.words
    assert "ayer" not in ended.words


# --- chat and parse ---


def test_chat_keeps_two_senders_apart_and_names_the_line_that_it_cannot_read(shell: Shell) -> None:
    typed = lines(
        {"sender": "a", "message": "tengo una queja"},
        {"sender": "b", "message": "hola ñaño 😀"},
        {"sender": "a", "message": "el parque está oscuro"},
    )
    ended = shell.somos("chat", "--jsonl", typed=f"\ufeff{typed}\n{{garbage 1714307103\n{typed}")
    assert ended.code == 2
    assert [{m["recipient_id"] for m in answer} for answer in ended.objects] == [
        {"a"},
        {"b"},
        {"a"},
    ]
    first, second, third = (answer[0]["text"] for answer in ended.objects)
    assert second.startswith("Hola")
    assert "«el parque está oscuro»" in third
    assert first != third
    # The mark at the beginning is Excel's and PowerShell's; the empty line counts.
    assert "line 5" in ended.words
    assert "1714307103" not in ended.words


@pytest.mark.parametrize(
    "typed",
    ['["sender", "message"]', '{"sender": "a"}', '{"sender": 5, "message": "hola"}', "[" * 9999],
)
def test_a_line_of_another_shape_is_refused_by_both_readers(typed: str) -> None:
    from bot.channels.console import read_line
    from bot.channels.rest import ParseRequest, RestMessage
    from bot.errors import LineError

    for model in (RestMessage, ParseRequest):
        with pytest.raises(LineError, match=r"^line 7: "):
            read_line(model, 7, typed)


def test_chat_for_people_answers_each_line(shell: Shell) -> None:
    ended = shell.somos("chat", typed=b"hola\n\n" + b"\xff\xfe\n")
    assert ended.code == 0
    assert ended.data.decode().startswith("> Hola")
    assert ended.data.decode().count("> ") == 4


def test_parse_answers_each_line_with_rasas_parse_object(shell: Shell) -> None:
    ended = shell.somos("parse", typed="hola\n\ntalleres de cocina en La Tola\n")
    assert ended.code == 0
    assert [p["text"] for p in ended.objects] == ["hola", "", "talleres de cocina en La Tola"]
    assert [p["intent"]["name"] for p in ended.objects[::2]] == ["greet", "ask_workshops"]
    assert {"entity", "value", "start", "end"} <= set(ended.objects[2]["entities"][0])


def test_parse_reads_json_lines_and_names_the_one_that_is_none(shell: Shell) -> None:
    typed = lines({"text": "hola"}) + "\n" + lines({"text": "adiós 😀"}) + "{nonsense\n"
    ended = shell.somos("parse", "--jsonl", typed=typed)
    assert [p["text"] for p in ended.objects] == ["hola", "adiós 😀"]
    assert ended.code == 2
    assert "line 4" in ended.words


# --- evaluate ---


def test_evaluate_measures_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "small.yml"
    file.write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hola\n    - buenos días\n'
        "- intent: goodbye\n  examples: |\n    - hola veci\n",
        "utf-8",
    )
    ended = shell.somos("evaluate", str(file))
    assert ended.code == 0
    told = json.loads(ended.data)
    assert told["examples"] == 3
    assert told["accuracy"] == pytest.approx(2 / 3)
    # greet: precision 2/3, recall 1; goodbye: nothing.
    assert told["macro_f1"] == pytest.approx(0.4)
    assert told["per_intent"]["greet"]["recall"] == 1
    assert told["per_intent"]["goodbye"] == {"support": 1, "precision": 0, "recall": 0, "f1": 0}
    assert told["confusions"] == [{"intent": "goodbye", "understood": "greet", "count": 1}]
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p99"]


@pytest.mark.parametrize(
    "content",
    ["", "nlu: []", "nlu: 5", "nlu: [5]", "nlu: [{intent: a}]", "nlu: [{intent: a, examples: [b]}]",
     "a: [", "\tx", "nlu: [{regex: a, examples: b}]"],
)  # fmt: skip
def test_what_is_no_nlu_file_is_said_to_be_none(
    content: str, model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMOS_DATA_DIR", str(model_path.parent))
    file = tmp_path / "file.yml"
    file.write_text(content)
    ended = CliRunner().invoke(cli, ["evaluate", str(file)])
    assert ended.exit_code == 2, ended.exception
    assert "file.yml" in ended.stderr


# --- matrices ---


def accepted_report(shell: Shell) -> str:
    """The folio of a report that a citizen made and staff accepted, written carelessly."""
    said = (WORDS, "eso es todo", "Tacamoros", "avíseme por este chat", "sí")
    told = shell.somos("chat", "--jsonl", typed=lines(*(
        {"sender": "citizen", "message": message} for message in said
    )))  # fmt: skip
    text = told.objects[-1][0]["text"]
    folio = text[text.index("AS-2026-") :][: len("AS-2026-00001")]
    careless = folio.lower().replace("-", "")
    accepted = shell.somos("reports", "accept", careless, "--dialogue", DIALOGUE)
    assert (accepted.code, accepted.data) == (0, b""), accepted.words
    assert DIALOGUE in accepted.words
    return folio


def test_an_accepted_report_stands_in_the_matrix_with_its_folio(
    shell: Shell, tmp_path: Path
) -> None:
    folio = accepted_report(shell)
    file = tmp_path / "matrix.docx"
    written = shell.somos(
        "export", "alerts", "--format", "docx", "--dialogue", DIALOGUE, "--output", str(file)
    )
    assert (written.code, written.data) == (0, b"")
    assert str(file) in written.words
    (table,) = docx.Document(str(file)).tables
    grid = [[cell.text for cell in row.cells] for row in table.rows]
    assert grid[0][2] == OBSERVATIONS
    alerts = grid[1 : next(n for n, row in enumerate(grid) if row[1] == "NECESIDADES")]
    assert [row[2] for row in alerts if row[1].endswith(f". {WORDS}")] == [f"Folio: {folio}"]
    again = shell.somos("reports", "accept", folio, "--dialogue", DIALOGUE)
    assert (again.code, again.data) == (1, b"")
    assert f"El reporte {folio} ya está en una matriz" in again.words
    unknown = shell.somos("reports", "accept", "AS-2026-99999", "--dialogue", DIALOGUE)
    assert unknown.code == 1
    assert "No existe el reporte AS-2026-99999" in unknown.words


def test_the_matrix_comes_in_every_format_to_standard_output(shell: Shell) -> None:
    data = {}
    for format in ("csv", "json", "xlsx"):
        ended = shell.somos("export", "alerts", "--format", format, "--dialogue", DIALOGUE)
        assert ended.code == 0, ended.words
        data[format] = ended.data
    (told,) = json.loads(data["json"])
    assert told["headings"][2] == OBSERVATIONS
    listed = list(csv.reader(io.StringIO(data["csv"].decode("utf-8-sig"))))
    assert listed[0] == told["headings"]
    assert len(listed) == 1 + len(told["rows"])
    sheet = openpyxl.load_workbook(io.BytesIO(data["xlsx"])).worksheets[0]
    assert OBSERVATIONS in {cell for row in sheet.iter_rows(values_only=True) for cell in row}


def test_an_export_that_cannot_be_made_says_why(shell: Shell, tmp_path: Path) -> None:
    kind = CliRunner().invoke(cli, ["export", "poems", "--format", "csv"])
    assert kind.exit_code == 2
    assert "alerts, commitments" in kind.stderr
    dialogue = shell.somos("export", "alerts", "--format", "csv", "--dialogue", "calvas-1999")
    assert (dialogue.code, dialogue.data) == (1, b"")
    assert f"No existe el diálogo calvas-1999. Los que hay: {DIALOGUE}." in dialogue.words
    nowhere = str(tmp_path / "no" / "folder" / "matrix.csv")
    lost = shell.somos("export", "alerts", "--format", "csv", "--output", nowhere)
    assert (lost.code, lost.data) == (1, b"")
    assert nowhere in lost.words


def test_a_database_that_is_none_is_said_to_be_none(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "broken.db"
    file.write_bytes(os.urandom(5000))
    ended = shell.somos(
        "export", "alerts", "--format", "csv", SOMOS_DATABASE_URL=f"sqlite:///{file}"
    )
    assert (ended.code, ended.data) == (1, b"")
    assert "not a database" in ended.words


def test_the_content_is_valid(shell: Shell) -> None:
    ended = shell.somos("check")
    fine = "Content is valid.\nSettings, database, gateways and clock are fine.\n"
    assert (ended.code, ended.data, ended.words) == (0, b"", fine)
