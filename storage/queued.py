"""Notices which channels have messages queued, so that who sends hears of each at once."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from storage.models import Outbound


class WatchedSession(Session):
    """Keeps those channels in `info["queued"]`."""


@event.listens_for(WatchedSession, "after_flush")
def _note(session: Session, _context: Any) -> None:
    channels = {r.channel for r in session.new if isinstance(r, Outbound) and r.status == "queued"}
    session.info.setdefault("queued", set()).update(channels)
