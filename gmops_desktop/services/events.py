"""Everything that happened near a point in time: what people recorded and what machines did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import measured
from db.columns import from_milliseconds
from db.engine import Database
from db.journal import Journal
from db.models import AlertRow, ArchiveRow, ChangeRow, RestoreRow, TicketRow
from gmops_desktop.contract import change_steps
from gmops_desktop.contract.events import Event, EventKind
from gmops_desktop.contract.metrics import LOOK, UP
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.rollups import PATIENCE
from gmops_desktop.contract.steps import step_of
from gmops_desktop.language import tr
from gmops_desktop.states import State

__all__ = ["Event", "Events"]

_MOST: Final = 500  # of each kind


class Events:
    """Reads the record and what was measured; `names` gives the resources' names by id."""

    def __init__(
        self, database: Database, journal: Journal, names: Callable[[], dict[str, str]]
    ) -> None:
        self._database, self._journal, self._names = database, journal, names

    def marks(self, resource_id: str, begin: datetime, end: datetime) -> tuple[Event, ...]:
        """Return what a chart of one resource marks: backups, changes, tickets and alerts."""
        with self._database.session() as session:
            found = [
                *_backups(session, begin, end),
                *_changes(session, begin, end),
                *_tickets(session, begin, end),
                *_alerts(session, begin, end, self._names()),
            ]
        return _sorted(one for one in found if one.resource_id == resource_id)

    def around(self, at: datetime, reach: timedelta) -> tuple[Event, ...]:
        """Return everything that happened at most `reach` before or after a moment, by time.

        Reads the whole record: not for the window's own thread.
        """
        begin, end, names = at - reach, at + reach, self._names()
        with self._database.session() as session:
            found = [
                *_backups(session, begin, end),
                *_restores(session, begin, end),
                *_alerts(session, begin, end, names),
                *_entries(session, self._journal, begin, end),
                *_looks(session, begin, end, names),
            ]
        return _sorted(found)


def _sorted(found: Iterator[Event] | Sequence[Event]) -> tuple[Event, ...]:
    return tuple(sorted(found, key=lambda one: one.at))


def _backups(session: Session, begin: datetime, end: datetime) -> Iterator[Event]:
    inside = select(ArchiveRow).where(ArchiveRow.at >= begin, ArchiveRow.at < end)
    for row in session.scalars(inside.order_by(ArchiveRow.at.desc()).limit(_MOST)):
        state: State | None = "critical" if row.verified is False else None
        text = tr("Backed up: {what}", what=row.schema or row.source)
        yield Event(row.at, "backup", text, row.resource_id, "backups", row.id, state=state)


def _restores(session: Session, begin: datetime, end: datetime) -> Iterator[Event]:
    inside = select(RestoreRow).where(RestoreRow.at >= begin, RestoreRow.at < end)
    for row in session.scalars(inside.order_by(RestoreRow.at.desc()).limit(_MOST)):
        text = tr("Restored: {what}", what=row.schema or row.target)
        state: State | None = None if row.proved else "critical"
        yield Event(row.at, "restore", text, row.resource_id, "backups", row.id, state=state)


def _changes(session: Session, begin: datetime, end: datetime) -> Iterator[Event]:
    inside = select(ChangeRow).where(ChangeRow.applied_at >= begin, ChangeRow.applied_at < end)
    for row in session.scalars(inside.limit(_MOST)):
        if row.applied_at is not None:
            text = f"{row.number} {row.title}"
            yield Event(row.applied_at, "change", text, row.resource_id, "patches", row.id)


def _tickets(session: Session, begin: datetime, end: datetime) -> Iterator[Event]:
    inside = select(TicketRow).where(TicketRow.opened_at >= begin, TicketRow.opened_at < end)
    for row in session.scalars(inside.limit(_MOST)):
        if row.opened_at is not None:
            text = f"{row.number} {row.title}"
            yield Event(row.opened_at, "ticket", text, row.resource_id, "tickets", row.id)


def _alerts(
    session: Session, begin: datetime, end: datetime, names: dict[str, str]
) -> Iterator[Event]:
    near = select(AlertRow).where(
        AlertRow.raised_at < end,
        AlertRow.cleared_at.is_(None) | (AlertRow.cleared_at >= begin),
    )
    for row in session.scalars(near.order_by(AlertRow.raised_at.desc()).limit(_MOST)):
        name = names.get(row.resource_id, "")
        what = f"{name}{tr(': ')}{row.text}" if name else row.text
        state = cast(State, row.state)
        if row.raised_at >= begin:
            yield Event(row.raised_at, "alert", what, row.resource_id, "status", row.resource_id,
                        state=state)  # fmt: skip
        if row.cleared_at is not None and begin <= row.cleared_at < end:
            over = tr("Over: {what}", what=what)
            yield Event(row.cleared_at, "alert", over, row.resource_id, "status", row.resource_id,
                        state="ok")  # fmt: skip


def _entries(session: Session, journal: Journal, begin: datetime, end: datetime) -> Iterator[Event]:
    for entry in journal.entries_between(session, begin, end):
        if entry.kind == "device":
            continue  # the record's own: nobody did anything
        ticket = session.get(TicketRow, entry.subject) if entry.kind == "ticket" else None
        change = session.get(ChangeRow, entry.subject) if entry.kind == "change" else None
        row = ticket or change
        subject = f"{row.number} {row.title}" if row else _subject(entry)
        text = f"{subject}{tr(': ')}{_said(entry)}"
        resource = row.resource_id if row else ""
        kind: EventKind = "ticket" if ticket else "change" if change else "record"
        page = "tickets" if ticket else "patches" if change else ""
        yield Event(entry.at, kind, text, resource, page, entry.subject, entry.actor)


def _subject(entry: EntryView) -> str:
    named = entry.fields.get("title") or entry.fields.get("name") or ""
    return f"{entry.kind} {named}".strip()


def _said(entry: EntryView) -> str:
    step = change_steps.step_of(entry, "") if entry.kind == "change" else step_of(entry, "")
    first = step.text.partition("\n")[0]
    return " · ".join(filter(None, (step.action, first)))


def _looks(
    session: Session, begin: datetime, end: datetime, names: dict[str, str]
) -> Iterator[Event]:
    """Yield where a resource went down, came back, or was not looked at, while looks are kept."""
    for resource_id, name in names.items():
        before = None
        for sample in measured.samples(session, resource_id, begin, end, (UP, LOOK)):
            at, up = from_milliseconds(sample.at), sample.values.get(UP)
            here = (resource_id, "status", resource_id)
            if before is not None:
                gap = sample.at - before.at
                if gap > PATIENCE * before.every:
                    lasted = round(gap / 60_000)
                    text = tr("{name}: nobody looked for {minutes} min", name=name, minutes=lasted)
                    yield Event(from_milliseconds(before.at), "look", text, *here, state="unknown")
                if up != before.values.get(UP):
                    yield Event(at, "look", _went(name, up), *here, state=_state(up))
            before = sample


def _went(name: str, up: float | None) -> str:
    if up is None:
        return tr("{name} is not reached", name=name)
    return tr("{name} works", name=name) if up else tr("{name} does not work", name=name)


def _state(up: float | None) -> State:
    return "unknown" if up is None else "ok" if up else "critical"
