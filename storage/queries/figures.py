"""Counts by day of Ecuador: what happened, and what was kept of days that are over."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, case, cast, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import DailyFigure, Inbound, Outbound, Rating, Report, Zone

OF_REPORTS = {"themes", "zones", "answered", "answer_hours"}


class Counted(NamedTuple):
    """One number: on a day, of a figure, for a name within it (a channel, a theme; may be "")."""

    day: date
    figure: str
    name: str
    value: int


def _local_day(session: AsyncSession, instant: Any) -> ColumnElement[Any]:
    """The day of an instant in Ecuador (UTC-5 all year), as text."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(instant, "-5 hours")
    return func.to_char(func.timezone("America/Guayaquil", instant), "YYYY-MM-DD")


def _hours(session: AsyncSession, begin: Any, end: Any) -> ColumnElement[Any]:
    """Whole hours between two instants, added up."""
    if session.get_bind().dialect.name == "sqlite":
        hours = (func.julianday(end) - func.julianday(begin)) * 24
    else:
        hours = func.extract("epoch", end - begin) / 3600
    return cast(func.sum(hours), Integer)


async def count_days(session: AsyncSession, since: datetime, until: datetime) -> list[Counted]:
    """All figures of the days from one local midnight to another."""
    outcome = case(
        (Inbound.intent == "nlu_fallback", "asked_back"),
        (Inbound.intent == "out_of_scope", "out_of_scope"),
        (Inbound.intent.is_(None), ""),
        else_="understood",
    )
    people = func.count(Inbound.conversation_id.distinct())
    sent = Outbound.channel + "/" + Outbound.status
    zone = select(Zone.short_name).where(Zone.id == Report.zone_id).scalar_subquery()
    first_answer = func.coalesce(Report.answered_at, Report.resolved_at)
    hours = _hours(session, Report.created_at, first_answer)
    # An answer counts on its own day: the day of its report may be over for long by then.
    asked: tuple[tuple[str, Any, Any, ColumnElement[Any]], ...] = (
        ("people", Inbound.received_at, literal(""), people),
        ("channels", Inbound.received_at, Inbound.channel, func.count()),
        ("understanding", Inbound.received_at, outcome, func.count()),
        ("deliveries", Outbound.created_at, sent, func.count()),
        ("themes", Report.created_at, Report.theme, func.count()),
        ("zones", Report.created_at, zone, func.count()),
        ("answered", first_answer, Report.theme, func.count()),
        ("answer_hours", first_answer, Report.theme, hours),
        ("ratings", Rating.created_at, Rating.stars, func.count()),
    )
    counted = []
    for figure, instant, name, number in asked:
        day = _local_day(session, instant)
        query = select(day, name, number).where(instant >= since, instant < until)
        if figure in OF_REPORTS:
            # Few as they are, a number could tell of whom a sensitive one is.
            query = query.where(Report.is_sensitive.is_(False))
        for on, named, value in (await session.execute(query.group_by(day, name))).all():
            told = "" if named is None else str(named)
            counted.append(Counted(date.fromisoformat(on), figure, told, value or 0))
    return counted


async def kept_days(session: AsyncSession, since: date) -> dict[date, datetime]:
    """Days that were counted, and when."""
    query = select(DailyFigure.day, DailyFigure.counted_at).where(
        DailyFigure.figure == "counted", DailyFigure.day >= since
    )
    return {row.day: row.counted_at for row in (await session.execute(query)).all()}


async def kept_figures(session: AsyncSession, since: date) -> list[Counted]:
    """What was counted of days that are over."""
    query = select(DailyFigure.day, DailyFigure.figure, DailyFigure.name, DailyFigure.value)
    found = await session.execute(query.where(DailyFigure.day >= since).order_by(DailyFigure.day))
    return [Counted(*row) for row in found.all()]


async def keep(
    session: AsyncSession, days: Sequence[date], counted: Iterable[Counted], now: datetime
) -> None:
    """Replace what is kept of some days."""
    await session.execute(delete(DailyFigure).where(DailyFigure.day.in_(days)))
    rows = [Counted(day, "counted", "", 1) for day in days]
    rows += [one for one in counted if one.day in set(days)]
    await session.execute(insert(DailyFigure), [{**r._asdict(), "counted_at": now} for r in rows])
