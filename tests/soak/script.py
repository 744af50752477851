"""What citizens say in the soak: an enrolment, then a report, always with the same words.

Each citizen means both once, whatever the gateways, the processes or their patience do.
"""

from dataclasses import dataclass, field

from tests.support import enrollment_answers, national_id

WORKSHOP_PLACES = 5
REPORT = ("hay basura sin recoger en el parque", "eso es todo", "Solanda", "avíseme por este chat")
# Said without waiting for an answer in between; where the bot waits for quiet, one thought.
MORE = ("y los perros la riegan por toda la vereda", "huele muy mal")


@dataclass(frozen=True)
class Step:
    """Messages that are sent at once; `pressed`: where there is a button, its first is pressed."""

    said: tuple[str, ...]
    pressed: bool = False


@dataclass
class Citizen:
    """A person on one channel; `sent` are the messages so far, `stuck` why it gave up."""

    channel: str
    address: str
    serial: int
    sent: int = 0
    repeated: int = 0
    stuck: str = ""
    finished: bool = False
    heard: list[str] = field(default_factory=list)

    @property
    def document(self) -> str:
        return national_id(self.serial)

    def steps(self, workshop: int) -> list[Step]:
        """All that this citizen says, in order."""
        story, *rest = REPORT
        return [
            *(Step((said,)) for said in enrollment_answers(workshop, self.serial)),
            Step(("sí, está bien",), pressed=True),
            Step((story,)),
            Step(MORE),
            *(Step((said,)) for said in rest),
            Step(("sí",), pressed=True),
        ]


def address_of(channel: str, serial: int) -> str:
    """An address as the channel's gateway knows people."""
    if channel == "telegram":
        return str(700_000 + serial)
    return f"5939{serial:08d}" if channel == "whatsapp" else f"citizen-{serial}"
