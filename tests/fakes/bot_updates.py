"""What citizens do on Telegram, as the updates that its documentation shows."""

import time
from typing import Any

from tests.fakes.bot_inbox import Updates

BOT = {"id": 1, "is_bot": True, "first_name": "Somos", "username": "somos_test_bot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group"}


class Citizens(Updates):
    """The `push…` methods of the fake: each returns the update's id, as Telegram counts them."""

    files: dict[str, bytes]  # what citizens and the bot sent, by file_id

    def push_text(self, chat: int, text: str, kind: str = "private", person: int = 0) -> int:
        """A text message; its `/command`, if it has one, is marked as Telegram marks it."""
        return self.push_message(chat, kind, person, text=text, **_entities(text))

    def push_message(
        self, chat: int, kind: str = "private", person: int = 0, **content: Any
    ) -> int:
        """A message of any content, such as `photo=[…]`; `person`: who writes in a group."""
        return self._push("message", {**self._message(chat, kind, person), **content})

    def push_callback(
        self, chat: int, data: str, kind: str = "private", message_id: int = 0
    ) -> int:
        """A press of a button, under a message of ours if its id is given."""
        message = {**self._message(chat, kind), "from": BOT, "text": "…"}
        query = {
            "id": f"query-{message['message_id']}",
            "from": person_of(chat),
            "chat_instance": "1",
            "message": message | ({"message_id": message_id} if message_id else {}),
            "data": data,
        }
        return self._push("callback_query", query)

    def push_photo(self, chat: int, content: bytes = b"jpeg", **more: Any) -> int:
        """A photo in two sizes; `caption` and `media_group_id` as Telegram names them."""
        sizes = [
            {**self._file(data), "width": width, "height": width}
            for data, width in ((content[:1], 90), (content, 1280))
        ]
        return self.push_message(chat, photo=sizes, **more)

    def push_album(self, chat: int, photos: int = 3, caption: str = "") -> list[int]:
        """Several photos sent as one: as many updates, the words with the first."""
        group = {"media_group_id": str(time.time_ns())}
        first = {"caption": caption} if caption else {}
        return [self.push_photo(chat, **group, **({} if n else first)) for n in range(photos)]

    def push_document(
        self, chat: int, content: str = "%PDF-1.7", name: str = "carta.pdf", **more: Any
    ) -> int:
        file = self._file(content.encode())
        kind = {"file_name": name, "mime_type": "application/pdf"}
        return self.push_message(chat, document={**file, **kind}, **more)

    def push_voice(self, chat: int, content: str = "OggS", seconds: int = 3) -> int:
        voice = {**self._file(content.encode()), "mime_type": "audio/ogg", "duration": seconds}
        return self.push_message(chat, voice=voice)

    def push_location(self, chat: int, latitude: float, longitude: float) -> int:
        return self.push_message(chat, location={"latitude": latitude, "longitude": longitude})

    def push_contact(self, chat: int, phone: str, is_own: bool = True) -> int:
        """A phone number shared; the sender's own carries the sender's id."""
        owner = {"user_id": chat} if is_own else {}
        return self.push_message(
            chat, contact={"phone_number": phone, "first_name": "Rosa", **owner}
        )

    def push_edited(self, chat: int, text: str, message_id: int) -> int:
        """New words for a message that was sent before."""
        message = {**self._message(chat, "private"), "message_id": message_id}
        edited = {"edit_date": int(time.time()), "text": text, **_entities(text)}
        return self._push("edited_message", {**message, **edited})

    def push_group_text(
        self, chat: int, text: str, person: int, *, mention: bool = False, reply: bool = False
    ) -> int:
        """Words in a group (a negative id), maybe with our @name first or as a reply to the bot."""
        name = f"@{BOT['username']}"
        more: dict[str, Any] = _entities(text)
        if mention:
            text = f"{name} {text}"
            more = {"entities": [{"type": "mention", "offset": 0, "length": len(name)}]}
        if reply:
            ours = {**self._message(chat, "supergroup"), "from": BOT, "text": "…"}
            more["reply_to_message"] = ours
        return self.push_message(chat, "supergroup", person, text=text, **more)

    def push_channel_post(self, chat: int, text: str) -> int:
        """A post of a channel: nobody is its sender."""
        post = self._message(chat, "channel")
        del post["from"]
        return self._push("channel_post", {**post, "sender_chat": post["chat"], "text": text})

    def push_membership(self, chat: int, was: str, now: str, kind: str = "private") -> int:
        """The bot's own membership changes: `member`, `kicked`, `left`, `administrator`."""
        message = self._message(chat, kind)
        member = {
            "chat": message["chat"], "from": person_of(abs(chat)), "date": message["date"],
            "old_chat_member": {"user": BOT, "status": was, **_until(was)},
            "new_chat_member": {"user": BOT, "status": now, **_until(now)},
        }  # fmt: skip
        return self._push("my_chat_member", member)

    def _message(self, chat: int, kind: str, person: int = 0) -> dict[str, Any]:
        place: dict[str, Any] = {"id": chat, "type": kind}
        place |= {"first_name": "Rosa"} if kind == "private" else {"title": "Barrio"}
        return {
            "message_id": self._number(),
            "date": int(time.time()),
            "chat": place,
            "from": person_of(person or chat),
        }

    def _file(self, content: bytes) -> dict[str, Any]:
        number = f"file-{self._number()}"
        self.files[number] = content
        return {"file_id": number, "file_unique_id": f"u-{number}", "file_size": len(content)}


def person_of(chat: int) -> dict[str, Any]:
    """Who writes; in a group nobody in particular."""
    if chat < 0:
        return ANONYMOUS
    return {"id": chat, "is_bot": False, "first_name": "Rosa", "language_code": "es"}


def _entities(text: str) -> dict[str, Any]:
    if not text.startswith("/"):
        return {}
    length = len(text.split(maxsplit=1)[0])
    return {"entities": [{"type": "bot_command", "offset": 0, "length": length}]}


def _until(status: str) -> dict[str, Any]:
    return {"until_date": 0} if status == "kicked" else {}
