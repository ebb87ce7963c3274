"""Tables derived from the journal: written with each entry, rebuilt by replay with the same result.

A row is always computed from all entries of its subject (a handful, seldom hundreds), never
changed in place.  So one entry more, a merge, and a rebuild all take the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Column, delete, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from db.columns import Exact, UtcTime
from db.models import (
    ChangeRow,
    ContactRow,
    ContractRow,
    Numbered,
    Projected,
    ReportRow,
    ResourceRow,
    TicketRow,
)
from gmops_desktop.contract.record import EntryView, Json, Subject, fold
from gmops_desktop.contract.tickets import searchable

TABLES: Final[dict[str, type[Projected]]] = {
    "contract": ContractRow,
    "contact": ContactRow,
    "resource": ResourceRow,
    "ticket": TicketRow,
    "change": ChangeRow,
    "report": ReportRow,
}
_OWN: Final = frozenset(Projected.__annotations__) | {"claimed", "words"}
_WRITTEN_FIELDS: Final = ("number", "title", "description", "requester", "emergency", "cause")
_WRITTEN_NOTES: Final = ("text", "channel", "evidence")


def project(session: Session, entries: Iterable[EntryView]) -> None:
    """Write the row of the one subject whose entries these are (all of them)."""
    subject = fold(entries)
    first = subject.entries[0]
    model = TABLES.get(first.kind)
    if model is None:  # a kind that is a list of entries and nothing else
        return
    values = values_of(model, subject)
    row = session.get(model, first.subject)
    claims = {row.claimed} if isinstance(row, Numbered) else set()
    if row is None:
        row = model(**values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    if isinstance(row, Numbered):
        session.flush()
        for claimed in sorted({*claims, row.claimed}):  # also the one it may have given up
            _settle_number(session, type(row), claimed)


def project_all(session: Session, entries: Iterable[EntryView]) -> None:
    """Drop every projection and write it anew from the whole journal."""
    for model in TABLES.values():
        session.execute(delete(model))
    session.expire_all()
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.subject))
    for _, group in groupby(ordered, key=lambda entry: (entry.kind, entry.subject)):
        project(session, group)


def strangers(session: Session, entries: Iterable[EntryView]) -> tuple[str, ...]:
    """Return the name of every row that is not what its entries make of it (see `project`).

    Somebody wrote into the tables past the journal; a rebuild puts them right.
    """
    found: list[str] = []
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.subject))
    groups = groupby(ordered, key=lambda entry: (entry.kind, entry.subject))
    subjects = {key: fold(group) for key, group in groups if key[0] in TABLES}
    for kind, model in TABLES.items():
        rows = {row.id: row for row in session.scalars(select(model))}
        wanted = {identity: one for (its, identity), one in subjects.items() if its == kind}
        for identity, subject in wanted.items():
            row = rows.get(identity)
            if row is None or not _agrees(row, values_of(model, subject)):
                found.append(_name(subject.fields, identity))
        found += sorted(rows.keys() - wanted.keys())
    return tuple(found)


def _agrees(row: Projected, wanted: dict[str, Any]) -> bool:
    settled = {"number", "conflicts"} if isinstance(row, Numbered) else set()
    if isinstance(row, Numbered) and not row.number.startswith(row.claimed):
        return False
    return all(getattr(row, name) == value for name, value in wanted.items() if name not in settled)


def _name(fields: Mapping[str, Json], identity: str) -> str:
    return str(fields.get("number") or fields.get("title") or fields.get("name") or identity)


def values_of(model: type[Projected], subject: Subject) -> dict[str, Any]:
    """Return the columns of the row that `subject` gives; unknown fields go to `more`."""
    columns = model.__table__.columns
    known = {column.name for column in columns} - _OWN
    first, last = subject.entries[0], subject.entries[-1]
    values: dict[str, Any] = {name: _default(columns[name]) for name in known}
    for name in known & subject.fields.keys():
        if subject.fields[name] is not None:
            values[name] = _from_json(columns[name].type, subject.fields[name])
    if issubclass(model, Numbered):
        values["claimed"] = values["number"]
    if model is TicketRow:
        values |= {"words": _words(subject), "person_days": _spent(subject)}
    return values | {
        "id": first.subject,
        "conflicts": list(subject.conflicts),
        "more": {name: value for name, value in subject.fields.items() if name not in known},
        "first_clock": first.clock,
        "first_device": first.device,
        "created_at": first.at,
        "updated_at": last.at,
    }


def _default(column: Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _from_json(kind: Any, value: Json) -> Any:
    """Return a field's JSON value as its column wants it; raise `ValueError` if it is not one."""
    convert: Callable[[Any], Any] | None = None
    if isinstance(kind, UtcTime):
        convert = datetime.fromisoformat
    elif isinstance(kind, Exact):
        convert = Decimal
    elif kind.python_type is date:
        convert = date.fromisoformat
    return convert(value) if convert else value


def _words(subject: Subject) -> str:
    """Return every text people wrote in a ticket and its steps, as searches want it."""
    texts: list[str] = []
    for entry in subject.entries:
        said = [entry.fields.get(name) for name in _WRITTEN_FIELDS]
        for value in (*said, *(entry.note.get(name) for name in _WRITTEN_NOTES)):
            texts += [item for item in (value if isinstance(value, list) else [value]) if item]
    return searchable("\n".join(dict.fromkeys(str(text) for text in texts)))


def _spent(subject: Subject) -> Decimal | None:
    """Return the person-days booked; bookings are a list, so two devices' bookings both count."""
    booked = [entry.note["person_days"] for entry in subject.entries if _books(entry)]
    return sum((Decimal(days) for days in booked), Decimal(0)) if booked else None


def _books(entry: EntryView) -> bool:
    return entry.action == "ticket.spent" and "person_days" in entry.note


def _settle_number(session: Session, model: type[Numbered], claimed: str) -> None:
    """Give the claimed number to who claimed it first; the others get the end of their id added.

    Devices number with their own letters, so this happens only when two joined without having met.
    A number already printed keeps pointing at one subject, and which one does not depend on the
    order of merges.
    """
    if not claimed:
        return
    found = select(model).where(model.claimed == claimed)
    order = (model.first_clock, model.first_device)
    for place, row in enumerate(session.scalars(found.order_by(*order)).all()):
        row.number = f"{claimed}-{row.id[-4:].upper()}" if place else claimed
        others = {name for name in row.conflicts if name != "number"}
        row.conflicts = sorted(others | {"number"}) if place else sorted(others)
