"""The archives of files this machine knows of: rows of the store beside those of databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from db.engine import Database
from db.models import ArchiveRow

PURPOSE: Final = "files"


@dataclass(frozen=True, slots=True)
class FileArchive:
    """An archive of a directory that was taken here; `exists` says whether its file still stands.

    `entries` counts files, folders and links.  `reused_bytes` of the contents were in hand from
    the archive named `base`, or from an interrupted attempt; `travelled` crossed the line.
    `whole` says that nothing is missing and nothing changed while it was read.
    """

    id: str
    at: datetime
    seconds: float
    source: str
    folder: str
    resource_id: str
    path: Path
    file_bytes: int
    content_bytes: int
    travelled: int
    entries: int
    files: int
    whole: bool
    verdict: str
    manifest_digest: str
    verified_at: datetime | None = None
    verified: bool | None = None
    exists: bool = True
    reused_bytes: int = 0
    base: str = ""
    resumed: bool = False

    @property
    def sealed(self) -> bool:
        """Whether it takes a key to read the file."""
        return self.path.suffix == ".age"


_MORE: Final = ("folder", "entries", "reused_bytes", "base", "resumed", "whole")


class FileInventory:
    """Keeps the list of archives of files in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, archive: FileArchive) -> None:
        """Enter a new archive."""
        row = ArchiveRow(
            id=archive.id,
            at=archive.at,
            seconds=archive.seconds,
            source=archive.source,
            schema="",
            resource_id=archive.resource_id,
            purpose=PURPOSE,
            path=str(archive.path),
            file_bytes=archive.file_bytes,
            text_bytes=archive.content_bytes,
            travelled=archive.travelled,
            rows=archive.files,
            tables=0,
            consistency="consistent" if archive.whole else "partly",
            verdict=archive.verdict,
            manifest_digest=archive.manifest_digest,
            verified_at=archive.verified_at,
            verified=archive.verified,
            more={name: getattr(archive, name) for name in _MORE},
        )
        with self._database.session() as session, session.begin():
            session.add(row)

    def all(self) -> tuple[FileArchive, ...]:
        """Return every archive of files, newest first."""
        wanted = select(ArchiveRow).where(ArchiveRow.purpose == PURPOSE)
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(ArchiveRow.at.desc()))
            return tuple(_archive(row) for row in rows)

    def forget(self, id: str) -> None:
        """Take an archive off the list; its file is not touched."""
        with self._database.session() as session, session.begin():
            if row := session.get(ArchiveRow, id):
                session.delete(row)


def _archive(row: ArchiveRow) -> FileArchive:
    more: dict[str, Any] = {name: row.more[name] for name in _MORE if name in row.more}
    path = Path(row.path)
    return FileArchive(
        id=row.id,
        at=row.at,
        seconds=row.seconds,
        source=row.source,
        resource_id=row.resource_id,
        path=path,
        file_bytes=row.file_bytes,
        content_bytes=row.text_bytes,
        travelled=row.travelled,
        files=row.rows,
        verdict=row.verdict,
        manifest_digest=row.manifest_digest,
        verified_at=row.verified_at,
        verified=row.verified,
        exists=path.is_file(),
        **more,
    )
