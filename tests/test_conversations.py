"""Whole conversations, kept as YAML that a non-programmer can read, on both databases.

In `tests/conversations/*.yml` each turn has `citizen` (what is written; a number or a label
presses a button) and `somos` (parts of the answer, in order), and may have `never` (parts that
must not appear). `{name}` in a later text stands for what `remember` found.
"""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from ruamel.yaml import YAML
from sqlalchemy import text

from bot.app import Service
from bot.messages import Incoming

FOLDER = Path(__file__).parent / "conversations"
CONVERSATIONS = {
    path.stem: YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.yml"))
}
# A text keeps to 60 words; its source or options may come on top. Numbers and dashes are no words.
MAX_WORDS = 70
WORD = re.compile(r"\S*[^\W\d_]\S*")


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_the_conversation_goes_as_written(name: str, service: Service) -> None:
    told = CONVERSATIONS[name]
    remembered: dict[str, str] = {}
    for turn in told["turns"]:
        said = turn["citizen"]
        for key, value in remembered.items():
            said = said.replace(f"{{{key}}}", value)
        sender = turn.get("who", "citizen")
        answers = await service.turns.handle(Incoming("rest", sender, uuid4().hex, said))
        answer = "\n".join(a.text for a in answers)
        position = 0
        for part in turn["somos"]:
            wanted = part.format_map(remembered) if remembered else part
            found = answer.find(wanted, position)
            assert found >= 0, f"«{said}»: no «{wanted}» in:\n{answer}"
            position = found + len(wanted)
        for part in turn.get("never", []):
            assert part not in answer, f"«{said}»: «{part}» in:\n{answer}"
        for message in answers:
            length = len(WORD.findall(message.text))
            assert length <= MAX_WORDS, f"{length} words:\n{message.text}"
        for key, pattern in turn.get("remember", {}).items():
            match = re.search(pattern, answer)
            assert match, f"nothing like {pattern} in:\n{answer}"
            remembered[key] = match.group()
    await _check_rows(told.get("rows", {}), service)


async def _check_rows(expected: dict[str, int], service: Service) -> None:
    """`rows` counts what is stored: SQL conditions by table."""
    async with service.database.read() as session:
        for query, count in expected.items():
            table, _, condition = query.partition(" where ")
            sql = f"SELECT count(*) FROM {table} WHERE {condition or '1=1'}"
            assert (await session.execute(text(sql))).scalar_one() == count, query
