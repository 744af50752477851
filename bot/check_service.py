"""What `somos check` looks at besides content: settings, database, gateways and clock.

Each finding says what is wrong and how to mend it, without any secret or address of a person.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import telegram_webhook
from bot.channels.telegram import Webhook
from bot.settings import Settings
from storage.database import Database
from storage.migrate import is_current

PATIENCE = 10.0  # seconds for a gateway to answer
MOST_SKEW = 60.0  # seconds that our clock may be off
GRAPH_VERSION = "v23.0"


async def check_service(settings: Settings) -> list[str]:
    """All findings; none: it can serve."""
    findings = list(_settings(settings))
    findings += [f async for f in _database(settings)]
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        if settings.telegram_token.get_secret_value():
            findings += [f async for f in _telegram(settings, http)]
        if settings.has_whatsapp:
            findings += [f async for f in _whatsapp(settings, http)]
    return findings


def _settings(settings: Settings) -> list[str]:
    has_some = settings.whatsapp_phone_id or settings.whatsapp_token.get_secret_value()
    found = []
    if has_some and not settings.has_whatsapp:
        found.append(
            "WhatsApp: half of it is set. Set SOMOS_WHATSAPP_TOKEN, _PHONE_ID, _APP_SECRET and "
            "_VERIFY_TOKEN, or none of them"
        )
    if settings.has_whatsapp and not settings.whatsapp_template:
        found.append(
            "WhatsApp: without SOMOS_WHATSAPP_TEMPLATE nobody hears from us later than 24 hours "
            "after their last message. Have a template approved and set its name"
        )
    return found


async def _database(settings: Settings) -> AsyncIterator[str]:
    try:
        database = Database(settings.database)
        if database.is_missing_file():
            return  # `somos run` makes it
        async with database.read() as session:
            theirs = (await session.execute(select(func.current_timestamp()))).scalar_one()
            if not await is_current(session):
                yield ("database: its tables are not the newest, or it is empty. Start `somos run` "
                       "once: it migrates")  # fmt: skip
        await database.close()
    except (SQLAlchemyError, OSError, ValueError) as error:
        yield (f"database: {type(error).__name__}. See that it runs, and that SOMOS_DATABASE_URL "
               "names it with the right user and password")  # fmt: skip
        return
    if isinstance(theirs, datetime):
        for finding in _skew("the database", theirs):
            yield finding


def _skew(whose: str, theirs: datetime) -> list[str]:
    aware = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    off = abs((datetime.now(UTC) - aware).total_seconds())
    if off <= MOST_SKEW:
        return []
    return [
        f"clock: it differs from that of {whose} by {off:.0f} s. Synchronise this machine's clock "
        "(timedatectl set-ntp true)"
    ]


def _clock_of(answer: httpx.Response, whose: str) -> list[str]:
    told = answer.headers.get("date")
    return _skew(whose, parsedate_to_datetime(told)) if told else []


async def _telegram(settings: Settings, http: httpx.AsyncClient) -> AsyncIterator[str]:
    token = settings.telegram_token.get_secret_value()
    base = f"{settings.telegram_api_url.rstrip('/')}/bot{token}"
    try:
        answer = await http.get(f"{base}/getWebhookInfo")
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        yield (f"Telegram: does not answer ({type(error).__name__}). See that this machine reaches "
               "SOMOS_TELEGRAM_API_URL")  # fmt: skip
        return
    for finding in _clock_of(answer, "Telegram"):
        yield finding
    if not told.get("ok"):
        yield "Telegram: the token is refused. Ask @BotFather for it and set SOMOS_TELEGRAM_TOKEN"
        return
    registered, url = told["result"].get("url", ""), settings.telegram_webhook_url
    wanted = Webhook.at(url, telegram_webhook.PATH, "").url if url else ""
    if registered != wanted:
        yield ("Telegram: another webhook is registered than SOMOS_TELEGRAM_WEBHOOK_URL says. "
               "Start `somos run` with this setting: it registers")  # fmt: skip
    elif problem := told["result"].get("last_error_message"):
        waiting = told["result"].get("pending_update_count", 0)
        yield (f"Telegram: could not deliver lately: {problem} ({waiting} messages wait). See that "
               "the web server in front has HTTPS and passes the address on")  # fmt: skip


async def _whatsapp(settings: Settings, http: httpx.AsyncClient) -> AsyncIterator[str]:
    base = settings.whatsapp_api_url.rstrip("/")
    bearer = {"Authorization": f"Bearer {settings.whatsapp_token.get_secret_value()}"}
    try:
        answer = await http.get(
            f"{base}/{GRAPH_VERSION}/{settings.whatsapp_phone_id}", headers=bearer
        )
    except httpx.HTTPError as error:
        yield (f"WhatsApp: does not answer ({type(error).__name__}). See that this machine reaches "
               "SOMOS_WHATSAPP_API_URL")  # fmt: skip
        return
    for finding in _clock_of(answer, "WhatsApp"):
        yield finding
    if answer.status_code in (401, 403):
        yield ("WhatsApp: the token is refused. Make a system user's token in Meta's business "
               "settings and set SOMOS_WHATSAPP_TOKEN")  # fmt: skip
    elif answer.is_error:
        yield ("WhatsApp: the number is not known there. Copy the phone number's id from Meta's "
               "app panel to SOMOS_WHATSAPP_PHONE_ID")  # fmt: skip
