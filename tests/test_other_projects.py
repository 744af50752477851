"""`somos train --nlu` and `somos evaluate --nlu` take Rasa NLU files that know nothing of ours."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.__main__ import cli
from intents.classifier import Classifier
from intents.examples import read_examples

FILE = Path(__file__).parent / "sentences" / "another_project.yml"


def somos(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def nlu(*intents: tuple[str, list[str]]) -> str:
    items = (f"- intent: {i}\n  examples: |\n" + "".join(f"    {e}\n" for e in e_s)
             for i, e_s in intents)  # fmt: skip
    return "nlu:\n" + "".join(items)


def test_entity_marks_comments_and_other_blocks_are_no_sentences() -> None:
    assert [text for text, intent in read_examples(FILE) if intent == "faq"] == [
        "a qué hora abren mañana",
        "a qué hora abren mañana",
        "horario del sábado",
        "hasta qué hora atienden",
        "cuánto vale la grande",
        "precio de la mediana",
    ]
    assert {intent for _, intent in read_examples(FILE)} == {"faq", "order", "5"}


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_another_projects_file_trains_a_model(
    ends: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file, model = tmp_path / "nlu.yml", tmp_path / "model.npz"
    file.write_bytes(b"\xef\xbb\xbf" + FILE.read_bytes().replace(b"\n", ends))
    ended = somos("train", "--nlu", file, "--test", FILE, "--output", model)
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["examples"] == 9
    # The sentence that one intent says twice teaches once.
    assert "8 examples, 3 intents" in capfd.readouterr().err
    assert Classifier.load(model).parse("deme una pizza")["intent"]["name"] == "order"


def test_two_sentences_are_enough_to_train(tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text(nlu(("a", ["- hola"]), ("b", ["- chao"])), "utf-8")
    ended = somos("evaluate", "--nlu", file, "--test", file)
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["accuracy"] == 1


def test_intents_that_were_not_taught_are_named(tmp_path: Path) -> None:
    taught, asked = tmp_path / "nlu.yml", tmp_path / "test.yml"
    taught.write_text(nlu(("a", ["- hola"]), ("b", ["- chao"])), "utf-8")
    asked.write_text(nlu(("a", ["- hola"]), ("c", ["- gracias"])), "utf-8")
    ended = somos("evaluate", "--nlu", taught, "--test", asked)
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["accuracy"] == pytest.approx(0.5)
    assert "not taught: c" in ended.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (nlu(("a", ["- hola", "- chao"])), "one intent, a"),
        (nlu(("faq/a", ["- hola"]), ("faq/b", ["- chao"])), "one intent, faq"),
        (nlu(("a", ["- hola", "* chao"])), "'* chao' does not begin with '- '"),
        ("## intent:greet\n- hey\n", "expected `nlu:`"),
        ('{"rasa_nlu_data": {"common_examples": []}}', "expected `nlu:`"),
    ],
)
def test_a_file_that_teaches_nothing_is_refused_in_words(
    content: str, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text(content, "utf-8")
    ended = somos("train", "--nlu", file, "--output", tmp_path / "model.npz")
    assert ended.exit_code == 2
    assert "nlu.yml" in ended.stderr
    assert told in ended.stderr
    assert not (tmp_path / "model.npz").exists()


def test_a_model_that_cannot_be_written_ends_with_1(tmp_path: Path) -> None:
    ended = somos("train", "--nlu", FILE, "--output", FILE / "model.npz")
    assert ended.exit_code == 1
    assert "no model was made" in ended.stderr
