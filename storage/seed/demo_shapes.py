"""What demo.yml looks like. Its comments explain it to whoever adds a workshop or an event."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from storage.seed.shapes import Line, Row, Slug, Words

Weekday = Annotated[int, Field(ge=0, le=6)]
Hour = Annotated[int, Field(ge=8, le=18)]
Span = tuple[int, int]


class Schedule(Row):
    """When a title is given and to how many; what is missing comes from the level above."""

    days: list[Weekday] | None = None
    hours: list[Hour] | None = None
    capacity: Span | None = None

    def over(self, above: "Schedule") -> "Schedule":
        """These values where there are any, else those of the level above."""
        return Schedule(
            days=self.days or above.days,
            hours=self.hours or above.hours,
            capacity=self.capacity or above.capacity,
        )


class Public(Row):
    """Whom a workshop is for."""

    min_age: int | None
    max_age: int | None
    audiences: list[str]


class Title(Schedule):
    """A workshop that a casa may give."""

    title: Line
    public: str = Field(alias="for")


class CategoryTitles(Row):
    """The titles of one category and how often they come."""

    category: Slug
    share: int = Field(ge=1)
    defaults: Schedule = Schedule()
    titles: list[Title]


class Always(Row):
    """Workshops that some casas have whatever chance says."""

    casas: list[Slug] = []
    zones: list[Slug] = []
    titles: list[Line]
    day: Weekday
    hour: Hour


class EventText(Row):
    """What an event is called and what happens there."""

    title: Line
    description: Words


class EventKind(Row):
    """One kind of event: where, when and which."""

    places: list[str]
    hour: int
    hours: int
    texts: list[EventText]


class Demo(Row):
    """The whole file."""

    workshops_per_casa: Span
    community_percent: int
    class_hours: int
    weekday_weights: list[int] = Field(min_length=7, max_length=7)
    weekday_words: list[str] = Field(min_length=7, max_length=7)
    defaults: Schedule
    publics: dict[str, Public]
    workshops: list[CategoryTitles]
    always: list[Always]
    places: dict[str, str]
    events_by_weekday: list[list[str]] = Field(min_length=7, max_length=7)
    events: dict[str, EventKind]

    @model_validator(mode="after")
    def _names_are_known(self) -> "Demo":
        unknown = sorted(set(self._unknown()))
        if unknown:
            raise ValueError(f"named but not described: {', '.join(unknown)}")
        return self

    def _unknown(self) -> Iterator[str]:
        titles = [title for group in self.workshops for title in group.titles]
        yield from {title.public for title in titles} - self.publics.keys()
        wanted = {name for always in self.always for name in always.titles}
        yield from wanted - {title.title for title in titles}
        yield from {name for day in self.events_by_weekday for name in day} - self.events.keys()
        yield from {
            name for kind in self.events.values() for name in kind.places
        } - self.places.keys()
