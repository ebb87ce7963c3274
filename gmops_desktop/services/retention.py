"""Removes the archives that retention lets go, after saying which and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from db.engine import Database
from db.journal import utc_now
from db.models import RestoreRow
from gmops_desktop.archive.inventory import Inventory, Stored
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

_SAFETY: Final = ("safety", "account-safety")  # what is taken before something is overwritten


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an archive stays, and why in words."""

    archive: Stored
    keep: bool
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What retention would do to the archives of resources, newest first; bytes it frees."""

    verdicts: tuple[Verdict, ...]
    freed: int

    @property
    def going(self) -> tuple[Verdict, ...]:
        """Those that would be removed."""
        return tuple(one for one in self.verdicts if not one.keep)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed; `refused` says in sentences which files could not be."""

    removed: tuple[Stored, ...]
    freed: int
    refused: tuple[str, ...]


class Retention:
    """Keeps what `keep_of` a resource says, and removes the rest: file, `.sha256`, not the line.

    Each directory of a website is judged by itself, and so are safety copies.  Only files that this
    program wrote into its own folder, and that are still as large as it wrote them, are ever
    removed.
    """

    def __init__(
        self,
        database: Database,
        archive_folder: Callable[[], Path],
        keep_of: Callable[[str], Keep],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._inventory = Inventory(database)
        self._archive_folder = archive_folder
        self._keep_of = keep_of
        self._now = now

    def preview(self, *resource_ids: str, keep: Keep | None = None) -> Preview:
        """Say what would be removed of these and why, by the rules in force or by `keep`."""
        now = self._now()
        folder = self._archive_folder().resolve()
        verdicts: list[Verdict] = []
        for resource_id in resource_ids:
            rule = keep or self._keep_of(resource_id)
            needed = self._needed_for_undo(now - timedelta(days=rule.safety_days))
            for shelf in self._shelves(resource_id):
                there = {one.id: one for one in shelf}
                copies = [_copy(one, needed, folder) for one in shelf]
                verdicts += [
                    Verdict(
                        there[judged.id],
                        judged.keep,
                        tr(", ", context="between names").join(map(word_of_reason, judged.reasons)),
                    )
                    for judged in judge(copies, rule, now)
                ]
        verdicts.sort(key=lambda one: (one.archive.at, one.archive.id), reverse=True)
        return Preview(tuple(verdicts), sum(v.archive.file_bytes for v in verdicts if not v.keep))

    def prune(self, *resource_ids: str, context: Context) -> Pruned:
        """Remove what the rules in force let go; `Cancelled` leaves what is not yet removed."""
        removed, refused = list[Stored](), list[str]()
        for verdict in self.preview(*resource_ids).going:
            context.check()
            archive = verdict.archive
            try:
                # The file last: where its companion cannot go, nothing is half removed.
                archive.path.with_name(f"{archive.path.name}.sha256").unlink(missing_ok=True)
                archive.path.unlink(missing_ok=True)
            except OSError as error:
                refused.append(
                    tr("{path} cannot be removed: {why}.", path=archive.path,
                       why=error.strerror or error)
                )  # fmt: skip
                continue
            self._inventory.remove(archive.id, verdict.why)
            removed.append(archive)
            context.note(tr("Removed {file}: {why}.", file=archive.path.name, why=verdict.why))
        return Pruned(tuple(removed), sum(one.file_bytes for one in removed), tuple(refused))

    def forecast(self, *resource_ids: str, per_day: float, keep: Keep) -> Forecast | None:
        """Say how long the disk lasts at the present growth with `per_day` backups a day, each of
        which is an archive of every one of these."""
        shelves = [
            [one for one in shelf if one.purpose not in _SAFETY]
            for resource_id in resource_ids
            for shelf in self._shelves(resource_id)
        ]
        sizes = [
            (min(one.at for one in row), sum(one.file_bytes for one in row))
            for row in zip(*filter(None, shelves), strict=False)
        ]
        free = shutil.disk_usage(self._archive_folder()).free
        return forecast(sizes, keep, per_day, free, self._now())

    def _shelves(self, resource_id: str) -> list[list[Stored]]:
        """Return a resource's archives by what is judged together, newest first.

        A database is one thing wherever it moved to; a website has several directories.  A line
        without its file stands for nothing.
        """
        shelves: dict[str, list[Stored]] = {}
        for one in self._inventory.stored(resource_id):
            if one.exists:
                shelves.setdefault(one.source if one.purpose == "files" else "", []).append(one)
        return list(shelves.values())

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


def _copy(one: Stored, needed: Collection[str], folder: Path) -> Copy:
    """Return an archive as the rules see it."""
    return Copy(
        one.id,
        one.at,
        one.verified,
        safety=one.purpose in _SAFETY,
        undo=one.id in needed or str(one.path) in needed,
        ours=_is_ours(one, folder),
    )


def _is_ours(archive: Stored, folder: Path) -> bool:
    try:
        size = archive.path.stat().st_size
    except OSError:
        return False
    return archive.path.resolve().parent == folder and size == archive.file_bytes
