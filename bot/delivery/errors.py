"""What may become of sending; named for the outcome, not for a fault of ours (hence N818)."""

from typing import Protocol

from bot.messages import Parcel


class Throttled(Exception):  # noqa: N818
    """The gateway wants us to wait so many seconds; it doesn't count as an attempt.

    `whole_channel`: it said so of all chats. Otherwise it is taken for one chat's, until a second
    chat is told the same.
    """

    def __init__(self, retry_after: float, whole_channel: bool = False) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
        self.whole_channel = whole_channel


class Undeliverable(Exception):  # noqa: N818
    """Nothing can reach this address: it blocked us, or doesn't exist (any more)."""


class Rejected(Exception):  # noqa: N818
    """The gateway will never take this message; others to the same address may pass."""


class WindowClosed(Rejected):
    """Free text is no longer let through to this person; they must write first."""


class TemplateMissing(Rejected):
    """The template that this message needs isn't there, or isn't approved."""


class TemporaryFailure(Exception):  # noqa: N818
    """Worth another attempt later: the gateway surely didn't take the message."""


class AnswerLost(TemporaryFailure):
    """The message was handed over and no answer came: the gateway may have taken it.

    A reply is sent again and counted as doubtful, a broadcast isn't.
    """


class TokenExpired(Exception):  # noqa: N818
    """Nothing can be sent on this channel until an operator mends its access."""


class Sender(Protocol):
    """A channel's way out."""

    async def send(self, parcel: Parcel) -> str:
        """Send and return the gateway's message id, or raise one of the errors above."""
