"""Entries of the journal as rows of the store, and back."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db.models import Entry
from gmops_desktop.contract.record import EntryView

_PARTS: Final = {"fields", "note", "seen"}


def entries_of(session: Session, kind: str = "", subject: str = "") -> list[EntryView]:
    """Return the entries of a subject, of a kind, or all, oldest first by logical clock."""
    # Bare rows: a journal has many, and none is ever changed.
    wanted = select(Entry.__table__).order_by(Entry.clock, Entry.device)
    if kind:
        wanted = wanted.where(Entry.kind == kind)
    if subject:
        wanted = wanted.where(Entry.subject == subject)
    return [view_of(row) for row in session.execute(wanted)]


def view_of(row: Entry | Row[Any]) -> EntryView:
    """Return the entry of a row; raise `ValueError` where the row does not hold one."""
    data = json.loads(row.data)
    if data.keys() != _PARTS:
        raise ValueError(f"entry {row.id} holds something else")
    return EntryView(
        id=row.id,
        device=row.device,
        sequence=row.sequence,
        clock=row.clock,
        at=row.at,
        offset_minutes=row.offset_minutes,
        actor=row.actor,
        kind=row.kind,
        subject=row.subject,
        action=row.action,
        fields=data["fields"],
        note=data["note"],
        hash=row.hash,
        previous=row.previous,
        seen=data["seen"],
    )


def values_of_entry(entry: EntryView, data: str) -> dict[str, Any]:
    """Return the columns of an entry's row; `data` is its `data_of`."""
    return {
        "id": entry.id,
        "device": entry.device,
        "sequence": entry.sequence,
        "clock": entry.clock,
        "at": entry.at,
        "offset_minutes": entry.offset_minutes,
        "actor": entry.actor,
        "kind": entry.kind,
        "subject": entry.subject,
        "action": entry.action,
        "data": data,
        "previous": entry.previous,
        "hash": entry.hash,
    }
