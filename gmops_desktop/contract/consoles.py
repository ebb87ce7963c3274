"""What people read in an official account's console, since no interface tells it: notices of
violations, and who may log in.

A reading is an entry of the journal: who looked, on which day, and what stood there.  It may be of
the notices alone or of the people alone; a later one adds to it, and one can be struck out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gmops_desktop.contract.record import EntryView, fold
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_ARROW: Final = re.compile(r"\s*(?:→|->)\s*")
_BETWEEN: Final = re.compile(r"\s*[:：]\s*")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of a violation: its day, its words, and what was done about it ("" for nothing)."""

    on: date
    words: str
    handling: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in to the console, and as what."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody read on a day; `notices` and `people` are None where they did not look."""

    id: str
    resource_id: str
    on: date
    by: str
    notices: tuple[Notice, ...] | None = None
    people: tuple[Person, ...] | None = None


def notices_in(text: str) -> tuple[Notice, ...]:
    """Return the notices that lines of text name: a day, the words, and after an arrow what was
    done.  Raises `OpsError` for a line that names no day or says nothing."""
    return tuple(_notice(line) for line in _lines(text))


def people_in(text: str) -> tuple[Person, ...]:
    """Return the people that lines of text name: a name, and after a colon the role.

    Raises `OpsError` for a line without a name.
    """
    found = []
    for line in _lines(text):
        name, *role = _BETWEEN.split(line, 1)
        if not name:
            raise OpsError(
                tr("“{line}” names nobody.", line=line),
                hint=tr("Write a name and, after a colon, the role: 张伟: operator."),
                unharmed=tr("Nothing was recorded."),
            )
        found.append(Person(name, *role))
    return tuple(found)


def text_of_people(people: Iterable[Person]) -> str:
    """Return people as lines of text that `people_in` reads."""
    return "\n".join(f"{one.name}: {one.role}" if one.role else one.name for one in people)


def readings_of(entries: Iterable[EntryView]) -> tuple[Reading, ...]:
    """Return the readings that entries of kind "console" make, the newest first."""
    by_subject: dict[str, list[EntryView]] = {}
    for entry in entries:
        by_subject.setdefault(entry.subject, []).append(entry)
    found = [(said[0].order, one) for id, said in by_subject.items() if (one := _reading(id, said))]
    ordered = sorted(found, key=lambda one: (one[1].on, one[0]), reverse=True)
    return tuple(one for _, one in ordered)


def told_notices(readings: Sequence[Reading], first: date, last: date) -> tuple[Notice, ...]:
    """Return the notices of the days from `first` to `last` that readings tell, oldest first; of
    one that several tell, what the newest reading says was done."""
    found: dict[tuple[date, str], Notice] = {}
    for reading in readings:  # the newest first
        for one in reading.notices or ():
            if first <= one.on <= last:
                known = found.setdefault((one.on, one.words), one)
                if not known.handling:
                    found[one.on, one.words] = one
    return tuple(sorted(found.values(), key=lambda one: (one.on, one.words)))


def fields_of(reading: Reading) -> dict[str, Any]:
    """Return a reading as the journal keeps it."""
    said: dict[str, Any] = {"resource_id": reading.resource_id, "on": reading.on, "by": reading.by}
    if reading.notices is not None:
        said["notices"] = [
            {"on": one.on.isoformat(), "words": one.words, "handling": one.handling}
            for one in reading.notices
        ]
    if reading.people is not None:
        said["people"] = [{"name": one.name, "role": one.role} for one in reading.people]
    return said


def _reading(id: str, entries: Sequence[EntryView]) -> Reading | None:
    said = fold(entries).fields
    if said.get("removed"):
        return None
    notices, people = said.get("notices"), said.get("people")
    return Reading(
        id=id,
        resource_id=str(said["resource_id"]),
        on=date.fromisoformat(said["on"]),
        by=str(said["by"]),
        notices=None if notices is None else tuple(
            Notice(date.fromisoformat(one["on"]), one["words"], one["handling"]) for one in notices
        ),
        people=None if people is None else tuple(
            Person(one["name"], one["role"]) for one in people
        ),
    )  # fmt: skip


def _notice(line: str) -> Notice:
    day, _, rest = line.partition(" ")
    words, *handling = _ARROW.split(rest.strip(), 1)
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise _unclear(line) from error
    if not words:
        raise _unclear(line)
    return Notice(on, words, *handling)


def _unclear(line: str) -> OpsError:
    return OpsError(
        tr("“{line}” is no notice.", line=line),
        hint=tr("Write its day, its words, and after an arrow what was done: "
                "2018-04-12 an article was deleted -> corrected."),
        unharmed=tr("Nothing was recorded."),
    )  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
