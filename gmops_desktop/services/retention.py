"""Removes the archives that retention lets go, after saying which and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from db.engine import Database
from db.journal import utc_now
from db.models import RestoreRow
from gmops_desktop.addresses import Resource
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.context import Context
from gmops_desktop.contract.retention import (
    Copy,
    Forecast,
    Keep,
    forecast,
    judge,
    word_of_reason,
)
from gmops_desktop.language import tr


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an archive stays, and why in words."""

    backup: Backup
    keep: bool
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What retention would do to the archives of one database, newest first; bytes it frees."""

    verdicts: tuple[Verdict, ...]
    freed: int

    @property
    def going(self) -> tuple[Verdict, ...]:
        """Those that would be removed."""
        return tuple(one for one in self.verdicts if not one.keep)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed; `refused` says in sentences which files could not be."""

    removed: tuple[Backup, ...]
    freed: int
    refused: tuple[str, ...]


class Retention:
    """Keeps what `keep_of` a database says, and removes the rest: file, `.sha256`, not the line.

    Only files that this program wrote into its own folder, and that are still as large as it wrote
    them, are ever removed.
    """

    def __init__(
        self,
        database: Database,
        archive_folder: Callable[[], Path],
        keep_of: Callable[[Resource], Keep],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._inventory = Inventory(database)
        self._archive_folder = archive_folder
        self._keep_of = keep_of
        self._now = now

    def preview(self, resource: Resource, keep: Keep | None = None) -> Preview:
        """Say what would be removed and why, by the rule in force or by `keep`."""
        rule = keep or self._keep_of(resource)
        there = {one.id: one for one in self._archives(resource)}
        now = self._now()
        needed = self._needed_for_undo(now - timedelta(days=rule.safety_days))
        folder = self._archive_folder().resolve()
        copies = [
            Copy(
                one.id,
                one.at,
                one.verified,
                safety=one.purpose == "safety",
                undo=one.id in needed or str(one.path) in needed,
                ours=_is_ours(one, folder),
            )
            for one in there.values()
        ]
        verdicts = tuple(
            Verdict(
                there[one.id],
                one.keep,
                tr(", ", context="between names").join(map(word_of_reason, one.reasons)),
            )
            for one in judge(copies, rule, now)
        )
        return Preview(verdicts, sum(v.backup.file_bytes for v in verdicts if not v.keep))

    def prune(self, resource: Resource, context: Context) -> Pruned:
        """Remove what the rule in force lets go; `Cancelled` leaves what is not yet removed."""
        removed, refused = list[Backup](), list[str]()
        for verdict in self.preview(resource).going:
            context.check()
            backup = verdict.backup
            try:
                # The file last: where its companion cannot go, nothing is half removed.
                backup.path.with_name(f"{backup.path.name}.sha256").unlink(missing_ok=True)
                backup.path.unlink(missing_ok=True)
            except OSError as error:
                refused.append(
                    tr("{path} cannot be removed: {why}.", path=backup.path,
                       why=error.strerror or error)
                )  # fmt: skip
                continue
            self._inventory.remove(backup.id, verdict.why)
            removed.append(backup)
            context.note(tr("Removed {file}: {why}.", file=backup.path.name, why=verdict.why))
        return Pruned(tuple(removed), sum(one.file_bytes for one in removed), tuple(refused))

    def forecast(
        self, resource: Resource, per_day: float, keep: Keep | None = None
    ) -> Forecast | None:
        """Say how long the disk lasts at the present growth with `per_day` backups a day."""
        sizes = [
            (one.at, one.file_bytes) for one in self._archives(resource) if one.purpose == "backup"
        ]
        free = shutil.disk_usage(self._archive_folder()).free
        return forecast(sizes, keep or self._keep_of(resource), per_day, free, self._now())

    def _archives(self, resource: Resource) -> list[Backup]:
        """Return the archives of a database whose file is there: another stands for nothing."""
        return [
            one for one in self._inventory.all() if one.resource_id == resource.id and one.exists
        ]

    def _needed_for_undo(self, since: datetime) -> set[str]:
        """Return the ids and paths of archives that a restore may yet need.

        Those of a restore that was interrupted, and the safety copy of the newest restore into
        each database, unless it was before `since`.
        """
        needed, seen = set[str](), set[str]()
        with self._database.session() as session:
            for row in session.scalars(select(RestoreRow).order_by(RestoreRow.at.desc())):
                if row.more.get("state", "done") != "done":
                    needed |= {row.safety_id, row.archive_path}
                elif row.target not in seen:
                    seen.add(row.target)
                    if row.at >= since:
                        needed.add(row.safety_id)
        return needed - {""}


def _is_ours(backup: Backup, folder: Path) -> bool:
    try:
        size = backup.path.stat().st_size
    except OSError:
        return False
    return backup.path.resolve().parent == folder and size == backup.file_bytes
