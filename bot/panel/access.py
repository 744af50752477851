"""Which role may read and write which area of the panel: one table, which the tests read too.

The area "workshops" is a part of the catalogue that a Casa's manager changes for their own Casa.
"""

from typing import Literal

Area = Literal[
    "overview", "reports", "dialogues", "enrollments", "catalogue", "conversations", "learning",
    "broadcasts", "staff", "audit", "workshops",
]  # fmt: skip
AREAS: tuple[Area, ...] = (
    "overview", "reports", "dialogues", "enrollments", "catalogue", "conversations", "learning",
    "broadcasts", "staff", "audit", "workshops",
)  # fmt: skip

# By role: the areas that it may change, and those that it may only read.
WRITES: dict[str, set[Area]] = {
    "administrator": set(AREAS),
    "reviewer": {"reports", "dialogues", "conversations", "learning"},
    "communications": {"catalogue", "workshops", "broadcasts", "conversations", "learning"},
    "casa_manager": {"enrollments", "workshops"},
    "auditor": set(),
}
READS: dict[str, set[Area]] = {
    "administrator": set(),
    "reviewer": {"overview", "catalogue"},
    "communications": {"overview", "dialogues"},
    "casa_manager": {"overview", "catalogue"},
    "auditor": set(AREAS) - {"conversations"},
}


def may(role: str, area: Area, write: bool = False) -> bool:
    """Whether a role may read an area, or change it."""
    writes = area in WRITES.get(role, set())
    return writes or (not write and area in READS.get(role, set()))


def casa_of(role: str, casa_id: int | None) -> int | None:
    """Whose enrolments and workshops a member sees: a Casa's, or everybody's (None)."""
    if role != "casa_manager":
        return None
    # A manager without a Casa sees nothing.
    return casa_id or 0
