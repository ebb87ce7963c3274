"""The archives this machine knows of: rows of the store, as records that may leave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from sqlalchemy import select

from db.engine import Database
from db.models import ArchiveRow
from gmops_desktop.archive.manifest import Consistency
from gmops_desktop.archive.unsealing import SUFFIX
from gmops_desktop.archive.verification import Verification

Purpose = Literal["backup", "safety", "import"]  # of an imported dump

_LAST: Final = 5  # backups that are asked what the line carries
_TELLING: Final = 8 << 20  # bytes; a line that carries less than this in some seconds is slow


@dataclass(frozen=True, slots=True)
class Backup:
    """An archive that was taken here; `exists` says whether its file still stands.

    How it was transferred: `reused_bytes` of its SQL text were copied from the archive named
    `base` (or from an interrupted attempt: `resumed`), `rate` is the most that the line carried,
    in bytes a second, and `lock_seconds` how long tables without snapshots were kept from writers.
    `left_out` counts what is not in it, or not of the one moment (the verdict names it).
    `removed` says in a sentence why retention removed the file, where it did.
    """

    id: str
    at: datetime
    seconds: float
    source: str
    schema: str
    resource_id: str
    purpose: Purpose
    path: Path
    file_bytes: int
    text_bytes: int
    travelled: int
    rows: int
    tables: int
    consistency: Consistency
    verdict: str
    manifest_digest: str
    verified_at: datetime | None
    verified: bool | None
    exists: bool
    reused_bytes: int = 0
    base: str = ""
    resumed: bool = False
    lock_seconds: float = 0.0
    connections: int = 1
    compression: str = ""
    rate: float = 0.0
    round_trips: int = 0
    removed: str = ""
    left_out: int = 0

    @property
    def sealed(self) -> bool:
        """Whether it takes a key to read the file."""
        return self.path.suffix == SUFFIX


@dataclass(frozen=True, slots=True)
class Stored:
    """What archives of every kind have in common; `source` is what it was taken of."""

    id: str
    at: datetime
    source: str
    resource_id: str
    purpose: str
    path: Path
    file_bytes: int
    verified: bool | None
    removed: str

    @property
    def exists(self) -> bool:
        """Whether its file still stands, and is its."""
        return not self.removed and self.path.is_file()


_TRANSFER: Final = (
    *("reused_bytes", "base", "resumed", "lock_seconds", "connections", "compression", "rate"),
    *("round_trips", "left_out"),
)
_OWN: Final = ("path", "exists", "removed", *_TRANSFER)  # fields that are no columns of their own


class Inventory:
    """Keeps the list of archives in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, backup: Backup) -> None:
        """Enter a new archive."""
        row = ArchiveRow(
            **{field: getattr(backup, field) for field in Backup.__slots__ if field not in _OWN},
            path=str(backup.path),
            more={field: getattr(backup, field) for field in _TRANSFER},
        )
        with self._database.session() as session, session.begin():
            session.add(row)

    def all(self) -> tuple[Backup, ...]:
        """Return every archive of a database, newest first; other kinds have lists of their own."""
        with self._database.session() as session:
            wanted = select(ArchiveRow).where(ArchiveRow.purpose.in_(get_args(Purpose)))
            rows = session.scalars(wanted.order_by(ArchiveRow.at.desc()))
            return tuple(_backup(row) for row in rows)

    def line_rate(self, source: str) -> float:
        """Return what the line to a database carries, in bytes a second; 0.0 where unknown.

        The newest backup that took long enough to fill it tells; or else the best of the last few,
        which may have sent too little to show what the line can do.
        """
        known = [one for one in self.all() if one.source == source][:_LAST]
        for one in known:
            if one.travelled >= _TELLING:
                return one.rate
        return max((one.rate for one in known), default=0.0)

    def stored(self, resource_id: str) -> tuple[Stored, ...]:
        """Return every archive of a resource, of whatever kind, newest first."""
        with self._database.session() as session:
            wanted = select(ArchiveRow).where(ArchiveRow.resource_id == resource_id)
            rows = session.scalars(wanted.order_by(ArchiveRow.at.desc()))
            return tuple(_stored(row) for row in rows)

    def one(self, id: str) -> Stored:
        """Return one archive, of whatever kind; it must be on the list."""
        with self._database.session() as session:
            return _stored(session.get_one(ArchiveRow, id))

    def get(self, id: str) -> Backup | None:
        """Return one archive."""
        with self._database.session() as session:
            row = session.get(ArchiveRow, id)
            return _backup(row) if row else None

    def forget(self, id: str) -> None:
        """Take an archive off the list; its file is not touched."""
        with self._database.session() as session, session.begin():
            if row := session.get(ArchiveRow, id):
                session.delete(row)

    def remove(self, id: str, why: str) -> None:
        """Enter that an archive's file was removed by retention; its line stays in the list."""
        with self._database.session() as session, session.begin():
            row = session.get_one(ArchiveRow, id)
            row.more = {**row.more, "removed": why}

    def moved(self, path: Path, to: Path, file_bytes: int) -> None:
        """Enter that an archive now lies elsewhere, sealed or opened, if it is one of ours."""
        with self._database.session() as session, session.begin():
            for row in session.scalars(select(ArchiveRow).where(ArchiveRow.path == str(path))):
                row.path, row.file_bytes = str(to), file_bytes

    def verified(self, path: Path, outcome: Verification) -> None:
        """Enter what a verification found, if the file is one of ours."""
        with self._database.session() as session, session.begin():
            for row in session.scalars(select(ArchiveRow).where(ArchiveRow.path == str(path))):
                row.verified_at, row.verified = datetime.now(UTC), outcome.ok


def _backup(row: ArchiveRow) -> Backup:
    values: dict[str, Any] = {
        field: getattr(row, field) for field in Backup.__slots__ if field not in _OWN
    }
    told = (*_TRANSFER, "removed")
    values |= {field: row.more[field] for field in told if field in row.more}
    path = Path(row.path)
    return Backup(**values, path=path, exists=path.is_file())


def _stored(row: ArchiveRow) -> Stored:
    return Stored(
        id=row.id,
        at=row.at,
        source=row.source,
        resource_id=row.resource_id,
        purpose=row.purpose,
        path=Path(row.path),
        file_bytes=row.file_bytes,
        verified=row.verified,
        removed=row.more.get("removed", ""),
    )
