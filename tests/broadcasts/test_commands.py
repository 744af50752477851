"""Working a broadcast from the command line, without the panel."""

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from tests.conftest import NOW

AT = "2026-11-21 15:00:00.000000"


def run(*arguments: str, code: int = 0) -> str:
    ended = CliRunner().invoke(cli, ["broadcasts", *arguments])
    assert ended.exit_code == code, ended.output
    return ended.stdout


@pytest.fixture
def folder(filled_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(filled_sqlite, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("SOMOS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SOMOS_NOW", NOW.isoformat())
    return tmp_path


def subscribe(folder: Path, number: int) -> None:
    with closing(sqlite3.connect(folder / "somos.db")) as database, database:
        for n in range(1, number + 1):
            database.execute(
                "INSERT INTO account (id, channel, address, opted_out, blocked, created_at)"
                " VALUES (?, 'telegram', ?, 0, 0, ?)", (n, f"secret-{n}", AT))  # fmt: skip
            database.execute(
                "INSERT INTO conversation (account_id, state, language, updated_at)"
                " VALUES (?, '{}', 'es', ?)", (n, AT))  # fmt: skip
            database.execute(
                "INSERT INTO subscription (account_id, consent_words, created_at)"
                " VALUES (?, 'sí', ?)", (n, AT))  # fmt: skip


def test_an_agenda_is_drafted_approved_and_counted(folder: Path) -> None:
    number = run("draft").strip()
    run("draft", code=1)
    run("submit", number, code=1)
    subscribe(folder, 3)
    shown = json.loads(run("show", number))
    assert shown["people"] == 3
    assert "(demo)" in shown["texts"]["all es"]
    run("submit", number, "--at", "2020-01-01T07:00", code=1)
    run("submit", number, "--at", "2026-11-23T07:00")
    (listed,) = (json.loads(line) for line in run("list").splitlines())
    assert (listed["status"], listed["scheduled_for"]) == (
        "scheduled", "2026-11-23 12:00:00+00:00",
    )  # fmt: skip
    run("pause", number, code=1)
    run("cancel", number)
    assert json.loads(run("balance", number))["balanced"] is True


def test_many_people_need_another_user_and_lines_name_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMOS_BROADCAST_APPROVAL_SIZE", "2")
    subscribe(folder, 3)
    monkeypatch.setattr("getpass.getuser", lambda: "ana")
    number = run("draft", "--text", "Hola", "--to", "all,zone:*").strip()
    run("draft", "--text", "Hola", "--to", "everybody", code=2)
    run("submit", number)
    run("approve", number, code=1)
    monkeypatch.setattr("getpass.getuser", lambda: "luis")
    run("approve", number)
    with closing(sqlite3.connect(folder / "somos.db")) as database, database:
        database.execute("UPDATE broadcast SET status = 'done', intended = 2")
        for n in (1, 2):
            database.execute(
                "INSERT INTO recipient (broadcast_id, person_id, account_id, channel, language,"
                " reason, status) VALUES (?, ?, ?, 'telegram', 'es', 'all', 'read')",
                (number, n, n))  # fmt: skip
    file = folder / "lines.csv"
    assert json.loads(run("balance", number, "--lines", str(file)))["total"]["read"] == 2
    written = file.read_text()
    assert "secret" not in written
    assert [row["fate"] for row in csv.DictReader(written.splitlines())] == ["read", "read"]
    with closing(sqlite3.connect(folder / "somos.db")) as database, database:
        database.execute("DELETE FROM recipient WHERE person_id = 1")
    run("balance", number, code=1)
