"""Where Telegram delivers updates: stored first, answered with 200 then.

Whoever doesn't know the secret is refused before anything is read.
"""

import json
import logging
from hmac import compare_digest
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import PlainTextResponse

from bot.channels.telegram import Telegram
from bot.errors import where

log = logging.getLogger(__name__)
PATH = "/webhooks/telegram"


def make_router(telegram: Telegram | None) -> APIRouter:
    """The route; where Telegram isn't told to deliver it isn't there."""
    router = APIRouter(include_in_schema=False)
    webhook = telegram.webhook if telegram else None

    @router.post(PATH)
    async def receive(
        request: Request, x_telegram_bot_api_secret_token: Annotated[str, Header()] = ""
    ) -> PlainTextResponse:
        if telegram is None or webhook is None:
            raise HTTPException(404)
        if not compare_digest(x_telegram_bot_api_secret_token.encode(), webhook.secret.encode()):
            raise HTTPException(403, "wrong secret")
        try:
            update = json.loads(await request.body())
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "not JSON") from error
        try:
            await telegram.receive([update])
        except Exception as error:
            log.error("not stored: channel=telegram %s", where(error))
            raise HTTPException(503, "deliver it again") from error
        return PlainTextResponse("ok\n")

    return router
