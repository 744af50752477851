"""`somos check` sees what a service lacks, and says how to mend it without telling a secret."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import check_service
from bot.check_service import check_service as findings
from bot.settings import Settings
from storage.migrate import upgrade
from tests.fakes.bot_api import BotApi
from tests.fakes.graph_api import GraphApi

TOKEN = "123456:not-a-real-token"
SITE = "https://somos.example/webhooks/telegram"


@pytest.fixture(scope="module")
def telegram():
    with BotApi() as server:
        yield server


@pytest.fixture(scope="module")
def graph():
    with GraphApi() as server:
        yield server


def settings(tmp_path, **more):
    return Settings(data_dir=tmp_path, **more)


async def test_a_new_checkout_has_nothing_to_mend(tmp_path):
    assert await findings(settings(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_database_without_its_newest_tables_is_told(tmp_path):
    (tmp_path / "somos.db").touch()
    (found,) = await findings(settings(tmp_path))
    assert "Start `somos run` once" in found
    upgrade(f"sqlite:///{tmp_path / 'somos.db'}")
    assert await findings(settings(tmp_path)) == []


async def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path):
    url = "postgresql://somos:s3cret@127.0.0.1:9/somos"
    (found,) = await findings(settings(tmp_path, database_url=url))
    assert "SOMOS_DATABASE_URL" in found
    assert "s3cret" not in found


async def test_a_webhook_registered_elsewhere_is_told(tmp_path, telegram):
    told = {"telegram_token": TOKEN, "telegram_api_url": telegram.url}
    assert await findings(settings(tmp_path, **told)) == []
    hook = {"telegram_webhook_url": SITE, "telegram_webhook_secret": "abc"}
    (found,) = await findings(settings(tmp_path, **told, **hook))
    assert "another webhook is registered" in found
    assert TOKEN not in found


async def test_a_gateway_out_of_reach_is_told(tmp_path):
    away = {"telegram_token": TOKEN, "telegram_api_url": "http://127.0.0.1:9"}
    (found,) = await findings(settings(tmp_path, **away))
    assert "SOMOS_TELEGRAM_API_URL" in found


def whatsapp(graph, **more):
    return {
        "whatsapp_token": graph.token, "whatsapp_phone_id": graph.phone_id,
        "whatsapp_app_secret": "a", "whatsapp_verify_token": "b", "whatsapp_template": "aviso",
        "whatsapp_api_url": graph.url,
    } | more  # fmt: skip


async def test_half_of_whatsapp_and_a_refused_token_are_told(tmp_path, graph):
    (half,) = await findings(settings(tmp_path, whatsapp_token="x", whatsapp_phone_id="1"))
    assert "half of it is set" in half
    (refused,) = await findings(settings(tmp_path, **whatsapp(graph, whatsapp_token="wrong")))
    assert "the token is refused" in refused


@pytest.mark.parametrize(("seconds", "is_told"), [(5, False), (300, True), (-300, True)])
def test_a_clock_that_is_off_is_told(seconds, is_told):
    theirs = datetime.now(UTC) + timedelta(seconds=seconds)
    assert bool(check_service._skew("Telegram", theirs)) is is_told
