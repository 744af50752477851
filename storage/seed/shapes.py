"""What a row of each seed file looks like: its fields, and how long a column lets them be."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Words = Annotated[str, StringConstraints(min_length=1)]
# YAML reads 2023 as a number and 2024-11-22 as a date; here both are words.
Period = Annotated[Short, BeforeValidator(str)]


class Row(BaseModel):
    """A row refuses fields that it doesn't know: a misspelt one would be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceRow(Row):
    """The document that a file was taken from."""

    title: Line
    date: Period

    def line(self) -> str:
        """Title and date, as a matrix or an answer shows them."""
        return f"{self.title} ({self.date})"


class NamedRow(Row):
    """What has only a name, such as a workshop category."""

    slug: Slug
    name: Line


class ZoneRow(NamedRow):
    """A zonal administration."""

    short_name: Short
    code: Short
    beneficiary_target: int = Field(ge=0)


class CasaRow(NamedRow):
    """A Casa Somos and the slug of its zone."""

    zone: Slug
    address: Line | None = None
    address_source: Line | None = None
    name_in_source: Line | None = None


class DescribedRow(NamedRow):
    """A programme."""

    description: Words


class ModalityRow(DescribedRow):
    """A way of offering workshops; USD a class."""

    cost_per_class: Decimal = Field(ge=0, max_digits=8, decimal_places=2)


class CycleRow(Row):
    """A quarter of the workshop year."""

    number: int = Field(ge=1, le=4)
    name: Line


class TranslationRow(Row):
    """An article in another language."""

    title: Line
    body: Words
    more: str | None = None


class ArticleRow(Row):
    """An answer with its source. `checked` is the day when somebody looked it up."""

    slug: Slug
    topic: Short
    service: Short | None = None
    title: Line
    questions: list[Words]
    body: Words
    more: str | None = None
    next: list[Short]
    source: Line
    source_date: Period
    checked: date
    confidence: Short
    en: TranslationRow | None = None
    qu: TranslationRow | None = None
