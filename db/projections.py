"""Tables derived from the journal: written with each entry, rebuilt by replay with the same result.

A row is always computed from all entries of its subject (a handful, seldom hundreds), never
changed in place.  So one entry more, a merge, and a rebuild all take the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Column, delete, func, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from db import texts
from db.columns import Exact, UtcTime
from db.entries import entries_of
from db.models import (
    ChangeRow,
    ContactRow,
    ContractRow,
    Numbered,
    Projected,
    ReportRow,
    ResourceRow,
    TextRow,
    TicketRow,
)
from gmops_desktop.contract.change_states import state_of
from gmops_desktop.contract.record import EntryView, Json, Subject, fold
from gmops_desktop.contract.ticket_bonds import Merge, merge_of, void_merges, without_merge

TABLES: Final[dict[str, type[Projected]]] = {
    "contract": ContractRow,
    "contact": ContactRow,
    "resource": ResourceRow,
    "ticket": TicketRow,
    "change": ChangeRow,
    "report": ReportRow,
}
_OWN: Final = frozenset(Projected.__annotations__) | {"claimed"}
_AT_ONCE: Final = 500  # rows of one statement
VOID: Final = "void_merge"  # in `TicketRow.more`: what it was merged into without effect


def project(session: Session, entries: Iterable[EntryView]) -> None:
    """Write the row of the one subject whose entries these are (all of them)."""
    subject = fold(entries)
    first = subject.entries[0]
    model = TABLES.get(first.kind)
    _keep_text(session, subject)
    if model is None:  # a kind that is a list of entries and nothing else
        return
    before = session.get(TicketRow, first.subject) if model is TicketRow else None
    into = _target(before)
    _write(session, model, first.subject, values_of(model, subject))
    if model is TicketRow and (into or merge_of(subject.entries)):
        for start in filter(None, (into, first.subject)):  # what it was part of, and what it is
            _settle_merges(session, start)


def _write(
    session: Session, model: type[Projected], identity: str, values: Mapping[str, Any]
) -> None:
    """Write one row, and settle its number."""
    row = session.get(model, identity)
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


def project_new(session: Session, subjects: Iterable[Subject]) -> None:
    """Write the rows of many subjects that have none yet, each with all of its entries.

    Says the same as `project` for each of them, with one statement for many rows.
    """
    rows: dict[type[Projected], list[dict[str, Any]]] = {}
    said: list[texts.Text] = []

    def write(model: type[Projected]) -> None:
        if values := rows.pop(model, None):
            session.connection().execute(insert(model), values)

    for subject in subjects:
        model = TABLES.get(subject.entries[0].kind)
        number = ""
        if model is not None:
            values = values_of(model, subject)
            if number := values.get("claimed", ""):
                values["conflicts"] = [one for one in values["conflicts"] if one != "number"]
            rows.setdefault(model, []).append(values)
            if len(rows[model]) == _AT_ONCE:
                write(model)
        if (text := texts.text_of(subject, number)) is not None:
            said.append(text)
            if len(said) == _AT_ONCE:
                texts.keep_new(session, said)
                said.clear()
    for model in tuple(rows):
        write(model)
    texts.keep_new(session, said)


def project_all(session: Session, entries: Iterable[EntryView]) -> None:
    """Drop every projection and write it anew from the whole journal."""
    for model in TABLES.values():
        session.execute(delete(model))
    texts.drop_all(session)
    session.expire_all()
    project_new(session, (fold(group) for _, group in _by_subject(entries)))
    for model in TABLES.values():
        if issubclass(model, Numbered):
            twice = select(model.claimed).group_by(model.claimed).having(func.count() > 1)
            for claimed in session.scalars(twice.order_by(model.claimed)).all():
                _settle_number(session, model, claimed)
    session.flush()
    part = select(TicketRow.id).where(TicketRow.state == "merged").order_by(TicketRow.id)
    for start in session.scalars(part).all():
        _settle_merges(session, start)
    session.flush()


def _by_subject(
    entries: Iterable[EntryView],
) -> Iterator[tuple[tuple[str, str], Iterator[EntryView]]]:
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.subject))
    return groupby(ordered, key=lambda entry: (entry.kind, entry.subject))


def strangers(session: Session, entries: Iterable[EntryView]) -> tuple[str, ...]:
    """Return the name of every row that is not what its entries make of it (see `project`).

    Somebody wrote into the tables past the journal; a rebuild puts them right.
    """
    found: list[str] = []
    subjects = {key: fold(group) for key, group in _by_subject(entries)}
    parts = (merge_of(one.entries) for (kind, _), one in subjects.items() if kind == "ticket")
    void = void_merges(one for one in parts if one is not None)
    said = {(row.kind, row.subject): row for row in session.scalars(select(TextRow))}
    for kind, model in TABLES.items():
        rows = {row.id: row for row in session.scalars(select(model))}
        wanted = {identity: one for (its, identity), one in subjects.items() if its == kind}
        for identity, subject in wanted.items():
            row, text = rows.get(identity), said.get((kind, identity))
            if (
                row is None
                or not _agrees(row, _values_standing(model, subject, void))
                or not _says(text, subject, row)
            ):
                found.append(_name(subject.fields, identity))
        found += sorted(rows.keys() - wanted.keys())
    return tuple(found)


def _agrees(row: Projected, wanted: dict[str, Any]) -> bool:
    settled = {"number", "conflicts"} if isinstance(row, Numbered) else set()
    if isinstance(row, Numbered) and not row.number.startswith(row.claimed):
        return False
    return all(getattr(row, name) == value for name, value in wanted.items() if name not in settled)


def _says(row: TextRow | None, subject: Subject, of: Projected) -> bool:
    wanted = texts.text_of(subject, of.number if isinstance(of, Numbered) else "")
    return row is not None and wanted is not None and row.words == wanted.words


def _keep_text(session: Session, subject: Subject) -> None:
    numbered = issubclass(TABLES.get(subject.entries[0].kind, Projected), Numbered)
    number = str(subject.fields.get("number") or "") if numbered else ""
    if (text := texts.text_of(subject, number)) is not None:
        texts.keep(session, text)


def _name(fields: Mapping[str, Json], identity: str) -> str:
    return str(fields.get("number") or fields.get("title") or fields.get("name") or identity)


def values_of(model: type[Projected], subject: Subject) -> dict[str, Any]:
    """Return the columns of the row that `subject` gives; unknown fields go to `more`."""
    known = _columns(model)
    first, last = subject.entries[0], subject.entries[-1]
    values: dict[str, Any] = {name: default for name, (_, default) in known.items()}
    for name in known.keys() & subject.fields.keys():
        if subject.fields[name] is not None:
            values[name] = known[name][0](subject.fields[name])
    if issubclass(model, Numbered):
        values["claimed"] = values["number"]
    conflicts = list(subject.conflicts)
    if model is TicketRow:
        values["person_days"] = _spent(subject)
    if model is ChangeRow:  # follows from the other fields: nobody can disagree about it
        values["state"] = state_of(subject.fields)
        conflicts = [name for name in conflicts if name != "state"]
    return values | {
        "id": first.subject,
        "conflicts": conflicts,
        "more": {name: value for name, value in subject.fields.items() if name not in known},
        "first_clock": first.clock,
        "first_device": first.device,
        "created_at": first.at,
        "updated_at": last.at,
    }


@cache
def _columns(model: type[Projected]) -> dict[str, tuple[Callable[[Json], Any], Any]]:
    """Return for each column a field may fill: what makes its value from JSON, and its default."""
    columns = (column for column in model.__mapper__.columns if column.name not in _OWN)
    return {column.name: (_from_json(column.type), _default(column)) for column in columns}


def _default(column: Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _from_json(kind: Any) -> Callable[[Json], Any]:
    """Return what a column of a kind makes of a field's JSON value; it may raise `ValueError`."""
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat
    if isinstance(kind, Exact):
        return Decimal
    if kind.python_type is date:
        return date.fromisoformat
    return _as_it_is


def _as_it_is(value: Json) -> Any:
    return value


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
        before, row.number = row.number, _another(row) if place else claimed
        if before != row.number:
            kind = next(kind for kind, one in TABLES.items() if one is model)
            texts.renumber(session, kind, row.id, claimed, before, row.number)
        others = {name for name in row.conflicts if name != "number"}
        row.conflicts = sorted(others | {"number"}) if place else sorted(others)


def _target(row: TicketRow | None) -> str:
    """Return the id of the ticket that one was merged into, whether that holds or not."""
    if row is None:
        return ""
    merged = row.more.get("merged_into") if row.state == "merged" else ""
    return str(row.more.get(VOID) or merged or "")


def _settle_merges(session: Session, start: str) -> None:
    """Let the last merge of a ring not hold (`void_merges`), and all others on its way hold."""
    merges: dict[str, Merge] = {}
    here = start
    while here not in merges:
        merge = merge_of(entries_of(session, "ticket", here))
        if merge is None or session.get(TicketRow, merge.into) is None:
            break
        merges[here] = merge
        here = merge.into
    void = void_merges(merges.values())
    for identity, merge in merges.items():
        row = session.get_one(TicketRow, identity)
        if (merge.entry in void) != (VOID in row.more):
            subject = fold(entries_of(session, "ticket", identity))
            _write(session, TicketRow, identity, _values_standing(TicketRow, subject, void))


def _values_standing(
    model: type[Projected], subject: Subject, void: frozenset[str]
) -> dict[str, Any]:
    """Return the columns of a row; a merge that does not hold counts as if it had not been made."""
    merge = merge_of(subject.entries) if void and model is TicketRow else None
    if merge is None or merge.entry not in void:
        return values_of(model, subject)
    values = values_of(model, fold(without_merge(subject.entries)))
    conflicts = sorted({*values["conflicts"], "merged_into"})
    return values | {"more": {**values["more"], VOID: merge.into}, "conflicts": conflicts}


def _another(row: Numbered) -> str:
    return f"{row.claimed}-{row.id[-4:].upper()}"
