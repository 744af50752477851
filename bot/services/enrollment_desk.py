"""What a Casa decides about enrolments: confirm, turn down, move, give free places.

Each decision is in the audit log, and tells the citizen in the chat where they enrolled.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import LOCAL
from bot.errors import SomosError
from bot.services.enrollment import move_up
from bot.services.handoff import Word
from responses.render import Phrase
from storage.models import Enrollment, Workshop
from storage.queries import audit, enrollments
from storage.queries import enrollment_desk as queries
from storage.queries.conversations import conversation_of

LONGEST_REASON = 300


@dataclass(frozen=True)
class Desk:
    """Who decides, now, and about which Casa's enrolments; `casa_id` None: about all."""

    session: AsyncSession
    now: datetime
    actor: str
    casa_id: int | None = None

    async def confirm(self, workshop_id: int, folios: list[str] | None = None) -> list[Word]:
        """Tell people with a place that they are expected; all of them without `folios`."""
        workshop = await self._locked(workshop_id)
        words = []
        for one in await queries.placed(self.session, workshop_id):
            if one.confirmed_at is None and (folios is None or one.folio in folios):
                one.confirmed_at = self.now
                self._note("confirm", one, {"confirmed": False}, {"confirmed": True})
                words += await self._word(one, workshop, "utter_enrollment_confirmed")
        return words

    async def turn_down(self, folio: str, reason: str) -> list[Word]:
        """End an enrolment; its place goes to whoever has waited longest.

        Raises SomosError without a reason, or for a folio that isn't active or not theirs.
        """
        reason = " ".join(reason.split())[:LONGEST_REASON]
        if not reason:
            raise SomosError("staff_reason_needed")
        one = await self._active(folio)
        before = {"status": one.status}
        had_place = one.status == "placed"
        one.status, one.cancelled_at, one.reason = "cancelled", self.now, reason
        self._note("turn_down", one, before, {"status": "cancelled", "reason": reason})
        await self.session.flush()
        words = await self._word(one, one.workshop, "utter_enrollment_rejected", reason=reason)
        return words + (await self._fill(one.workshop) if had_place else [])

    async def move(self, folio: str, target_id: int) -> list[Word]:
        """Move an enrolment to another workshop of theirs: a place there, or the next turn.

        Raises SomosError for a workshop that is over or not theirs, or that the person is in.
        """
        one = await self._active(folio, target_id)
        source, target = one.workshop, await self._target(one, target_id)
        before = {"workshop": source.slug, "status": one.status}
        had_place = one.status == "placed"
        taken = await enrollments.count_placed(self.session, target.id)
        waits = await enrollments.first_waiting(self.session, target.id)
        has_place = taken < target.capacity and waits is None
        turn = None if has_place else await enrollments.last_turn(self.session, target.id) + 1
        one.workshop_id, one.turn, one.confirmed_at = target.id, turn, None
        one.status = "placed" if has_place else "waiting"
        await self.session.flush()
        self._note("move", one, before, {"workshop": target.slug, "status": one.status})
        words = await self._word(
            one, target, "utter_enrollment_moved", state=await self._state(one)
        )
        return words + (await self._fill(source) if had_place else [])

    async def give_places(self, workshop_id: int) -> list[Word]:
        """Give the free places of a workshop to those who have waited longest."""
        return await self._fill(await self._locked(workshop_id))

    async def _fill(self, workshop: Workshop) -> list[Word]:
        words = []
        while (lucky := await move_up(self.session, workshop)) is not None:
            self._note("place", lucky, {"status": "waiting"}, {"status": "placed"})
            words += await self._word(lucky, workshop, "utter_place_freed")
        return words

    async def _state(self, one: Enrollment) -> Phrase:
        if one.status == "placed":
            return Phrase("state_placed")
        ahead = await enrollments.count_ahead(self.session, one)
        return Phrase("state_waiting", {"turn": one.turn, "count": ahead})

    async def _locked(self, workshop_id: int) -> Workshop:
        await enrollments.lock_workshop(self.session, workshop_id)
        found = await queries.workshop(self.session, self.casa_id, workshop_id)
        if found is None:
            raise SomosError("utter_workshop_gone")
        return found.workshop

    async def _active(self, folio: str, target_id: int | None = None) -> Enrollment:
        found = await queries.enrollment(self.session, self.casa_id, folio)
        if found is not None:
            # Always in the same order: two who move people across must not wait for each other.
            for workshop_id in sorted({found.workshop_id, target_id or found.workshop_id}):
                await enrollments.lock_workshop(self.session, workshop_id)
            found = await queries.enrollment(self.session, self.casa_id, folio)
        if found is None or found.status == "cancelled":
            raise SomosError("staff_enrollment_unknown", folio=folio)
        return found

    async def _target(self, one: Enrollment, target_id: int) -> Workshop:
        found = await queries.workshop(self.session, self.casa_id, target_id)
        today = self.now.astimezone(LOCAL).date()
        if found is None or found.workshop.last_day < today or target_id == one.workshop_id:
            raise SomosError("staff_move_nowhere")
        if one.citizen is not None and await enrollments.active_enrollment(
            self.session, target_id, one.citizen.document_kind, one.citizen.document_number
        ):
            raise SomosError("staff_already_there")
        return found.workshop

    async def _word(
        self, one: Enrollment, workshop: Workshop, response: str, **more: Any
    ) -> list[Word]:
        found = await conversation_of(self.session, one.account_id) if one.account_id else None
        if found is None:
            return []
        values = {
            "folio": one.folio, "title": workshop.title, "casa": workshop.casa.name,
            "weekday": Phrase(f"weekday_{workshop.weekday}"), "starts": workshop.starts_at,
            "first_day": workshop.first_day, **more,
        }  # fmt: skip
        return [Word(found, response, values=values)]

    def _note(
        self, action: str, one: Enrollment, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        audit.note(self.session, self.now, self.actor, action, one.folio, before, after)
