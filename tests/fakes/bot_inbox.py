"""Updates on their way to the bot: kept until polled and confirmed, or delivered by webhook."""

import asyncio
import json
import time
from typing import Any

from tests.fakes.bot_rules import RefusalError
from tests.fakes.bot_wire import DESCRIPTIONS
from tests.fakes.courier import Delivery
from tests.fakes.server import Gateway

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Updates(Gateway):
    """The queue, and the methods by which a bot asks for it or has it delivered."""

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {}
        self._allowed: list[str] = []
        self._poll = 0  # the latest call of getUpdates; an earlier one gives way

    def undelivered(self) -> int:
        return len(self.updates) + super().undelivered()

    def _push(self, kind: str, content: dict[str, Any]) -> int:
        number = self._number()
        update = {"update_id": number, kind: content}
        if self._allowed and kind not in self._allowed:
            return number
        self._pushed(_address(update), str(number), update)
        if self.webhook:
            self._post(update)
        else:
            self.updates.append(update)
        return number

    def _post(self, update: dict[str, Any]) -> None:
        address = _address(update)
        headers = {SECRET_HEADER: self.webhook["secret_token"]}
        self.courier.post(
            Delivery(
                self.webhook["url"],
                json.dumps(update).encode(),
                headers if self.webhook["secret_token"] else {},
                lane=address,
                ids=((address, str(update["update_id"])),),
            )
        )

    async def _get_updates(self, params: dict[str, Any]) -> Any:
        """Forgets what is below the offset; waits up to the timeout for something above it."""
        if self.webhook:
            raise RefusalError(DESCRIPTIONS[409], 409)
        self._poll = mine = self._number()
        offset, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        self._allowed[:] = params.get("allowed_updates") or self._allowed
        # One by one: a test in the other thread may push meanwhile.
        for update in list(self.updates):
            if update["update_id"] < offset:
                self.updates.remove(update)
                self._acknowledged(_address(update), str(update["update_id"]))
        deadline = time.monotonic() + float(params.get("timeout", 0))
        while not (self.updates or time.monotonic() > deadline or self._server.should_exit):
            await asyncio.sleep(0.005)
            if self._poll != mine:
                raise RefusalError("Conflict: terminated by other getUpdates request", 409)
        return self.updates[:limit]

    async def _set_webhook(self, params: dict[str, Any]) -> Any:
        """From now on deliver; also what nobody fetched yet."""
        self._allowed[:] = params.get("allowed_updates") or self._allowed
        if not params.get("url"):
            return await self._delete_webhook(params)
        self.webhook.update({"url": params["url"], "secret_token": params.get("secret_token", "")})
        self._drop_if_told(params)
        while self.updates:
            self._post(self.updates.pop(0))
        return True

    async def _delete_webhook(self, params: dict[str, Any]) -> Any:
        self.webhook.clear()
        self._drop_if_told(params)
        return True

    def _drop_if_told(self, params: dict[str, Any]) -> None:
        if str(params.get("drop_pending_updates")).lower() == "true":
            self.updates.clear()
            self.courier.clear()

    async def _get_webhook_info(self, _params: dict[str, Any]) -> Any:
        failed = [s for s in self.courier.statuses[-1:] if not 200 <= s < 300]
        message = f"Wrong response from the webhook: {failed[0]}" if failed else ""
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": self.undelivered(),
            **(
                {"last_error_date": int(time.time()), "last_error_message": message}
                if failed
                else {}
            ),
            **({"allowed_updates": self._allowed} if self._allowed else {}),
        }


def _address(update: dict[str, Any]) -> str:
    """The chat that an update is about."""
    about = next(value for key, value in update.items() if key != "update_id")
    return str(about.get("message", about)["chat"]["id"])
