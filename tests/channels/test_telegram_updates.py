"""What each kind of update becomes: one case a file, as Telegram's documentation shows them."""

import json
from dataclasses import MISSING, asdict, fields
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram_bot import Me, TelegramBot
from bot.channels.telegram_updates import is_about_group, read_update
from bot.messages import Attachment, Incoming
from tests.channels.conftest import TOKEN

CASES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "telegram").glob("*.json"))
}
BOT = TelegramBot(TOKEN, "http://127.0.0.1:1")
ME = Me(123456, "somos_test_bot")


def shown(news):
    """The fields that say something."""
    if news is None:
        return None
    told = {k: v for k, v in asdict(news).items() if v not in ("", (), None)}
    if isinstance(news, Incoming):
        told = {"text": "", **{k: v for k, v in told.items() if v is not False}}
    if "attachments" in told:
        told["attachments"] = [
            {k: v for k, v in a.items() if v not in ("", None)} for a in told["attachments"]
        ]
    return told


def expected(case):
    """Ids of private chats are digests: they stay when their writer's data is deleted."""
    told = case["expected"]
    if told and "external_id" in told and not told["sender"].startswith("-"):
        told = {**told, "external_id": sha256(told["external_id"].encode()).hexdigest()}
    return told


@pytest.mark.parametrize("name", CASES)
def test_an_update_becomes_what_it_says(name):
    case = CASES[name]
    _, news = read_update(case["payload"], BOT, ME)
    assert shown(news) == expected(case), case["label"]


def test_every_case_has_a_label_of_its_own():
    labels = [case["label"] for case in CASES.values()]
    assert len(labels) == len(set(labels)) >= 50


def test_a_group_is_known_before_it_is_read():
    groups = {n for n, c in CASES.items() if is_about_group(c["payload"])}
    assert groups == {n for n in CASES if n.startswith("group_")}


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just("\x00\ud800"),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(), st.integers(), max_size=2),
)  # fmt: skip


@st.composite
def spoilt(draw):
    """A payload with one or two of its values replaced or taken out, at any depth."""
    payload = json.loads(json.dumps(CASES[draw(st.sampled_from(sorted(CASES)))]["payload"]))
    for _ in range(draw(st.integers(1, 2))):
        holders = list(_holders(payload))
        if not holders:
            return draw(ODD)
        holder = draw(st.sampled_from(holders))
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else [0]))
        if draw(st.booleans()):
            holder[key] = draw(ODD)
        else:
            del holder[key]
    return payload


def _holders(value):
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


@settings(max_examples=1000, deadline=None)
@given(spoilt())
def test_whatever_is_spoilt_nothing_is_raised_and_only_right_types_come_out(payload):
    _, news = read_update(payload, BOT, ME)
    if not isinstance(news, Incoming):
        return
    assert all(type(getattr(news, f.name)) in _types(f) for f in fields(Incoming))
    assert len(news.external_id) <= 120
    assert news.external_id.isprintable()
    assert len(news.album) <= 80
    assert abs(news.order) < 2**63
    for attachment in news.attachments:
        assert type(attachment) is Attachment
        json.dumps(asdict(attachment), allow_nan=False)


def _types(field):
    example = field.default if field.default is not MISSING else ""
    return {type(example)}
