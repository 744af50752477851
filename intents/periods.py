"""Which days a phrase means on a given day: the arithmetic behind the phrases of dates.yml.

A day is past only if that was said: a month, a day of the month or a holiday is the next one.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

Period = tuple[date, date]
Said = Mapping[str, list[int]]
# Where a phrase stands relative to today, or its fixed numbers: `by` in dates.yml.
By = Sequence[int]
Meaning = Callable[[date, Said, By], list[Period]]

SUNDAY = 6
# "Del 1 al 10": a scale, no days.
_SCALES = frozenset({(0, 5), (0, 10), (1, 5), (1, 10)})


def day_of(year: int, month: int, day: int) -> date | None:
    """The day of the calendar, if it exists."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def easter(year: int) -> date:
    """Easter Sunday, by the algorithm of Meeus, Jones and Butcher."""
    golden, (century, years) = year % 19, divmod(year, 100)
    leap, rest = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * rest + 2 * (years // 4) - moon - years % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _from(start: date, weekday: int) -> date:
    """The first such weekday from a day on, that day included."""
    return start + timedelta((weekday - start.weekday()) % 7)


def _on(*days: date | None) -> list[Period]:
    return [(day, day) for day in days if day]


def _coming(today: date, said: Said, period_in: Callable[[int], Period | None]) -> list[Period]:
    """The period of the year that was said, or the next one that has not ended."""
    if said["year"]:
        period = period_in(said["year"][-1])
        return [period] if period else []
    years = range(today.year, today.year + 9)  # the 29th of February may be eight years off
    periods = (period_in(year) for year in years)
    return next(([p] for p in periods if p and p[1] >= today), [])


def _date(today: date, said: Said, _by: By) -> list[Period]:
    days, months = said["n"], said["month"]

    def period_in(year: int) -> Period | None:
        last = day_of(year, months[-1], days[-1])
        first = day_of(year, months[0], days[0])
        if first and last and first > last and months[0] > months[-1]:
            first = day_of(year - 1, months[0], days[0])
        return (first, last) if first and last and first <= last else None

    return _coming(today, said, period_in)


def _each_day_of_month(today: date, said: Said, by: By) -> list[Period]:
    return [period for day in said["n"] for period in _date(today, {**said, "n": [day]}, by)]


def _day_of_this_month(today: date, said: Said, by: By) -> list[Period]:
    month = _add_months(today.replace(day=1), by[0])
    return _on(day_of(month.year, month.month, said["n"][0]))


def _days_of_a_month(today: date, said: Said, _by: By) -> list[Period]:
    """The next days with these numbers: "el 24", "del 28 al 3"."""
    first, last = said["n"][0], said["n"][-1]
    if (first, last) in _SCALES:
        return []
    for ahead in range(-1, 3):
        month = _add_months(today.replace(day=1), ahead)
        after = month if first <= last else _add_months(month, 1)
        begin = day_of(month.year, month.month, first)
        end = day_of(after.year, after.month, last)
        if begin and end and end >= today:
            return [(begin, end)]
    return []


def _month_of(year: int, month: int) -> Period:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _in_month(today: date, said: Said, by: By, part: Callable[[Period], Period]) -> list[Period]:
    """A part of the month that was named, or of the one so many months from today."""
    if said["month"]:
        month = said["month"][0]
        return _coming(today, said, lambda year: part(_month_of(year, month)))
    ahead = _add_months(today.replace(day=1), by[0])
    return [part(_month_of(ahead.year, ahead.month))]


def _named_month(today: date, said: Said, by: By) -> list[Period]:
    return _in_month(today, said, by, lambda month: month)


def _in_year(meaning: Meaning) -> Meaning:
    """The meaning in the year that is so many from this one."""
    return lambda t, said, by: meaning(t, {**said, "year": [t.year + by[0]]}, by)


def _nearest(today: date, periods: Iterable[Period | None]) -> list[Period]:
    """The period that begins nearest to a day, before it or after."""
    known = [period for period in periods if period]
    return [min(known, key=lambda p: abs(p[0] - today))] if known else []


def _years_near(today: date, said: Said) -> Sequence[int]:
    return said["year"][-1:] or range(today.year - 1, today.year + 2)


def _since_month(today: date, said: Said, _by: By) -> list[Period]:
    month = said["month"][0]
    return _nearest(today, (_month_of(year, month) for year in _years_near(today, said)))


def _since_date(today: date, said: Said, _by: By) -> list[Period]:
    month, number = said["month"][0], said["n"][0]
    days = (day_of(year, month, number) for year in _years_near(today, said))
    return _nearest(today, _on(*days))


def _since_day(today: date, said: Said, _by: By) -> list[Period]:
    months = (_add_months(today.replace(day=1), ahead) for ahead in (-1, 0, 1))
    return _nearest(today, _on(*(day_of(m.year, m.month, said["n"][0]) for m in months)))


def _part_of_month(today: date, said: Said, by: By) -> list[Period]:
    """Its first, second or last third; a third of this month that is over is the next month's."""
    months, first, last = by

    def third(month: Period) -> Period:
        return month[0].replace(day=first), month[0].replace(day=min(last, month[1].day))

    if not said["month"] and months == 0 and third(_month_of(today.year, today.month))[1] < today:
        months = 1
    return _in_month(today, said, (months,), third)


def _week_of_month(today: date, said: Said, by: By) -> list[Period]:
    """The first week is days 1 to 7, the last the last seven."""
    nth = (said["nth"] or [-1])[0]

    def week(month: Period) -> Period:
        first = month[0] + timedelta(nth * 7 - 7) if nth > 0 else month[1] - timedelta(6)
        return first, first + timedelta(6)

    return _in_month(today, said, by, week)


def _weekday_of_month(today: date, said: Said, by: By) -> list[Period]:
    nth, weekday = (said["nth"] or [-1])[0], said["weekday"][0]

    def day(month: Period) -> Period:
        first = month[0] + timedelta(nth * 7 - 7) if nth > 0 else month[1] - timedelta(6)
        return _from(first, weekday), _from(first, weekday)

    return _in_month(today, said, by, day)


def _weekday_with_number(today: date, said: Said, _by: By) -> list[Period]:
    """The Saturday of "sábado 28", if near; else the number means another thing: "sábado 10 am"."""
    day = _from(today, said["weekday"][0])
    near = (day + timedelta(7 * week) for week in range(7))
    return _on(next((d for d in near if d.day == said["n"][0]), day))


def _weekday_range(today: date, said: Said, _by: By) -> list[Period]:
    first = _from(today, said["weekday"][0])
    return [(first, _from(first, said["weekday"][1]))]


def _each_weekday(today: date, said: Said, _by: By) -> list[Period]:
    first, last = said["weekday"] or (0, 4)  # "entre semana" names none
    return _on(*(_from(today, (first + i) % 7) for i in range((last - first) % 7 + 1)))


def _weekend(today: date, _said: Said, by: By) -> list[Period]:
    # From Monday to Friday the next weekend is this one.
    weeks = 0 if by[0] == 1 and today.weekday() < 5 else by[0]
    saturday = today + timedelta(5 - today.weekday() + 7 * weeks)
    return [(saturday, saturday + timedelta(1))]


def _week(today: date, _said: Said, by: By) -> list[Period]:
    monday = today + timedelta(7 * by[0] - today.weekday())
    return [(monday, monday + timedelta(6))]


def _weekday_of_week(today: date, said: Said, by: By) -> list[Period]:
    monday = _week(today, said, by)[0][0]
    return _on(monday + timedelta(said["weekday"][0]))


def _week_of_day(today: date, said: Said, by: By) -> list[Period]:
    return [_week(day, said, (0,))[0] for day, _ in _date(today, said, by)]


def _year(today: date, _said: Said, by: By) -> list[Period]:
    year = today.year + by[0]
    return [(date(year, 1, 1), date(year, 12, 31))]


def _fixed(today: date, said: Said, by: By) -> list[Period]:
    """A holiday on a day, or from one to another: month, day, month, day."""
    return _coming(today, said, lambda y: (date(y, *by[:2]), date(y, *by[-2:])))


def _of_easter(today: date, said: Said, by: By) -> list[Period]:
    """A holiday so many days from Easter."""
    return _coming(
        today, said, lambda y: (easter(y) + timedelta(by[0]), easter(y) + timedelta(by[-1]))
    )


def _weekday_before_easter(today: date, said: Said, _by: By) -> list[Period]:
    """The Friday of "viernes santo"."""
    return _of_easter(today, said, [said["weekday"][0] - SUNDAY])


def _weekday_holiday(today: date, said: Said, by: By) -> list[Period]:
    """The nth weekday of a month: "el día de la madre"."""
    month, nth, weekday = by
    return _weekday_of_month(
        today, {**said, "month": [month], "nth": [nth], "weekday": [weekday]}, by
    )


MEANINGS: dict[str, Meaning] = {
    "nothing": lambda _today, _said, _by: [],
    "day": lambda today, _said, by: _on(today + timedelta(by[0])),
    "later": lambda today, said, by: _on(today + timedelta(said["n"][0] * by[0])),
    "later_counting_today": lambda today, said, _by: _on(today + timedelta(said["n"][0] - 1)),
    "months_later": lambda today, said, by: _on(_add_months(today, said["n"][0] * by[0])),
    "weekday": lambda t, said, by: _on(*(_from(t + timedelta(by[0]), w) for w in said["weekday"])),
    "weekday_with_number": _weekday_with_number,
    "weekday_range": _weekday_range,
    "each_weekday": _each_weekday,
    "weekday_of_month": _weekday_of_month,
    "weekday_of_week": _weekday_of_week,
    "weekend": _weekend,
    "week": _week,
    "week_of_day": _week_of_day,
    "week_of_month": _week_of_month,
    "month": _named_month,
    "date_in_year": _in_year(_date),
    "month_in_year": _in_year(_named_month),
    "since_month": _since_month,
    "since_date": _since_date,
    "since_day": _since_day,
    "part_of_month": _part_of_month,
    "year": _year,
    "fixed": _fixed,
    "of_easter": _of_easter,
    "weekday_before_easter": _weekday_before_easter,
    "weekday_holiday": _weekday_holiday,
    "date": _date,
    "each_day_of_month": _each_day_of_month,
    "day_of_this_month": _day_of_this_month,
    "days_of_a_month": _days_of_a_month,
}
