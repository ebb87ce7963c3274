"""Takes, verifies and lists backups of MySQL schemas."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from db.engine import Database
from db.ids import uuid7
from gmops_desktop.adapters import locks
from gmops_desktop.adapters.mysql import MysqlConnection, definitions
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import attempts
from gmops_desktop.archive.attempts import LeftOver
from gmops_desktop.archive.inventory import Backup, Inventory, Purpose
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import NoIdentity, Seals
from gmops_desktop.archive.verification import Verification
from gmops_desktop.archive.writer import ArchiveWriter, Written
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.lines import Line
from gmops_desktop.services.backups import coming, redefined
from gmops_desktop.services.backups.crew import Crew
from gmops_desktop.services.backups.planning import Store
from gmops_desktop.services.backups.redefined import DefinitionsChanged
from gmops_desktop.services.backups.taking import Taken, Taking
from gmops_desktop.services.backups.transfer import TransferPlan

__all__ = ["ArchiveSummary", "Backup", "Backups", "TableSummary", "Verification"]

_FAST: Final = 3e6  # bytes a second; deflating for a faster line holds it up
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_ATTEMPTS: Final = 3  # interrupted ones whose frames are kept

Connect = Callable[[MysqlAddress, Context], MysqlConnection]


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One table of an archive; `text_bytes` is the size of its rows as SQL."""

    name: str
    rows: int
    text_bytes: int
    segments: int
    engine: str


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """What an archive says of itself; `views` to `events` are counts."""

    source: str
    server: str
    schema: str
    taken_at: datetime
    verdict: str
    tables: tuple[TableSummary, ...]
    views: int
    routines: int
    triggers: int
    events: int
    manifest_digest: str


class Backups:
    """Backups of schemas as archives: full, proved, restorable with stock tools."""

    def __init__(
        self,
        database: Database,
        connect: Connect,
        archive_folder: Callable[[], Path],
        seals: Seals | None = None,
        alone: Callable[[MysqlAddress], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        """`alone` keeps other programs of this machine from the same database meanwhile."""
        self._alone = alone
        self._inventory = Inventory(database)
        self._connect = connect
        self._archive_folder = archive_folder
        self._seals = seals or Seals()

    def take(
        self,
        address: MysqlAddress,
        context: Context,
        *,
        out: Path | None = None,
        resource_id: str = "",
        purpose: Purpose = "backup",
        plan: TransferPlan | None = None,
        seal: bool | None = None,
    ) -> Backup:
        """Write an archive of `address`'s schema, to `out` or under a new name in the folder.

        The rows are those of one moment; what is not is named in the verdict.  Where definitions
        change meanwhile it starts once more.  Cancelled or failed, it leaves no archive; what came
        in stays in a `.part` for the next attempt where it is worth it.  `seal` overrules the
        settings; an archive that could not be sealed stays as it is, listed.  Raises `OpsError`.
        """
        begun, clock, plan = _now(), time.monotonic(), plan or TransferPlan()
        path = (out or self._new_path(address, begun, purpose)).absolute()
        mark = mark_of(address)
        context.line = self._line(address, plan)

        def write(changed: Sequence[str] = ()) -> tuple[Taken, Written, int]:
            with (
                Crew(lambda: self._connect(address, context)) as crew,
                self._in_hand(address, path.parent, resource_id, plan, context) as stores,
                ArchiveWriter(path, mark=mark) as writer,
            ):
                locks.lock(writer.fileno())  # so that nobody takes it for an interrupted attempt
                taken = Taking(crew, writer, context, stores, plan, changed).take(begun)
                return taken, writer.finish(taken.manifest), crew.round_trips

        with self._alone(address):
            try:
                taken, written, trips = write()
            except DefinitionsChanged as changed:
                context.note(tr("{what} The backup starts again.", what=changed.message))
                with self._connect(address, context) as connection:
                    redefined.settle(connection)
                begun = _now()
                taken, written, trips = write(changed.names)
        manifest = taken.manifest
        for attempt in attempts.interrupted(path.parent, mark):
            if attempt.name.endswith(attempts.LEFT):
                attempts.remove(attempt)
        for label in sorted(taken.damaged):
            context.note(
                tr("{file} is damaged; what it holds was fetched from the server.", file=label)
            )
        seconds = time.monotonic() - clock
        backup = Backup(
            id=uuid7(),
            at=begun,
            seconds=seconds,
            source=f"{address.schema}@{address.host}",
            schema=address.schema,
            resource_id=resource_id,
            purpose=purpose,
            path=path,
            file_bytes=written.file_bytes,
            text_bytes=manifest.text_bytes,
            travelled=context.line.travelled,
            rows=manifest.rows,
            tables=len(manifest.tables),
            consistency=manifest.consistency,
            verdict=manifest.verdict,
            manifest_digest=manifest.digest,
            verified_at=None,
            verified=None,
            exists=True,
            reused_bytes=taken.reused_bytes,
            base=next((label for label in taken.used if not _is_attempt(label)), ""),
            resumed=any(map(_is_attempt, taken.used)),
            rate=context.line.rate,
            compression=context.line.compression if address.ssh else "",
            round_trips=trips,
            lock_seconds=manifest.snapshot.lock_seconds + manifest.snapshot.table_lock_seconds,
            connections=manifest.snapshot.connections,
            left_out=manifest.left_out,
        )
        self._inventory.add(backup)
        if self._seals.on if seal is None else seal:
            backup = self._seal(backup, context)
        context.progress(
            100,
            tr("Backup of {schema} written", schema=address.schema),
            context.line.travelled,
            lambda: taken.progress,
        )
        return backup

    def verify(self, path: Path, context: Context) -> Verification:
        """Recompute all digests of an archive; what is found is entered into the list."""
        outcome = self._seals.verify(path.absolute(), context)
        self._inventory.verified(path.absolute(), outcome)
        return outcome

    def inspect(self, path: Path) -> ArchiveSummary:
        """Say what an archive holds, by its manifest; `ProofFailed` where that is broken."""
        with self._seals.opened(path, Context()) as plain, ArchiveReader(plain) as reader:
            manifest = reader.manifest
        counts = Counter(thing.kind for thing in manifest.objects)
        source = manifest.source
        return ArchiveSummary(
            source=f"{source.schema}@{source.host}",
            server=f"{source.server} {source.version}",
            schema=source.schema,
            taken_at=manifest.begun,
            verdict=manifest.verdict,
            tables=tuple(
                TableSummary(t.name, t.rows, t.text_bytes, len(t.segments), t.engine)
                for t in manifest.tables
            ),
            views=counts["view"],
            routines=sum(counts[kind] for kind in definitions.ROUTINES),
            triggers=counts["trigger"],
            events=counts["event"],
            manifest_digest=manifest.digest,
        )

    def take_in(self, file: Path, context: Context, *, digest: str, copy: coming.Copy) -> Backup:
        """Bring an archive of another machine here, proved; see `coming.take_in`."""
        folder = self._archive_folder()
        return coming.take_in(
            file, folder, self._inventory, self._seals, copy, context, digest=digest
        )

    def seal(self, path: Path, context: Context) -> Path:
        """Replace a plain archive by its sealed form, on the list as well; return that."""
        written = self._seals.seal(path.absolute(), context)
        self._inventory.moved(path.absolute(), written.path, written.file_bytes)
        return written.path

    def _seal(self, backup: Backup, context: Context) -> Backup:
        """Seal an archive just written.

        Where no key here can open it afterwards it is proved before; the state before a restore
        then stays plain, because undoing must be able to read it.
        """
        with context.uncut():
            outcome = None
            if not self._seals.can_open():
                if backup.purpose == "safety":
                    context.note(
                        tr("The safety copy was not sealed: no key here could open it for undo.")
                    )
                    return backup
                outcome = self.verify(backup.path, context)
                if not outcome.ok:
                    raise ProofFailed(
                        tr("{file} is damaged: {faults}", file=backup.path,
                           faults="; ".join(outcome.faults)),
                        hint=tr("Check the disk, then try again."),
                    )  # fmt: skip
            sealed = self.seal(backup.path, context)
            if outcome:
                self._inventory.verified(sealed, outcome)
            return self.get(backup.id)

    def all(self) -> tuple[Backup, ...]:
        """Return every backup taken here, newest first."""
        return self._inventory.all()

    def get(self, id: str) -> Backup:
        """Return one backup."""
        if backup := self._inventory.get(id):
            return backup
        raise OpsError(tr("There is no backup with the id {id}.", id=id))

    def forget(self, id: str) -> None:
        """Take a backup whose file is gone off the list."""
        backup = self.get(id)
        if backup.exists:
            raise OpsError(
                tr("The archive {path} still exists.", path=backup.path),
                hint=tr("Only backups whose file is gone can be taken off the list."),
            )
        self._inventory.forget(id)

    def _line(self, address: MysqlAddress, plan: TransferPlan) -> Line:
        """Return the line under the plan's limit, compressed where that helps.

        It helps on any line that carries less than the server can deflate; what the line carried
        is known from earlier backups, and an unknown one is taken for slow.
        """
        compress = plan.compression in ("ssh", "remote")
        if plan.compression == "auto" and address.ssh and address.ssh.host not in _LOOPBACK:
            source = f"{address.schema}@{address.host}"
            compress = self._inventory.line_rate(source) < _FAST
        at_source = compress and plan.compression != "ssh"
        return Line(plan.rate_limit, compress=compress, at_source=at_source)

    @contextmanager
    def _in_hand(
        self,
        address: MysqlAddress,
        folder: Path,
        resource_id: str,
        plan: TransferPlan | None,
        context: Context,
    ) -> Iterator[list[Store]]:
        """Open what lies on this disk of the same database: its frames need not travel again.

        That is the newest sound archive, and what interrupted attempts left in `folder`.  Whether
        it is the same database is no question of proof: digests decide what is copied.
        """
        with ExitStack() as stack:
            stores: list[Store] = []
            if plan is None or not plan.full:
                if reader := self._newest(address, resource_id, context, stack):
                    stores.append(Store(reader, reader.manifest.tables, whole=True))
                for left in _left(folder, mark_of(address)):
                    stack.enter_context(left)
                    stores.append(Store(left, left.tables, whole=False))
            yield stores

    def _newest(
        self, address: MysqlAddress, resource_id: str, context: Context, stack: ExitStack
    ) -> ArchiveReader | None:
        """Open the newest archive of the same schema that can be, the same resource's first."""
        source = f"{address.schema}@{address.host}"
        likely = [
            backup
            for backup in self._inventory.all()
            if backup.source == source and backup.exists and backup.verified is not False
        ]
        locked = False  # the keyring is not asked again for each older one
        for backup in sorted(likely, key=lambda backup: backup.resource_id != resource_id):
            if backup.sealed and locked:
                continue
            try:
                plain = stack.enter_context(self._seals.opened(backup.path, context))
                return stack.enter_context(ArchiveReader(plain, label=backup.path.name))
            except NoIdentity:
                locked = True
                name = backup.path.name
                context.note(
                    tr("{file} is sealed and no key here opens it: all rows travel.", file=name)
                )
            except OpsError as error:
                context.note(error.message)
        return None

    def _new_path(self, address: MysqlAddress, at: datetime, purpose: Purpose) -> Path:
        schema = re.sub(r"[^\w.-]+", "_", address.schema)
        kind = "" if purpose == "backup" else f"-{purpose}"
        # Two backups may begin in the same second.
        name = f"{schema}{kind}-{at.astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}.sql.zst"
        return self._archive_folder() / name


def mark_of(address: MysqlAddress) -> str:
    """Return what tells the database from others in an attempt's index."""
    way = f" via {address.ssh.host}:{address.ssh.port}" if address.ssh else ""
    return f"{address.schema}@{address.host}:{address.port}{way}"


def _is_attempt(label: str) -> bool:
    return label.endswith(attempts.LEFT)


def _left(folder: Path, mark: str) -> Iterator[LeftOver]:
    """Open what attempts left that are over, newest first; of many only the newest few."""
    for number, path in enumerate(attempts.interrupted(folder, mark)):
        with LeftOver(path) as found:
            over = locks.lock(found.fileno())
        if not over:
            continue
        if number >= _ATTEMPTS:
            attempts.remove(path)
            continue
        yield LeftOver(path if _is_attempt(path.name) else attempts.set_aside(path))


def _now() -> datetime:
    """Return the time to the millisecond, which is what the store keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
