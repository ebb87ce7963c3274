"""The database of a release: what keeps it safe before its scripts run, and what brings it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    """An archive of a schema; `digest` is that of its manifest, by which it is known anywhere."""

    path: Path
    at: datetime
    digest: str = ""


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
Find = Callable[[str], Path | None]
TakeIn = Callable[[Path, str, MysqlAddress, Context], Path]
Foresee = Callable[[Path, MysqlAddress, Tables, Context], Sequence[Lost]]


class ReleaseDatabase:
    """What a release asks of its database.

    `take` writes an archive of a schema as it is now, `restore` brings tables of it back,
    `foresee` counts what that would do.  `find` returns where this machine has an archive, by its
    digest, `take_in` brings one here from a file.  `device` is what this machine is called.
    """

    def __init__(
        self,
        connect: Connect,
        take: TakeArchive,
        restore: Restore,
        foresee: Foresee,
        find: Find,
        take_in: TakeIn,
        device: str,
    ) -> None:
        self._connect = connect
        self._take = take
        self._restore = restore
        self._foresee = foresee
        self._find = find
        self._take_in = take_in
        self.device = device

    @contextmanager
    def alone(self, address: MysqlAddress, change_id: str, context: Context) -> Iterator[None]:
        """Keep every other machine from the SQL of the same change; raise where one is at it.

        The server holds the lock for a connection, and lets go of it when that is gone.
        """
        with self._connect(address, context) as connection:
            (held,) = connection.one("SELECT GET_LOCK(%s, 0)", f"gmops:{change_id}")
            if held is None or int(held) != 1:
                raise OpsError(
                    tr("Another machine is at the SQL of this change."),
                    hint=tr("Wait for its end, and attach to the change then."),
                    unharmed=tr("Nothing was run."),
                )
            yield

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
        path, digest = str(archived.path), archived.digest
        return Guard(path, archived.at, existing, made, digest, self.device)

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
        path = self.archive(guard, address)
        if guard.tables is None or guard.tables:
            self._restore(path, address, guard.tables, context)
        if guard.made:
            with self._connect(address, context) as connection:
                release_sql.drop(connection, guard.made)

    def archive(self, guard: Guard, address: MysqlAddress) -> Path:
        """Return where this machine has the archive that the database goes back to; where it has
        none, raise with the name, the digest and the machine of the one that is wanted."""
        path = Path(guard.path)
        if guard.device in ("", self.device) and path.is_file():
            return path
        if guard.digest and (found := self._find(guard.digest)):
            return found
        if guard.device in ("", self.device):
            raise OpsError(
                tr("The archive {path} that the database goes back to is gone.", path=path),
                hint=tr("Restore another backup of {schema} by hand.", schema=address.schema),
                unharmed=tr("The schema is as it was."),
            )
        raise OpsError(
            tr("The archive that the database goes back to is not on this machine: {name}, taken"
               " {at} on {device}, where it lies at {path} (manifest {digest}).", name=path.name,
               at=f"{guard.at.astimezone():%Y-%m-%d %H:%M:%S}", device=guard.device, path=path,
               digest=guard.digest[:16]),
            hint=tr("Copy the file here, take it in (gmops patch archive), then roll back; or roll"
                    " back on {device}.", device=guard.device),
            unharmed=tr("The schema is as it was."),
        )  # fmt: skip

    def take_in(self, guard: Guard, file: Path, address: MysqlAddress, context: Context) -> Path:
        """Bring the archive of a guard here from a file, proved; return where it lies now."""
        return self._take_in(file, guard.digest, address, context)

    def settled(self, address: MysqlAddress, context: Context) -> Archived:
        """Take an archive of what the scripts made: what is written later is told from it."""
        return self._take(address, context)

    def loses(
        self, address: MysqlAddress, guard: Guard, settled: Archived | None, context: Context
    ) -> str:
        """Say in sentences what going back now would do to rows written since."""
        at_hand = Archived(self.archive(guard, address), guard.at)
        base = settled or at_hand
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
