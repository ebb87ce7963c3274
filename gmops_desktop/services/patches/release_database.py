"""The database of a release: what keeps it safe before its scripts run, and what brings it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches import release_sql
from gmops_desktop.services.patches.release_ledger import Guard, RunLedger
from gmops_desktop.services.patches.release_sql import Connect, Text


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive that was just taken of a schema."""

    path: Path
    at: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """How the rows of a table differ from an archive's: written, changed and deleted since.

    `anew` says that its definition is another: then all that stand there count as written, and all
    that stood there as deleted.
    """

    table: str
    written: int
    changed: int
    deleted: int
    anew: bool = False


Tables = tuple[str, ...] | None  # None: the whole schema
TakeArchive = Callable[[MysqlAddress, Context], Archived]
Restore = Callable[[Path, MysqlAddress, Tables, Context], object]
Foresee = Callable[[Path, MysqlAddress, Tables, Context], Sequence[Lost]]


class ReleaseDatabase:
    """What a release asks of its database.

    `take` writes an archive of a schema as it is now, `restore` brings tables of it back,
    `foresee` counts what that would do.
    """

    def __init__(
        self, connect: Connect, take: TakeArchive, restore: Restore, foresee: Foresee
    ) -> None:
        self._connect = connect
        self._take = take
        self._restore = restore
        self._foresee = foresee

    def check(self, address: MysqlAddress, context: Context) -> None:
        """Raise `OpsError` where the database cannot be reached."""
        with self._connect(address, context) as connection:
            connection.one("SELECT 1")

    def guard(self, address: MysqlAddress, texts: Sequence[Text], context: Context) -> Guard:
        """Take an archive, and find out which tables must go back to undo the scripts.

        Only those they name go back where nothing else can be changed by them: rows that visitors
        write elsewhere meanwhile stay.
        """
        tables = release_sql.touched(texts, address.schema)
        existing: Tables = None
        made: tuple[str, ...] = ()
        if tables is not None:
            with self._connect(address, context) as connection:
                if release_sql.alone(connection, tables):
                    existing = release_sql.present(connection, tables)
                    made = tuple(sorted(tables - {*existing}))
        archived = self._take(address, context)
        return Guard(str(archived.path), archived.at, existing, made)

    def run(
        self, address: MysqlAddress, texts: Sequence[Text], ledger: RunLedger, context: Context
    ) -> bool:
        """Run scripts; say whether all of them were run (the ledger knows why not)."""
        if not texts:
            return True
        with self._connect(address, context) as connection:
            return not release_sql.run(connection, texts, ledger, context)

    def bring_back(self, address: MysqlAddress, guard: Guard, context: Context) -> None:
        """Make the tables of a guard what they were, and remove those the release made."""
        path = Path(guard.path)
        if not path.is_file():
            raise OpsError(
                tr("The archive {path} that the database goes back to is gone.", path=path),
                hint=tr("Restore another backup of {schema} by hand.", schema=address.schema),
                unharmed=tr("The schema is as it was."),
            )
        if guard.tables is None or guard.tables:
            self._restore(path, address, guard.tables, context)
        if guard.made:
            with self._connect(address, context) as connection:
                release_sql.drop(connection, guard.made)

    def settled(self, address: MysqlAddress, context: Context) -> Archived:
        """Take an archive of what the scripts made: what is written later is told from it."""
        return self._take(address, context)

    def loses(
        self, address: MysqlAddress, guard: Guard, settled: Archived | None, context: Context
    ) -> str:
        """Say in sentences what going back now would do to rows written since."""
        base = settled or Archived(Path(guard.path), guard.at)
        found = []
        if guard.tables is None or guard.tables:
            for lost in self._foresee(base.path, address, guard.tables, context):
                if lost.anew:
                    found.append(
                        tr("{table}: defined otherwise, {then} rows then, {now} now",
                           table=lost.table, then=lost.deleted, now=lost.written)
                    )  # fmt: skip
                elif lost.written or lost.changed or lost.deleted:
                    found.append(
                        tr("{table}: {written} written, {changed} changed, {deleted} deleted",
                           table=lost.table, written=lost.written, changed=lost.changed,
                           deleted=lost.deleted)
                    )  # fmt: skip
        if guard.made:
            with self._connect(address, context) as connection:
                rows = release_sql.count(connection, guard.made)
            if rows:
                found.append(
                    tr("{tables}: made by the release, they go with all their rows ({rows})",
                       tables=tr(", ").join(guard.made), rows=rows)
                )  # fmt: skip
        which = (
            tr("The whole schema goes back")
            if guard.tables is None
            else tr("Only {tables} go back", tables=tr(", ").join((*guard.tables, *guard.made)))
        )
        return tr(
            "{which}: what visitors write there until then is lost. Since {at}: {rows}.",
            which=which, at=f"{base.at.astimezone():%Y-%m-%d %H:%M:%S}",
            rows=tr("; ").join(found) or tr("nothing"),
        )  # fmt: skip
