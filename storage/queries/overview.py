"""Counts for the panel's first page, over a span of time; days are those of Ecuador."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from storage.models import (
    Casa,
    Category,
    Enrollment,
    Inbound,
    Outbound,
    Rating,
    Report,
    Workshop,
    Zone,
)

# Tuples as wide as each docstring says.
Rows = Sequence[Any]
Column = InstrumentedAttribute[Any]


def _local_day(session: AsyncSession, instant: Column) -> ColumnElement[Any]:
    """The day of an instant in Ecuador (UTC-5 all year), as text."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(instant, "-5 hours")
    return func.to_char(func.timezone("America/Guayaquil", instant), "YYYY-MM-DD")


async def _rows(session: AsyncSession, query: Any) -> Rows:
    return (await session.execute(query)).all()


async def messages_by_day(session: AsyncSession, since: datetime) -> Rows:
    """Day, messages, people who wrote."""
    day = _local_day(session, Inbound.received_at)
    people = func.count(Inbound.conversation_id.distinct())
    query = select(day, func.count(), people).where(Inbound.received_at >= since)
    return await _rows(session, query.group_by(day).order_by(day))


async def messages_by_channel(session: AsyncSession, since: datetime) -> Rows:
    """Channel, messages, people who wrote."""
    people = func.count(Inbound.conversation_id.distinct())
    query = (
        select(Inbound.channel, func.count(), people)
        .where(Inbound.received_at >= since)
        .group_by(Inbound.channel)
    )
    return await _rows(session, query.order_by(func.count().desc()))


async def understanding(session: AsyncSession, since: datetime) -> dict[str, int]:
    """Messages with words of their own: understood, asked_back, out_of_scope."""
    kind = case(
        (Inbound.intent == "nlu_fallback", "asked_back"),
        (Inbound.intent == "out_of_scope", "out_of_scope"),
        else_="understood",
    )
    query = select(kind, func.count()).where(
        Inbound.received_at >= since, Inbound.intent.is_not(None)
    )
    found = dict(await _rows(session, query.group_by(kind)))
    return {name: found.get(name, 0) for name in ("understood", "asked_back", "out_of_scope")}


async def deliveries(session: AsyncSession, since: datetime) -> Rows:
    """Channel, state, messages that we sent or tried to."""
    query = (
        select(Outbound.channel, Outbound.status, func.count())
        .where(Outbound.created_at >= since)
        .group_by(Outbound.channel, Outbound.status)
        .order_by(Outbound.channel, Outbound.status)
    )
    return await _rows(session, query)


async def reports_by(session: AsyncSession, column: Column, since: datetime) -> Rows:
    """A report's column (theme, kind, institution) and how many have it, most first."""
    query = select(column, func.count()).where(Report.created_at >= since).group_by(column)
    return await _rows(session, query.order_by(func.count().desc(), column).limit(20))


async def reports_by_zone(session: AsyncSession, since: datetime) -> Rows:
    """Zone and its reports, most first; without a zone: None."""
    query = (
        select(Zone.short_name, func.count(Report.id))
        .select_from(Report)
        .outerjoin(Zone, Zone.id == Report.zone_id)
        .where(Report.created_at >= since)
        .group_by(Zone.short_name)
        .order_by(func.count(Report.id).desc())
    )
    return await _rows(session, query)


async def enrollments_by_casa(session: AsyncSession) -> Rows:
    """Casa, places, taken ones, on waiting lists; of workshops that are on offer."""
    return await _places(session, Casa.name, Casa.id == Workshop.casa_id)


async def enrollments_by_category(session: AsyncSession) -> Rows:
    """Category, places, taken ones, on waiting lists."""
    return await _places(session, Category.name, Category.id == Workshop.category_id)


async def _places(session: AsyncSession, name: Column, joins: ColumnElement[bool]) -> Rows:
    taken = (
        select(
            Enrollment.workshop_id,
            func.sum(case((Enrollment.status == "waiting", 0), else_=1)).label("placed"),
            func.sum(case((Enrollment.status == "waiting", 1), else_=0)).label("waiting"),
        )
        .where(Enrollment.status.in_(("placed", "confirmed", "waiting")))
        .group_by(Enrollment.workshop_id)
        .subquery()
    )
    placed = func.coalesce(func.sum(taken.c.placed), 0)
    query = (
        select(name, func.sum(Workshop.capacity), placed,
               func.coalesce(func.sum(taken.c.waiting), 0))
        .select_from(Workshop)
        .join(name.class_, joins)
        .outerjoin(taken, taken.c.workshop_id == Workshop.id)
        .group_by(name)
        .order_by(placed.desc(), name)
    )  # fmt: skip
    return await _rows(session, query)


async def ratings(session: AsyncSession, since: datetime) -> Rows:
    """Stars (5 to 1) and how many gave them."""
    query = (
        select(Rating.stars, func.count())
        .where(Rating.created_at >= since, Rating.stars.is_not(None))
        .group_by(Rating.stars)
        .order_by(Rating.stars.desc())
    )
    return await _rows(session, query)
