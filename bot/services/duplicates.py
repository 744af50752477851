"""Which earlier reports a new one seems to repeat: similar wording, the same theme and place.

Candidates come by an index; only they are compared word for word.
"""

from datetime import timedelta

from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncSession

from intents.likeness import Gist, likeness
from intents.normalise import normalise
from storage.models import LikelyDuplicate, Report
from storage.queries import reports as queries

# Chosen on the development half of tests/sentences/duplicates.yml.
ENOUGH = 0.56
WINDOW = timedelta(days=90)
MOST_COMPARED, MOST_KEPT = 120, 5
# Two places that no gazetteer knows are one if they are written nearly the same.
SAME_PLACE = 85


async def note_duplicates(session: AsyncSession, report: Report) -> None:
    """Keep which earlier reports this one, just stored or corrected, seems to repeat."""
    await queries.forget_duplicates(session, report.id)
    since = report.created_at - WINDOW
    found = await queries.duplicate_candidates(session, report, since, MOST_COMPARED)
    scored = [(how_alike(report, other), other) for other in found]
    likely = sorted((s for s in scored if s[0] >= ENOUGH), key=lambda s: (-s[0], s[1].id))
    session.add_all(
        LikelyDuplicate(report_id=report.id, earlier_id=other.id, likeness=round(score, 3))
        for score, other in likely[:MOST_KEPT]
    )
    await session.flush()


def how_alike(one: Report, other: Report) -> float:
    """From 0, another place or fact, to 1."""
    return likeness().compare(_gist(one), _gist(other)) if _near(one, other) else 0.0


def alike(one: Report, other: Report) -> bool:
    """Whether one seems to repeat the other."""
    return how_alike(one, other) >= ENOUGH


def _gist(report: Report) -> Gist:
    return likeness().gist(report.words, frozenset(normalise(report.place or "").split()))


def _near(one: Report, other: Report) -> bool:
    """Whether both may be about the same place: as far as it is known, or as it is written."""
    if one.neighbourhood and other.neighbourhood:
        return one.neighbourhood == other.neighbourhood
    if one.zone_id and other.zone_id and one.zone_id != other.zone_id:
        return False
    if not (one.place and other.place):
        return True
    here, there = normalise(one.place), normalise(other.place)
    return fuzz.token_set_ratio(here, there) >= SAME_PLACE
