"""The account archives this machine knows of: rows beside those of the databases' archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import select

from db.engine import Database
from db.models import ArchiveRow
from gmops_desktop.archive.unsealing import SUFFIX as SEALED

Purpose = Literal["account", "account-safety"]
PURPOSES: Final[tuple[Purpose, ...]] = ("account", "account-safety")


@dataclass(frozen=True, slots=True)
class AccountArchive:
    """An archive of an account's settings; `counts` says how many entries each part has.

    `verdict` says in plain words whether everything is in it; `missing` names the parts that are
    not.  `exists` says whether the file still stands.
    """

    id: str
    at: datetime
    seconds: float
    account: str
    name: str
    resource_id: str
    purpose: Purpose
    path: Path
    file_bytes: int
    counts: Mapping[str, int]
    missing: tuple[str, ...]
    verdict: str
    digest: str
    menu: str  # what stands for the menu as the console's interface tells it; "" is not known
    verified_at: datetime | None
    verified: bool | None
    exists: bool

    @property
    def sealed(self) -> bool:
        """Whether it takes a key to read the file."""
        return self.path.suffix == SEALED


class Register:
    """Keeps the list of account archives in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, archive: AccountArchive) -> None:
        """Enter a new archive."""
        row = ArchiveRow(
            id=archive.id,
            at=archive.at,
            seconds=archive.seconds,
            source=archive.account,
            schema="",
            resource_id=archive.resource_id,
            purpose=archive.purpose,
            path=str(archive.path),
            file_bytes=archive.file_bytes,
            text_bytes=0,
            travelled=0,
            rows=sum(archive.counts.values()),
            tables=0,
            consistency="partly" if archive.missing else "consistent",
            verdict=archive.verdict,
            manifest_digest=archive.digest,
            verified_at=archive.verified_at,
            verified=archive.verified,
            more={
                "name": archive.name,
                "counts": dict(archive.counts),
                "missing": list(archive.missing),
                "menu": archive.menu,
            },
        )
        with self._database.session() as session, session.begin():
            session.add(row)

    def newest_with_menu(self, account: str) -> AccountArchive | None:
        """Return the newest archive of an account that says what its menu was."""
        wanted = select(ArchiveRow).where(
            ArchiveRow.purpose == "account", ArchiveRow.source == account
        )
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(ArchiveRow.at.desc()))
            return next((_archive(row) for row in rows if row.more.get("menu")), None)

    def all(self) -> tuple[AccountArchive, ...]:
        """Return every account archive, newest first."""
        wanted = select(ArchiveRow).where(ArchiveRow.purpose.in_(PURPOSES))
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(ArchiveRow.at.desc()))
            return tuple(map(_archive, rows))


def _archive(row: ArchiveRow) -> AccountArchive:
    path = Path(row.path)
    return AccountArchive(
        id=row.id,
        at=row.at,
        seconds=row.seconds,
        account=row.source,
        name=row.more["name"],
        resource_id=row.resource_id,
        purpose="account-safety" if row.purpose == "account-safety" else "account",
        path=path,
        file_bytes=row.file_bytes,
        counts=row.more["counts"],
        missing=tuple(row.more["missing"]),
        verdict=row.verdict,
        digest=row.manifest_digest,
        menu=row.more.get("menu", ""),
        verified_at=row.verified_at,
        verified=row.verified,
        exists=path.is_file(),
    )
