"""What was announced has changed: a draft for exactly those who were told of it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.errors import SomosError
from bot.services.broadcasts import lifecycle
from bot.services.broadcasts.agenda import LANGUAGES
from bot.services.broadcasts.content import SPANISH, Content
from bot.services.broadcasts.lifecycle import By
from bot.services.broadcasts.segments import Segment
from responses.render import Phrase, Renderer
from storage.models import Broadcast, Event


async def draft_correction(
    session: AsyncSession, renderer: Renderer, event_id: int, by: By
) -> Broadcast:
    """A draft that says how the event is now; staff say more. Raises SomosError for no event."""
    found = await session.execute(select(Event).where(Event.id == event_id))
    event = found.scalar_one_or_none()
    if event is None:
        raise SomosError("staff_broadcast_no_event")
    begins = event.starts_at.astimezone(LOCAL)
    now = {"title": event.title, "day": begins.date(), "time": begins.time(), "place": event.place}
    content = Content({n: renderer.phrase(Phrase("agenda_change", now), n) for n in LANGUAGES})
    title = renderer.phrase(Phrase("agenda_change_title", {"title": event.title}), SPANISH)
    return await lifecycle.create(
        session, by, "correction", title[:120], Segment((f"told:{event_id}",)), content
    )
