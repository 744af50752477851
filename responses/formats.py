"""Dates, hours and money as people write them: sábado 28 de noviembre, 10:00, $1,00."""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency

# CLDR's Kichwa writes numbers and dates unlike Ecuador does.
_LOCALES = {"es": "es_EC", "en": "en", "qu": "es_EC"}
_LOCAL = ZoneInfo("America/Guayaquil")


def locale_of(language: str) -> str:
    """The CLDR locale whose formats a language uses."""
    return _LOCALES.get(language, "es_EC")


def format_value(value: object, language: str) -> str:
    """A value as text: instants in local time, money in US dollars."""
    locale = locale_of(language)
    if isinstance(value, datetime):
        local = value.astimezone(_LOCAL)
        return f"{format_value(local.date(), language)}, {format_value(local.time(), language)}"
    if isinstance(value, date):
        pattern = "EEEE d 'de' MMMM" if locale == "es_EC" else "EEEE, MMMM d"
        return format_date(value, pattern, locale=locale)
    if isinstance(value, time):
        return format_time(value, "HH:mm", locale=locale)
    if isinstance(value, Decimal):
        return format_currency(value, "USD", "¤#,##0.00", locale=locale)
    return str(value)


def format_long_date(value: date, language: str) -> str:
    """A date with its year, for births and sources."""
    locale = locale_of(language)
    if locale == "es_EC":
        return format_date(value, "d 'de' MMMM 'de' y", locale=locale)
    return format_skeleton("yMMMMd", value, locale=locale)


def format_month(value: date, language: str) -> str:
    """A month with its year: octubre 2025."""
    return format_date(value, "MMMM y", locale=locale_of(language))
