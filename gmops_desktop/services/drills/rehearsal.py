"""One drill from the file to the verdict: open, verify, restore by stock tools, prove, check.

The restore goes through the stock client (`zstd -dc FILE | mysql --comments SCHEMA`), not through
our own: what is to be proved is that the file alone suffices, on a day when this program is not at
hand; and a fault that reading and writing shared would otherwise stay unseen.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_programs import Program
from gmops_desktop.adapters.local_server import LocalServer, LocalServers
from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import insert
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.adapters.mysql.permitted import stranger, stranger_in_session, strangers
from gmops_desktop.adapters.stock_client import ClientFailed
from gmops_desktop.archive import rows
from gmops_desktop.archive.manifest import Manifest, Source
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.scanning import frames_of
from gmops_desktop.archive.sealing import Open
from gmops_desktop.archive.verification import rows_text, verify
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.drills import checks as checking
from gmops_desktop.services.drills.checks import CheckResult
from gmops_desktop.services.drills.proof import Proof, prove
from gmops_desktop.services.drills.record import Phase

FindPrograms = Callable[[], Sequence[Program]]

_AGAIN: Final = "gmops_drill_second"
_CHECKER: Final = "gmops_checks"
_BLOCK: Final = 1 << 20


@dataclass(slots=True)
class Findings:
    """What a drill has found out so far: whatever ends it, this much is known.

    `server` names in words the server it was restored to, and `kind` is that one's; `clone` is the
    id of a cloned cloud instance.  `notes` are sentences for the certificate.
    """

    sha256: str = ""
    file_bytes: int = 0
    manifest: Manifest | None = None
    server: str = ""
    kind: str = ""
    clone: str = ""
    notes: list[str] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    proof: Proof = field(default_factory=Proof)
    checks: tuple[CheckResult, ...] = ()

    @contextmanager
    def phase(self, name: str, *, counts: bool = True) -> Iterator[None]:
        """Measure what is done inside."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.phases.append(Phase(name, time.monotonic() - begun, counts))


class Rehearsal:
    """Restores archives into servers of its own."""

    def __init__(
        self, servers: LocalServers, opened: Open, find: FindPrograms = local_programs.find
    ) -> None:
        self._servers, self._opened, self._find = servers, opened, find

    def run(self, path: Path, checks: Sequence[str], found: Findings, context: Context) -> None:
        """Drill the archive at `path`, entering into `found` what is learnt.

        Raises `ProofFailed` where the archive is not what it should be, `OpsError` where the drill
        cannot be carried out.  Rows and definitions that differ are in `found.proof`.
        """
        with self.restored(path, found, context) as (server, reader):
            schema = reader.manifest.source.schema

            def again(frames: Iterator[bytes]) -> MysqlConnection:
                source = reader.manifest.source
                server.create(_AGAIN, source.charset, source.collation, context)
                server.load(frames, _AGAIN, context)
                return server.connect(_AGAIN, context)

            with (
                found.phase(tr("Proof by digests")),
                server.connect(schema, context) as connection,
            ):
                context.progress(0, tr("Proving the copy"))
                found.proof = prove(connection, reader, again, context)
            if checks:
                with found.phase(tr("Own checks"), counts=False):
                    password = server.grant(_CHECKER, checking.RIGHTS, schema, context)

                    def connect() -> MysqlConnection:
                        return server.connect(schema, context, user=_CHECKER, password=password)

                    found.checks = checking.run(checks, connect, context)

    @contextmanager
    def restored(
        self, path: Path, found: Findings, context: Context
    ) -> Iterator[tuple[LocalServer, ArchiveReader]]:
        """Give a server of our own that holds the archive; it is gone afterwards unless kept."""
        with verified(path, self._opened, found, context) as reader:
            source = reader.manifest.source
            program = local_programs.choose(self._find(), source.server, source.version)
            found.server, found.kind = str(program), program.kind
            begun = time.monotonic()
            with self._servers.running(
                program, context, lower_case_names=source.lower_case_names
            ) as server:
                found.phases.append(Phase(tr("Starting the server"), time.monotonic() - begun))
                with found.phase(tr("Restoring with stock tools")):
                    _load(server, reader, context)
                yield server, reader


@contextmanager
def verified(
    path: Path, opened: Open, found: Findings, context: Context
) -> Iterator[ArchiveReader]:
    """Give the archive at `path` once it is known to be whole, unsealed where it was sealed."""
    with found.phase(tr("SHA-256 of the file"), counts=False):
        found.sha256, found.file_bytes = _digest(path, context)
    begun = time.monotonic()
    with opened(path, context) as plain:
        if plain != path:
            found.phases.append(Phase(tr("Unsealing"), time.monotonic() - begun))
        with ExitStack() as stack:
            with found.phase(tr("Verifying the file")):
                _refuse_damaged(path, plain, context)
                reader = stack.enter_context(ArchiveReader(plain, label=path.name))
                found.manifest = reader.manifest
            # A restore by this program needs no such look: its server takes one statement at once.
            with found.phase(tr("Looking at what would be run"), counts=False):
                _refuse_strangers(reader, context)
            yield reader


def refused(
    error: ClientFailed | ServerRefused, server: str, kind: str, source: Source
) -> OpsError:
    """Return what it means that a server would not load an archive: a fault of the archive only
    where the server is of the archive's own kind."""
    if kind == source.server:
        return ProofFailed(
            tr("The archive does not load: {why}", why=error.message), hint=error.hint
        )
    return OpsError(
        tr(
            "{program}, the server found here, cannot take this archive of {origin}: {why}",
            program=server,
            origin=f"{source.server} {source.version}",
            why=error.message,
        ),
        hint=tr("Install a server of the same kind, and drill again."),
        unharmed=tr("That says nothing against the archive, and nothing for it."),
    )


def _load(server: LocalServer, reader: ArchiveReader, context: Context) -> None:
    """Do what `zstd -dc FILE | mysql --comments SCHEMA` does."""
    manifest, program = reader.manifest, server.program
    source = manifest.source
    try:
        server.create(source.schema, source.charset, source.collation, context)
        server.admit(sorted({one.definer for one in manifest.objects if one.definer}), context)
        server.load(_frames(reader, context), source.schema, context)
    except (ClientFailed, ServerRefused) as error:
        raise refused(error, str(program), program.kind, source) from error


def _frames(reader: ArchiveReader, context: Context) -> Iterator[bytes]:
    total = len(reader.frames)
    for number in range(total):
        context.progress(number * 100 // total, tr("Restoring with stock tools"))
        yield reader.frame(number)


def _refuse_damaged(path: Path, plain: Path, context: Context) -> None:
    verdict = verify(plain, context)
    if verdict.faults:
        raise ProofFailed(
            tr("The archive {path} is broken: {fault}", path=path.name, fault=verdict.faults[0]),
            hint=tr("Choose another backup."),
        )
    if not verdict.ok:
        raise OpsError(
            tr("{path} is not an archive of this program.", path=path),
            hint=tr("Drills need the digests that our archives hold."),
        )


def _refuse_strangers(reader: ArchiveReader, context: Context) -> None:
    """A stock client runs whatever stands in a file, and knows commands for this computer, too:
    each frame must do what the manifest says of it, and no more."""
    manifest = reader.manifest
    told = {one.frame for one in manifest.tables} | {one.frame for one in manifest.objects}
    for kind, title, frame in frames_of(reader):
        if strange := stranger(kind, title, frame, manifest.source.schema):
            raise strangers(reader.label, title, strange)
    for record in manifest.tables:
        head = insert(record.name, [column.name for column in record.columns])
        for segment in record.segments:
            context.progress(None, tr("Verifying {name}", name=record.name))
            text = rows_text(record, reader.frame(segment.last_frame))
            if record.insert != head or not rows.are_values(text):
                raise strangers(reader.label, record.name, tr("rows that are more than values"))
            told.add(segment.last_frame)
    for number in range(len(manifest.frames)):
        if number not in told and (strange := stranger_in_session(reader.frame(number))):
            raise strangers(reader.label, tr("the session's settings"), strange)


def _digest(path: Path, context: Context) -> tuple[str, int]:
    sha256, count = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                sha256.update(block)
                count += len(block)
                context.progress(None, tr("Hashing {file}", file=path.name))
    except OSError as error:
        raise OpsError(
            tr("The archive {path} cannot be read: {why}.", path=path, why=error.strerror or error),
            hint=tr("Check the name, the disk, and that you may read the file."),
        ) from error
    return sha256.hexdigest(), count
