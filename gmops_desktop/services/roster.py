"""The duty roster as recorded: who answers the telephone on which day (2.1, 2.3-1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from db import agreements
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from db.scope import scope_of, shown_contract
from gmops_desktop.contract import duty
from gmops_desktop.contract.duty import OnDuty, Shift, may_stand_in
from gmops_desktop.contract.terms import Contact, day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class Roster:
    """Reads and records shifts; a swap is one more shift, and the one before it stays."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
    ) -> None:
        self._database, self._journal = database, journal
        self._now, self._shown = now, shown

    def shifts(self) -> tuple[Shift, ...]:
        """Return every shift of the current contract, the earliest days first."""
        return agreements.shifts(self._journal, self.people())

    def people(self) -> tuple[Contact, ...]:
        """Return everybody of Party B who is or was there for the current contract."""
        with self._database.session() as session:
            contract = shown_contract(session, self._shown(), self._today())
            found = agreements.people(session, scope_of(session, contract)) if contract else ()
        return tuple(one for one in found if one.party == "B")

    def on_duty(self, on: date | None = None) -> OnDuty | None:
        """Return who is on duty on a day (today), or None where the roster names nobody."""
        return duty.on_duty(self.shifts(), self.people(), on or self._today())

    def days(self, first: date, last: date) -> tuple[tuple[date, OnDuty | None], ...]:
        """Return who is on duty on each day between two (both included)."""
        shifts, people = self.shifts(), self.people()
        days = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
        return tuple((day, duty.on_duty(shifts, people, day)) for day in days)

    def gaps(self, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Return the stretches on which nobody is on duty."""
        return duty.gaps(self.shifts(), self.people(), first, last)

    def assign(
        self,
        person_id: str,
        first: date,
        last: date,
        *,
        phone: str = "",
        reason: str = "",
    ) -> Shift:
        """Put somebody on duty for some days.

        Where somebody else has them already it is a swap: who takes over must be allowed to stand
        in, and the swap says why.
        """
        if last < first:
            raise OpsError(
                tr("The duty ends on {last}, before it starts on {first}.", first=first, last=last),
                hint=tr("Mend one of the two days."),
            )
        held = {day.person for _, day in self.days(first, last) if day is not None}
        for other in sorted(held, key=lambda one: one.id):
            if other.id != person_id and not reason.strip():
                raise OpsError(
                    tr("{name} is on duty on these days.", name=other.name),
                    hint=tr("Say why somebody else takes over."),
                    unharmed=tr("The roster is unchanged."),
                )
        return self._assign(person_id, first, last, phone, reason)

    def _assign(
        self, person_id: str, first: date, last: date, phone: str = "", reason: str = ""
    ) -> Shift:
        people = {one.id: one for one in self.people()}
        person = people.get(person_id)
        if person is None or not (person.valid(first) and person.valid(last)):
            raise OpsError(
                tr("Only people of Party B who are there on these days can be on duty."),
                hint=tr("Choose one of them, or add the person to the contacts first."),
            )
        held = {day.person.id for _, day in self.days(first, last) if day is not None}
        for other in sorted(held - {person_id}):
            if not may_stand_in(person, people[other]):
                raise OpsError(
                    tr(
                        "{name} may not stand in for {other}.",
                        name=person.name,
                        other=people[other].name,
                    ),
                    hint=tr("Agree on it in the list of people first, or choose somebody else."),
                    unharmed=tr("The roster is unchanged."),
                )
        fields = {
            "person_id": person_id,
            "first": first,
            "last": last,
            "phone": phone.strip(),
            "reason": reason.strip(),
        }
        id = uuid7()
        with self._database.session() as session, session.begin():
            entry = self._journal.record(session, "duty", id, "duty.assigned", fields)
        return Shift(id, person_id, first, last, entry.order, phone.strip(), reason.strip())

    def rotate(
        self, people: Sequence[str], first: date, last: date, days: int = 7
    ) -> tuple[Shift, ...]:
        """Let people take turns of so many days each; where others were on duty it is a swap."""
        if not people or days < 1:
            raise OpsError(
                tr("Nobody was chosen to take turns."), hint=tr("Choose one person or more.")
            )
        turns = duty.rotation(people, first, last, days)
        return tuple(self._assign(person, begin, end) for person, begin, end in turns)

    def remove(self, shift_id: str) -> None:
        """Record that a shift was a mistake; what it covered before holds again."""
        if shift_id not in {one.id for one in self.shifts()}:
            raise OpsError(tr("There is no such shift any more."))
        with self._database.session() as session, session.begin():
            self._journal.record(session, "duty", shift_id, "duty.removed", {"removed": True})

    def _today(self) -> date:
        return day_of(self._now())
