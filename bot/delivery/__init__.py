"""Sends outbound rows and notes what gateways say of them."""

from bot.delivery.delivery import Delivery
from bot.delivery.errors import (
    AnswerLost,
    Rejected,
    Sender,
    TemplateMissing,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
    WindowClosed,
)
from bot.delivery.line import LineStatus
from bot.delivery.pacing import backoff
from bot.delivery.receipts import Receipt, note_receipts

__all__ = [
    "AnswerLost",
    "Delivery",
    "LineStatus",
    "Receipt",
    "Rejected",
    "Sender",
    "TemplateMissing",
    "TemporaryFailure",
    "Throttled",
    "TokenExpired",
    "Undeliverable",
    "WindowClosed",
    "backoff",
    "note_receipts",
]
