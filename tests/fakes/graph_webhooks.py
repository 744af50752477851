"""What WhatsApp tells our webhook: contents of citizens' messages, statuses, and their envelope.

The shapes are those of the webhook reference of the WhatsApp Business Platform.
"""

import time
from typing import Any

from tests.fakes.graph_limits import ERRORS

ACCOUNT = "102290129340398"
NUMBER = "593990000001"
Content = dict[str, Any]


def text(body: str, reply_to: str = "") -> Content:
    context = {"context": {"from": NUMBER, "id": reply_to}} if reply_to else {}
    return {**context, "type": "text", "text": {"body": body}}


def button_reply(payload: str, title: str, reply_to: str = "wamid.ours") -> Content:
    """A reply button of ours was pressed."""
    return _pressed("button_reply", {"id": payload, "title": title}, reply_to)


def list_reply(payload: str, title: str, reply_to: str = "wamid.ours") -> Content:
    """A row of a list of ours was chosen."""
    return _pressed("list_reply", {"id": payload, "title": title, "description": ""}, reply_to)


def _pressed(kind: str, reply: Content, reply_to: str) -> Content:
    return {
        "context": {"from": NUMBER, "id": reply_to},
        "type": "interactive",
        "interactive": {"type": kind, kind: reply},
    }


def button(payload: str, title: str, reply_to: str = "wamid.ours") -> Content:
    """A quick reply of a template was pressed."""
    context = {"from": NUMBER, "id": reply_to}
    return {"context": context, "type": "button", "button": {"payload": payload, "text": title}}


def location(latitude: float, longitude: float, **named: str) -> Content:
    place = {"latitude": latitude, "longitude": longitude, **named}
    return {"type": "location", "location": place}


def media(kind: str, media_id: str, mime_type: str, **more: Any) -> Content:
    """An image, audio, video, document or sticker; `caption`, `filename`, `voice` as they come."""
    return {"type": kind, kind: {"id": media_id, "mime_type": mime_type, "sha256": "eA==", **more}}


def contacts(phone: str, name: str = "Rosa") -> Content:
    card = {"name": {"formatted_name": name, "first_name": name},
            "phones": [{"phone": f"+{phone}", "wa_id": phone, "type": "CELL"}]}  # fmt: skip
    return {"type": "contacts", "contacts": [card]}


def reaction(reply_to: str, emoji: str = "👍") -> Content:
    """A reaction to a message of ours; taken back, it comes without its emoji."""
    return {
        "type": "reaction",
        "reaction": {"message_id": reply_to, **({"emoji": emoji} if emoji else {})},
    }


def order() -> Content:
    item = {"product_retailer_id": "di9ozbzfi4", "quantity": 2, "item_price": 30, "currency": "USD"}
    return {"type": "order", "order": {"catalog_id": "1", "text": "", "product_items": [item]}}


def system(new_number: str) -> Content:
    """The citizen has another number now."""
    said = {"body": "User changed number", "wa_id": new_number, "type": "user_changed_number"}
    return {"type": "system", "system": said}


def unsupported(kind: str = "unsupported") -> Content:
    """What the API can't pass on; with another `kind`, one that nobody has heard of."""
    problem = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
               "error_data": {"details": "Message type is currently not supported."}}  # fmt: skip
    return {"type": kind, "errors": [problem]}


def status_of(
    wamid: str, citizen: str, status: str, opaque: str | None = None, code: int = 0
) -> Content:
    """sent, delivered, read, or failed with its code; `opaque`: what came with the message."""
    told: Content = {"id": wamid, "status": status, "timestamp": _now(), "recipient_id": citizen}
    if opaque is not None:
        told["biz_opaque_callback_data"] = opaque
    if code:
        _, title, details = ERRORS[code]
        href = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
        told["errors"] = [{"code": code, "title": title, "message": title,
                           "error_data": {"details": details}, "href": href}]  # fmt: skip
    elif status != "read":
        told["pricing"] = {"billable": False, "pricing_model": "PMP", "category": "service"}
    return told


def message_of(citizen: str, wamid: str, content: Content) -> Content:
    """A citizen's message as it stands in a payload."""
    return {"from": citizen, "id": wamid, "timestamp": _now(), **content}


def change_of(phone_id: str, field: str = "messages", **value: list[Content]) -> Content:
    """A change with `messages`, `statuses` or both; contacts stand beside messages."""
    metadata = {"display_phone_number": NUMBER, "phone_number_id": phone_id}
    said = [m for m in value.get("messages", []) if m["type"] != "system"]
    people = dict.fromkeys(m["from"] for m in said)
    known = [{"profile": {"name": "Rosa"}, "wa_id": citizen} for citizen in people]
    contacts = {"contacts": known} if known else {}
    body = {"messaging_product": "whatsapp", "metadata": metadata, **contacts, **value}
    return {"value": body, "field": field}


def account_change(field: str, **value: Any) -> Content:
    """An event about the account or a template, such as `message_template_status_update`."""
    return {"field": field, "value": value}


def payload_of(*entries: list[Content]) -> Content:
    """A whole payload: of each entry, its changes."""
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT, "changes": changes} for changes in entries],
    }


def _now() -> str:
    return str(int(time.time()))
