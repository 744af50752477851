"""Fields of the catalogue's forms that no library has: lines as a list, instants on our clocks."""

from datetime import datetime
from typing import Any

from wtforms import DateField, DateTimeLocalField, Form, TextAreaField, TimeField

from bot.clock import LOCAL

__all__ = ["DateField", "LinesField", "LocalTimeField", "SpanishForm", "TimeField"]


class SpanishForm(Form):  # type: ignore[misc]
    """What the library says of wrong values, it says in Spanish."""

    class Meta:
        """Read by WTForms."""

        locales = ("es",)


class LinesField(TextAreaField):  # type: ignore[misc]
    """A list of texts, one a line."""

    def _value(self) -> str:
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Without empty lines, and without any twice."""
        found = (" ".join(line.split()) for value in valuelist for line in value.splitlines())
        self.data: Any = [line for line in dict.fromkeys(found) if line]


class LocalTimeField(DateTimeLocalField):  # type: ignore[misc]
    """An instant, shown and read as the clocks of Ecuador show it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # What browsers write and read.
        super().__init__(*args, format="%Y-%m-%dT%H:%M", **kwargs)

    def process_data(self, value: datetime | None) -> None:
        """From the database: in UTC."""
        self.data = value.astimezone(LOCAL) if value is not None else None

    def process_formdata(self, valuelist: list[str]) -> None:
        """From the form: in local time."""
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = self.data.replace(tzinfo=LOCAL)
