"""The verbs for program files: take, verify, preview, restore, undo, and putting right."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from db.engine import Database
from db.ids import uuid7
from gmops_desktop.adapters import locks, site_tree
from gmops_desktop.adapters.site_tree import Replacing
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.archive import attempts
from gmops_desktop.archive.attempts import LeftOver
from gmops_desktop.archive.inventory import Inventory
from gmops_desktop.archive.sealing import NoIdentity, Seals
from gmops_desktop.archive.tree import safety
from gmops_desktop.archive.tree.reader import TreeReader
from gmops_desktop.archive.verification import Verification
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import Entry, shown
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.site_files.changes import TreePreview, compare, travelling
from gmops_desktop.services.site_files.hand import Earlier, Remains
from gmops_desktop.services.site_files.inventory import FileArchive, FileInventory
from gmops_desktop.services.site_files.ledger import FileLedger, FileRestore
from gmops_desktop.services.site_files.places import Place, places_of
from gmops_desktop.services.site_files.restoring import Restoring, present
from gmops_desktop.services.site_files.settling import put_right
from gmops_desktop.services.site_files.taking import Taking, hashed

OpenSsh = Callable[[SshAddress, Context], Ssh]


class SiteFiles:
    """Backups and restores of directories on servers.

    `lock_folder` keeps two programs of this machine from working on one directory at once.
    """

    def __init__(
        self,
        database: Database,
        open_ssh: OpenSsh,
        archive_folder: Callable[[], Path],
        lock_folder: Path,
        seals: Seals | None = None,
    ) -> None:
        self._inventory = FileInventory(database)
        self._proofs = Inventory(database)
        self._ledger = FileLedger(database)
        self._open_ssh = open_ssh
        self._archive_folder = archive_folder
        self._lock_folder = lock_folder
        self._seals = seals or Seals()

    # ------------------------------------------------------------ what there is

    def places(self, resources: tuple[Resource, ...]) -> tuple[Place, ...]:
        """Return the directories that belong to the contract's websites."""
        return tuple(place for resource in resources for place in places_of(resource))

    def all(self) -> tuple[FileArchive, ...]:
        """Return every archive of files, newest first."""
        return self._inventory.all()

    def restores(self) -> tuple[FileRestore, ...]:
        """Return every restore of files, newest first."""
        return self._ledger.all()

    def unfinished(self) -> tuple[FileRestore, ...]:
        """Return the restores of files that were interrupted and not put right yet."""
        return tuple(one for one in self._ledger.unfinished() if not self._runs(one.place))

    def forget(self, id: str) -> None:
        """Take an archive off the list; its file is not touched."""
        self._inventory.forget(id)

    # ------------------------------------------------------------ take and verify

    def take(
        self,
        place: Place,
        context: Context,
        *,
        out: Path | None = None,
        full: bool = False,
        rate_limit: int = 0,
        seal: bool | None = None,
    ) -> FileArchive:
        """Back up a directory into one file: whole, though only what changed travels.

        `full` uses nothing that is in hand; `rate_limit` is in bytes a second.  Failed or
        cancelled, no file is left that looks whole; what came over the line is used next time.
        """
        begun, clock = _now(), time.monotonic()
        context.line.limit, context.line.compress = rate_limit, True
        path = out or self._new_path(place, begun)
        if not path.parent.is_dir() and out is None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = f"files {place.source}:{place.ssh.port}"
        with self._alone(place), ExitStack() as stack:
            base = None if full else self._base(place, stack, context)
            earlier = Earlier(base) if base else None
            remains = [] if full else list(_remains(path.parent, mark))
            ssh = stack.enter_context(self._open_ssh(place.ssh, context))
            look = site_tree.look(ssh, place.folder, place.excluded, context)
            not_kept = site_tree.not_kept(ssh, place.folder, look, context)
            remarks = [*look.remarks, *not_kept]
            known = earlier.entries if earlier else {}
            entries, unread = hashed(ssh, place.folder, look, known, context)
            hands: list[Earlier | Remains] = [earlier] if earlier else []
            hands += [rest for rest, _path in remains]
            with ArchiveWriter(path, mark=mark) as writer:
                locks.lock(writer.fileno())  # so that nobody takes it for an interrupted attempt
                run = Taking(ssh, place, hands, writer, context)
                tool = f"GMOps Desktop {version('gmops-desktop')}"
                taken = run.run(entries, [*remarks, *unread], begun, tool, _now)
        written, manifest = taken.written, taken.manifest
        for _rest, left in remains:
            attempts.remove(left)
        archive = FileArchive(
            id=uuid7(),
            at=begun,
            seconds=time.monotonic() - clock,
            source=place.source,
            folder=place.folder,
            resource_id=place.resource_id,
            path=path,
            file_bytes=written.file_bytes,
            content_bytes=manifest.content_bytes,
            travelled=context.line.travelled,
            entries=manifest.entries,
            files=manifest.files,
            whole=manifest.whole,
            verdict=manifest.verdict,
            manifest_digest=manifest.digest,
            reused_bytes=taken.reused_bytes,
            base=base.label if base else "",
            resumed=bool(remains),
        )
        archive = self._sealed(archive, seal, context)
        self._inventory.add(archive)
        return archive

    def verify(self, path: Path, context: Context) -> Verification:
        """Recompute every digest of an archive, sealed or not, and enter the outcome."""
        outcome = self._seals.verify(path, context)
        self._proofs.verified(path, outcome)
        return outcome

    def list_of(self, path: Path, context: Context) -> tuple[Entry, ...]:
        """Return what an archive holds."""
        with self._opened(path, context) as reader:
            return reader.entries

    # ------------------------------------------------------------ restore

    def preview(self, path: Path, place: Place, context: Context) -> TreePreview:
        """Say what a restore of `path` to `place` would change; nothing is written."""
        context.line.compress = True
        with (
            self._opened(path, context) as reader,
            self._open_ssh(place.ssh, context) as ssh,
        ):
            wanted, set_id = _safe(reader)
            now, look = present(ssh, place, reader, context)
            changes, _same = compare(wanted, now)
            here = {entry.path: entry for entry in now}
            return TreePreview(
                path=path,
                place=place,
                changes=tuple(changes),
                unchanged=len(wanted) - sum(change.kind != "remove" for change in changes),
                send_bytes=travelling(wanted, here),
                set_id=tuple(set_id),
                kept=look.left_out if look else (),
                missing=look is None,
            )

    def restore(self, path: Path, place: Place, context: Context, *, confirm: str) -> FileRestore:
        """Make the directory what the archive holds; `confirm` is its last name, typed by a person.

        The new tree is built beside, proved there by its digests, and exchanged with the old one,
        which is kept for `undo`.  Failed, cancelled or cut off, the old directory stands untouched.
        Raises `OpsError`, or `ProofFailed` where the archive or what was built is not as it should.
        """
        if confirm != place.name:
            raise OpsError(
                tr("“{typed}” is not the name of the directory.", typed=confirm),
                hint=tr("Type “{name}” to confirm.", name=place.name),
                unharmed=tr("The directory is as it was."),
            )
        begun, clock = _now(), time.monotonic()
        context.line.compress = True
        with self._alone(place), self._seals.opened(path, context) as plain:
            outcome = self._seals.verify(plain, context)
            if not outcome.ok:
                raise ProofFailed(
                    tr("The archive {path} is broken: {fault}", path=path,
                       fault=(outcome.faults or ("?",))[0]),
                    hint=tr("Choose another backup."),
                    unharmed=tr("The directory is as it was."),
                )  # fmt: skip
            with TreeReader(plain, label=path.name) as reader:
                return self._replace(reader, path, place, context, begun, clock)

    def undo(self, restored_id: str, context: Context) -> FileRestore:
        """Exchange the directory with the one that a restore replaced; again brings it back."""
        done = self._ledger.get(restored_id)
        if not done.undoable:
            raise OpsError(
                tr("There was no directory before this restore."),
                hint=tr("Choose one of the backups instead."),
            )
        with self._alone(done.place), self._open_ssh(done.place.ssh, context) as ssh:
            put_right(ssh, done.place, self._ledger, context)
            Replacing(ssh, done.place.folder, done.id, context).undo()
        return self._ledger.set(restored_id, undone=not done.undone)

    def discard(self, restored_id: str, context: Context) -> FileRestore:
        """Delete the directory that a restore replaced and that was kept for undoing."""
        done = self._ledger.get(restored_id)
        with self._alone(done.place), self._open_ssh(done.place.ssh, context) as ssh:
            Replacing(ssh, done.place.folder, done.id, context).discard()
        return self._ledger.set(restored_id, undoable=False)

    def recover(self, place: Place, context: Context) -> tuple[str, ...]:
        """Put right what interrupted restores left beside a directory; say what, in sentences."""
        with self._alone(place), self._open_ssh(place.ssh, context) as ssh:
            return put_right(ssh, place, self._ledger, context)

    # ------------------------------------------------------------ inside

    def _replace(
        self,
        reader: TreeReader,
        path: Path,
        place: Place,
        context: Context,
        begun: datetime,
        clock: float,
    ) -> FileRestore:
        wanted, set_id = _safe(reader)
        identity = uuid7()
        with self._open_ssh(place.ssh, context) as ssh:
            put_right(ssh, place, self._ledger, context)
            now, look = present(ssh, place, reader, context)
            changes, _same = compare(wanted, now)
            replacing = Replacing(ssh, place.folder, identity, context)
            restoring = Restoring(ssh, place, reader, wanted, replacing, context)
            meant = FileRestore(
                id=identity,
                at=begun,
                seconds=0.0,
                place=place,
                archive=str(path),
                added=sum(change.kind == "add" for change in changes),
                changed=sum(change.kind in ("change", "mode") for change in changes),
                removed=sum(change.kind == "remove" for change in changes),
                sent_bytes=0,
                undoable=look is not None,
                undone=False,
                notes=tuple(
                    tr("{path} lost its right to run as its owner or group.", path=shown(one))
                    for one in set_id
                ),
            )
            self._ledger.begin(meant)
            try:
                restoring.build(now, look.left_out if look else ())
                restoring.prove()
                replacing.swap()
            except BaseException:
                if self._clear(ssh, replacing):
                    self._ledger.forget(identity)
                raise
        seconds = time.monotonic() - clock
        done = replace(meant, seconds=seconds, sent_bytes=restoring.sent_bytes)
        self._ledger.add(done)
        with suppress(Cancelled):  # too late: it is done
            context.progress(100, tr("Restore of {folder} done", folder=place.folder))
        return done

    def _clear(self, ssh: Ssh, replacing: Replacing) -> bool:
        """Remove what was built, with a fresh context: the old one may be cancelled.

        Says whether that is known to be gone, and the old directory in its place.
        """
        if ssh.alive:
            with suppress(OpsError):  # the next restore finds it and puts it right
                fresh = Replacing(ssh, replacing.folder, replacing.id, Context())
                return fresh.clear() != "done"
        return False

    def _runs(self, place: Place) -> bool:
        """Say whether a program of this machine works on a directory now."""
        try:
            with self._alone(place):
                return False
        except locks.Busy:
            return True

    def _alone(self, place: Place) -> AbstractContextManager[None]:
        tag = re.sub(r"[^\w.-]+", "_", f"{place.source}-{place.ssh.port}")[-120:]
        what = tr("Work on {folder}", folder=place.folder)
        return locks.held(self._lock_folder / f"files-{tag}.lock", what)

    @contextmanager
    def _opened(self, path: Path, context: Context) -> Iterator[TreeReader]:
        with (
            self._seals.opened(path, context) as plain,
            TreeReader(plain, label=path.name) as reader,
        ):
            yield reader

    def _base(self, place: Place, stack: ExitStack, context: Context) -> TreeReader | None:
        """Open the newest archive of the directory that can be opened."""
        for archive in self._inventory.all():
            if archive.source != place.source or not archive.exists or archive.verified is False:
                continue
            try:
                plain = stack.enter_context(self._seals.opened(archive.path, context))
                return stack.enter_context(TreeReader(plain, label=archive.path.name))
            except NoIdentity:
                name = archive.path.name
                context.note(
                    tr("{file} is sealed and no key here opens it: all files travel.", file=name)
                )
                return None
            except OpsError as error:
                context.note(error.message)
        return None

    def _sealed(self, archive: FileArchive, seal: bool | None, context: Context) -> FileArchive:
        if not (self._seals.on if seal is None else seal):
            return archive
        outcome = self._seals.verify(archive.path, context)
        written = self._seals.seal(archive.path, context)
        return replace(
            archive,
            path=written.path,
            file_bytes=written.file_bytes,
            verified=outcome.ok,
            verified_at=_now(),
        )

    def _new_path(self, place: Place, at: datetime) -> Path:
        name = re.sub(r"[^\w.-]+", "_", place.name) or "files"
        stamp = f"{at.astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        return self._archive_folder() / f"{name}-{stamp}.tar.zst"


def _safe(reader: TreeReader) -> tuple[list[Entry], list[str]]:
    """Return an archive's entries as they may be restored; raise `ProofFailed`."""
    safety.check(reader.entries)
    return safety.without_set_id(reader.entries)


def _remains(folder: Path, mark: str) -> Iterator[tuple[Remains, Path]]:
    """Open what attempts on a directory left that are over, newest first."""
    for path in attempts.interrupted(folder, mark):
        with LeftOver(path) as found:
            over = locks.lock(found.fileno())
        if over:
            left = path if path.name.endswith(attempts.LEFT) else attempts.set_aside(path)
            yield Remains(left), left


def _now() -> datetime:
    """Return the time to the millisecond, which is what the store keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
