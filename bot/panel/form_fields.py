"""What the forms of editable tables share: fields by row, and buttons that say what to do."""

from typing import Any

from starlette.datastructures import FormData

from bot.errors import SomosError


def text(form: FormData, name: str) -> str:
    """A field's text; empty for one that is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def fields_of(form: FormData, names: tuple[str, ...], row: object) -> dict[str, str] | None:
    """The fields `name-row`; none where the form doesn't have the row."""
    if f"{names[0]}-{row}" not in form:
        return None
    return {name: text(form, f"{name}-{row}") for name in names}


def wish(form: FormData) -> tuple[str, str]:
    """What the pressed button is for: `up:12` is ("up", "12")."""
    what, _, row = text(form, "do").partition(":")
    return what, row


def row_by_id(rows: list[Any], row: str) -> Any | None:
    """The row that a button means; none if it is gone."""
    return next((r for r in rows if str(r.id) == row), None)


def number(value: str) -> int:
    """A count of people; raises `staff_number_wrong`."""
    plain = value.strip() or "0"
    if not plain.isdigit() or len(plain) > 7:
        raise SomosError("staff_number_wrong")
    return int(plain)
