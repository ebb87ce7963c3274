"""Which files belong to what, as the journal tells: named when attached, struck out later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmops_desktop.contract.record import EntryView, Json
from gmops_desktop.services.attachments.kinds import FileKind, kind_named

ATTACHED: Final = ".attached"  # the end of the actions that name files: "ticket.attached"
REMOVED: Final = ".detached"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that an entry names; `id` is that entry's and the file's place in it."""

    id: str
    subject_kind: str
    subject: str
    name: str
    size: int  # bytes
    kind: FileKind
    sha256: str
    at: datetime
    actor: str
    device: str  # the id of the device that wrote the entry


def standing(entries: Iterable[EntryView]) -> tuple[Attachment, ...]:
    """Return the attachments that nobody removed, oldest first; other entries say nothing here."""
    ordered = sorted(entries, key=lambda entry: entry.order)
    removed = {
        str(entry.note.get("attachment")) for entry in ordered if entry.action.endswith(REMOVED)
    }
    found = [
        _attachment(entry, place, said)
        for entry in ordered
        if entry.action.endswith(ATTACHED)
        for place, said in enumerate(entry.note.get("attachments", ()))
    ]
    return tuple(one for one in found if one.id not in removed)


def _attachment(entry: EntryView, place: int, said: Mapping[str, Json]) -> Attachment:
    return Attachment(
        f"{entry.id}/{place}",
        entry.kind,
        entry.subject,
        str(said["name"]),
        int(said["size"]),
        kind_named(str(said["type"])),
        str(said["sha256"]),
        entry.at,
        entry.actor,
        entry.device,
    )
