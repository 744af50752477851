"""What a broadcast will look like on each channel, and whom it is for, addresses hidden."""

from typing import Any

from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from bot.panel.core import Panel
from bot.panel.wishes import wishes_of
from bot.services.broadcasts.agenda import LANGUAGES
from bot.services.broadcasts.content import Content, compose
from bot.services.broadcasts.lifecycle import stamp_of
from bot.services.broadcasts.segments import Segment, preview
from bot.services.staff import StaffMember
from storage.models import Broadcast
from storage.queries.segments import addresses

SHOWN_OF_ADDRESS = 3
HIDDEN = "\u2022\u2022\u2022"


async def get(session: AsyncSession, broadcast_id: int) -> Broadcast:
    """A broadcast, to look at. Raises SomosError where there is none."""
    found = await session.get(Broadcast, broadcast_id)
    if found is None:
        raise SomosError("staff_broadcast_unknown", id=broadcast_id)
    return found


def part(panel: Panel, template: str, me: StaffMember, **values: Any) -> HTMLResponse:
    """A piece of a page, for a script; what is to be said once is left for a whole page."""
    return HTMLResponse(panel.templates.get_template(template).render(me=me, **values))


async def look_of(panel: Panel, session: AsyncSession, found: Broadcast) -> dict[str, Any]:
    """All that one must have seen before it is sent."""
    content = Content.restore(found.content)
    audience = await audience_of(panel, session, Segment.restore(found.segment))
    previews = previews_of(panel, content, "all")
    return {"previews": previews, "stamp": stamp_of(found), **audience}


def previews_of(panel: Panel, content: Content, reason: str) -> dict[str, Any]:
    """How each channel shows it to those with a reason, by language."""
    return {
        language: panel.shown(compose(panel.renderer, content, reason, language), language)
        for language in LANGUAGES
    }


async def audience_of(panel: Panel, session: AsyncSession, segment: Segment) -> dict[str, Any]:
    """For how many people it is now, and ten of them, their addresses hidden but for the end."""
    seen = await preview(session, segment)
    known = await addresses(session, [account_id for account_id, *_ in seen.samples])
    samples = [
        (channel, HIDDEN + known.get(account_id, "")[-SHOWN_OF_ADDRESS:], language, reason)
        for account_id, channel, language, reason in seen.samples
    ]
    wishes = await wishes_of(session, panel.words)
    return {"count": seen.count, "closed": seen.closed, "samples": samples, "wishes": wishes}
