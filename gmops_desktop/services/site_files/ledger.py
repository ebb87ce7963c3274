"""The restores of files this machine has run: rows of the store beside those of databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from db.engine import Database
from db.models import RestoreRow
from gmops_desktop.addresses import SshAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.site_files.places import Place

_OURS: Final = ""  # the schema of a row that is none of a database's


@dataclass(frozen=True, slots=True)
class FileRestore:
    """A restore that ended: what it made of which directory; it was proved before it took place.

    `undone` says that the directory from before it stands again; `notes` are finished sentences.
    """

    id: str
    at: datetime
    seconds: float
    place: Place
    archive: str
    added: int
    changed: int
    removed: int
    sent_bytes: int
    undoable: bool
    undone: bool
    notes: tuple[str, ...]


class FileLedger:
    """Keeps the list of restores of files in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, meant: FileRestore) -> None:
        """Enter a restore that is about to build on the server, as it will be when it has ended."""
        self._enter(meant, running=True)

    def add(self, done: FileRestore) -> None:
        """Enter a restore that ended."""
        self._enter(done)

    def forget(self, id: str) -> None:
        """Strike out a restore that came to nothing."""
        with self._database.session() as session, session.begin():
            if row := session.get(RestoreRow, id):
                session.delete(row)

    def _enter(self, done: FileRestore, *, running: bool = False) -> None:
        place = done.place
        ssh = {"host": place.ssh.host, "port": place.ssh.port, "user": place.ssh.user,
               "key": place.ssh.key}  # fmt: skip
        row = RestoreRow(
            id=done.id,
            at=done.at,
            seconds=done.seconds,
            source=done.archive,
            target=str(place)[:300],
            schema=_OURS,
            resource_id=place.resource_id,
            archive_path=done.archive,
            tables=0,
            rows=done.added + done.changed + done.removed,
            text_bytes=done.sent_bytes,
            proved=True,
            differences=list(done.notes),
            more={
                "files": {
                    "ssh": ssh,
                    "folder": place.folder,
                    "excluded": list(place.excluded),
                    "counts": [done.added, done.changed, done.removed],
                    "undoable": done.undoable,
                    "undone": done.undone,
                    **({"running": True} if running else {}),
                }
            },
        )
        with self._database.session() as session, session.begin():
            session.merge(row)

    def all(self) -> tuple[FileRestore, ...]:
        """Return every restore of files that ended, newest first."""
        return tuple(map(_restore, self._rows(running=False)))

    def unfinished(self) -> tuple[FileRestore, ...]:
        """Return those that run, or were interrupted, as they were meant to end."""
        return tuple(map(_restore, self._rows(running=True)))

    def _rows(self, *, running: bool) -> list[RestoreRow]:
        wanted = select(RestoreRow).where(RestoreRow.schema == _OURS)
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(RestoreRow.at.desc()))
            return [row for row in rows if row.more["files"].get("running", False) == running]

    def get(self, id: str) -> FileRestore:
        """Return one restore; raise `OpsError` where there is none."""
        for found in self.all():
            if found.id == id:
                return found
        raise OpsError(tr("There is no restore {id}.", id=id))

    def set(self, id: str, **facts: bool) -> FileRestore:
        """Enter what became of a restore: `undone`, `undoable`."""
        with self._database.session() as session, session.begin():
            row = session.get_one(RestoreRow, id)
            row.more = {**row.more, "files": {**row.more["files"], **facts}}
        return self.get(id)


def _restore(row: RestoreRow) -> FileRestore:
    more = row.more["files"]
    added, changed, removed = more["counts"]
    return FileRestore(
        id=row.id,
        at=row.at,
        seconds=row.seconds,
        place=Place(
            SshAddress(**more["ssh"]), more["folder"], tuple(more["excluded"]), row.resource_id
        ),
        archive=row.archive_path,
        added=added,
        changed=changed,
        removed=removed,
        sent_bytes=row.text_bytes,
        undoable=more["undoable"],
        undone=more["undone"],
        notes=tuple(row.differences),
    )
