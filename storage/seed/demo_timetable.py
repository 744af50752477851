"""Which workshops a casa gives, drawn with its slug as the seed: the same draw on every machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from storage.seed.demo_shapes import CategoryTitles, Demo, Schedule, Title


@dataclass(frozen=True, slots=True)
class House:
    """A casa with its zone."""

    id: int
    slug: str
    name: str
    zone_id: int
    zone: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A workshop in the week of a casa."""

    title: str
    category: str
    public: str
    weekday: int
    hour: int
    capacity: int
    modality: str


class _Draw:
    """Chance for one casa, and how it falls on days, hours and places."""

    def __init__(self, demo: Demo, house: House) -> None:
        self.demo = demo
        self.house = house
        self.chance = Random(f"somos demo {house.slug}")  # noqa: S311

    def size(self) -> int:
        return self.chance.randint(*self.demo.workshops_per_casa)

    def category(self) -> CategoryTitles:
        groups = self.demo.workshops
        return self.chance.choices(groups, [group.share for group in groups])[0]

    def lesson(
        self, group: CategoryTitles, title: Title | None = None, at: tuple[int, int] | None = None
    ) -> Lesson:
        title = title or self.chance.choice(group.titles)
        plan = title.over(group.defaults).over(self.demo.defaults)
        weekday, hour = at or self._time(plan)
        community = self.chance.randrange(100) < self.demo.community_percent
        return Lesson(
            title=title.title,
            category=group.category,
            public=title.public,
            weekday=weekday,
            hour=hour,
            capacity=self.chance.randint(*(plan.capacity or (10, 30))),
            modality="community" if community else "municipal",
        )

    def _time(self, plan: Schedule) -> tuple[int, int]:
        days = plan.days or [0]
        weights = [self.demo.weekday_weights[day] for day in days]
        return self.chance.choices(days, weights)[0], self.chance.choice(plan.hours or [9])


def timetable(demo: Demo, house: House) -> list[Lesson]:
    """What must be there, one workshop of each category, and then what chance adds."""
    draw = _Draw(demo, house)
    certain = [*_always(draw), *map(draw.lesson, demo.workshops)]
    lessons = {_place(lesson): lesson for lesson in reversed(certain)}
    size = draw.size()
    # A file with few titles must not keep us drawing for ever.
    for _ in range(size * 10):
        if len(lessons) >= size:
            break
        lesson = draw.lesson(draw.category())
        lessons.setdefault(_place(lesson), lesson)
    return list(lessons.values())


def _place(lesson: Lesson) -> tuple[str, int, int]:
    return lesson.title, lesson.weekday, lesson.hour


def _always(draw: _Draw) -> Iterator[Lesson]:
    for wanted in draw.demo.always:
        if draw.house.slug in wanted.casas or draw.house.zone in wanted.zones:
            name = draw.chance.choice(wanted.titles)
            group, title = _find(draw.demo, name)
            yield draw.lesson(group, title, (wanted.day, wanted.hour))


def _find(demo: Demo, name: str) -> tuple[CategoryTitles, Title]:
    return next(
        (group, title) for group in demo.workshops for title in group.titles if title.title == name
    )
