"""Who is on duty when: the roster behind the telephone that answers day and night (2.1, 2.3-1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gmops_desktop.contract.record import EntryView, fold
from gmops_desktop.contract.terms import Contact

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's days on duty, from `first` to `last` (both included).

    `order` is the place of its entry in the record.  Of several that cover a day the one recorded
    last holds, so a swap is one more shift and the one before it stays to be seen.
    """

    id: str
    person_id: str
    first: date
    last: date
    order: tuple[int, str]
    phone: str = ""
    reason: str = ""

    def covers(self, day: date) -> bool:
        """Return whether the day belongs to it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who answers on a day; `instead_of` names whose shift it was before a swap."""

    day: date
    person: Contact
    phone: str
    instead_of: str = ""
    reason: str = ""


def on_duty(shifts: Iterable[Shift], people: Iterable[Contact], day: date) -> OnDuty | None:
    """Return who is on duty on a day, or None where the roster names nobody who is still there."""
    known = {one.id: one for one in people}
    covering = sorted((one for one in shifts if one.covers(day)), key=lambda one: one.order)
    there = [one for one in covering if (p := known.get(one.person_id)) and p.valid(day)]
    if not there:
        return None
    shift, person = there[-1], known[there[-1].person_id]
    before = next((one for one in reversed(there) if one.person_id != shift.person_id), None)
    instead_of = known[before.person_id].name if before else ""
    return OnDuty(day, person, shift.phone or person.phone, instead_of, shift.reason)


def gaps(
    shifts: Sequence[Shift], people: Sequence[Contact], first: date, last: date
) -> tuple[tuple[date, date], ...]:
    """Return the stretches of days between two (both included) on which nobody is on duty."""
    found: list[tuple[date, date]] = []
    day = first
    while day <= last:
        if on_duty(shifts, people, day) is None:
            if found and found[-1][1] == day - _DAY:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        day += _DAY
    return tuple(found)


def rotation(
    people: Sequence[str], first: date, last: date, days: int = 7
) -> tuple[tuple[str, date, date], ...]:
    """Return whose turn it is from when to when: everybody `days` days, one after the other."""
    turns: list[tuple[str, date, date]] = []
    begin = first
    while people and begin <= last:
        end = min(last, begin + timedelta(days=days - 1))
        turns.append((people[len(turns) % len(people)], begin, end))
        begin = end + _DAY
    return tuple(turns)


def may_stand_in(person: Contact, absent: Contact) -> bool:
    """Return whether somebody may take over another's duty: it was agreed, or it is their post."""
    return person.id == absent.id or absent.id in person.stands_in or person.post == absent.post


def shifts_of(entries: Iterable[EntryView]) -> tuple[Shift, ...]:
    """Return the shifts that the entries of kind "duty" make, the earliest days first."""
    by_subject: dict[str, list[EntryView]] = {}
    for entry in entries:
        by_subject.setdefault(entry.subject, []).append(entry)
    found = []
    for id, mine in by_subject.items():
        subject = fold(mine)
        said = subject.fields
        if not said.get("removed"):
            first, last = (date.fromisoformat(said[name]) for name in ("first", "last"))
            phone, reason = said.get("phone", ""), said.get("reason", "")
            order = subject.entries[0].order
            found.append(Shift(id, said["person_id"], first, last, order, phone, reason))
    return tuple(sorted(found, key=lambda one: (one.first, one.order)))
