"""One restore of a directory: built beside the old one, proved there, and exchanged with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gmops_desktop.adapters import site_tree
from gmops_desktop.adapters.site_tree import Look, NoFolder, Replacing
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.archive.frames import Damaged
from gmops_desktop.archive.tree.packing import END, body, header
from gmops_desktop.archive.tree.reader import TreeReader
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import ZEROS, Entry, shown
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.site_files.changes import compare
from gmops_desktop.services.site_files.places import Place
from gmops_desktop.services.site_files.taking import hashed


def present(
    ssh: Ssh, place: Place, reader: TreeReader, context: Context
) -> tuple[list[Entry], Look | None]:
    """Return what stands in the directory now, with digests; nothing where there is none."""
    try:
        look = site_tree.look(ssh, place.folder, reader.manifest.excluded, context)
    except NoFolder:
        return [], None
    known = {entry.path: entry for entry in reader.entries}
    own = reader.manifest.source
    same_place = (own.host, own.folder) == (place.ssh.host, place.folder)
    entries, _unreadable = hashed(ssh, place.folder, look, known if same_place else {}, context)
    return entries, look


class Restoring:
    """Makes the directory of `place` what `wanted`, the entries of an archive, are."""

    def __init__(
        self,
        ssh: Ssh,
        place: Place,
        reader: TreeReader,
        wanted: Sequence[Entry],
        replacing: Replacing,
        context: Context,
    ) -> None:
        self._ssh, self._place, self._reader = ssh, place, reader
        self._wanted, self._replacing, self._context = wanted, replacing, context
        self.sent_bytes = 0

    def build(self, now: Sequence[Entry], left_out: Sequence[str]) -> None:
        """Build the new tree beside the old one; `now` is what the old one holds."""
        here = {entry.path: entry for entry in now}
        _changes, same = compare(self._wanted, now)
        files = [entry for entry in self._wanted if entry.kind == "file"]
        new = self._replacing
        new.prepare(sum(entry.size for entry in files))
        folders = [entry for entry in self._wanted if entry.kind == "folder"]
        self._tell(30, tr("Building the directory on the server"))
        new.send(_tar(map(_open, folders)))
        copied = [
            entry for entry in files if entry.path in same and here[entry.path].kind == "file"
        ]
        new.keep([entry.path for entry in copied])
        new.dress([entry for entry in copied if _other(entry, here[entry.path])])
        kept = {entry.path for entry in copied}
        sent = [entry for entry in files if entry.path not in kept and not entry.large]
        links = [entry for entry in self._wanted if entry.kind in ("link", "hard")]
        self._tell(40, tr("Sending what differs"))
        for entry in files:
            if entry.large and entry.path not in kept:
                self._build_large(entry, here.get(entry.path))
        new.send(self._files([*sent, *links], sum(entry.size for entry in sent)))
        new.tie(left_out)
        new.send(_tar(folders))

    def prove(self) -> None:
        """Look at what was built and hash it there; raise `ProofFailed` where it differs."""
        self._tell(85, tr("Proving the new directory"))
        staging = self._replacing.staging
        look = site_tree.look(self._ssh, staging, self._reader.manifest.excluded, self._context)
        built, _remarks = hashed(self._ssh, staging, look, {}, self._context)
        changes, _same = compare(self._wanted, built)
        if changes:
            first = changes[0]
            raise ProofFailed(
                tr(
                    "The new directory is not the archive's in {count} places, the first of them"
                    " {path} ({detail}).",
                    count=len(changes),
                    path=shown(first.path),
                    detail=first.detail or first.kind,
                ),
                hint=tr("Owners can only be set by root: log in as root, or as the files' owner."),
                unharmed=tr("The directory is as it was."),
            )

    def _files(self, entries: Sequence[Entry], size: int) -> Iterator[bytes]:
        """Return the tar of what is sent, written anew from proved contents."""
        sent = 0
        for entry in entries:
            yield header(entry)
            if entry.kind == "file":
                yield body(self._proved(entry, None))
                sent += entry.size
                self.sent_bytes += entry.size
                share = 40 + 44 * sent // max(1, size)
                self._tell(share, tr("Sending {name}", name=shown(entry.path)))
        yield END

    def _build_large(self, entry: Entry, now: Entry | None) -> None:
        blocks = now.blocks if now and now.large else ()
        here = [
            number
            for number, digest in enumerate(entry.blocks)
            if blocks[number : number + 1] == (digest,) and digest != ZEROS
            and now is not None and now.block_size(number) == entry.block_size(number)
        ]  # fmt: skip
        there = set(here)
        runs: list[list[int]] = []
        for number, digest in enumerate(entry.blocks):
            if number in there or digest == ZEROS:
                continue
            if runs and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        self._tell(45, tr("Sending {name}", name=shown(entry.path)))
        content = [(run[0], self._run(entry, run)) for run in runs]
        self._replacing.build(entry, here, content)

    def _run(self, entry: Entry, run: Sequence[int]) -> Iterator[bytes]:
        for number in run:
            content = self._proved(entry, number)
            self.sent_bytes += len(content)
            yield content

    def _proved(self, entry: Entry, block: int | None) -> bytes:
        try:
            if block is None:
                return self._reader.content(entry)
            return self._reader.block(entry, block)
        except Damaged as error:
            raise ProofFailed(
                tr("The archive's content of {path} is damaged.", path=shown(entry.path)),
                hint=tr("Choose another backup."),
                unharmed=tr("The directory is as it was."),
            ) from error

    def _tell(self, percent: int, text: str) -> None:
        self._context.progress(percent, text, self._context.line.travelled)


def _tar(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        yield header(entry)
    yield END


def _open(folder: Entry) -> Entry:
    """Return a folder into which its maker may write, whatever it will be in the end."""
    return replace(folder, mode=0o700)


def _other(entry: Entry, now: Entry) -> bool:
    def dress(one: Entry) -> tuple[int, int, int, int]:
        return one.mode, one.uid, one.gid, one.mtime_ns

    return dress(entry) != dress(now)
