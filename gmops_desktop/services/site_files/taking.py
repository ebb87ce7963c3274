"""One archive of a directory: the server hashes what may have changed, and only that travels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gmops_desktop.adapters import site_tree
from gmops_desktop.adapters.site_tree import Look
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.archive.tree.manifest import TreeManifest, TreeSource, listing
from gmops_desktop.archive.tree.packing import Group, body, groups, header, signature
from gmops_desktop.archive.writer import ArchiveWriter, Written
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import BLOCK, LARGE, ZEROS, Entry, TreeRemark, shown
from gmops_desktop.language import tr
from gmops_desktop.services.site_files.hand import Earlier, Remains
from gmops_desktop.services.site_files.places import Place


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished archive, and how many bytes of its contents were in hand."""

    written: Written
    manifest: TreeManifest
    reused_bytes: int


def hashed(
    ssh: Ssh,
    folder: str,
    look: Look,
    known: Mapping[str, Entry],
    context: Context,
) -> tuple[list[Entry], list[TreeRemark]]:
    """Return the entries with their digests, and what could not be read.

    The server is asked only about files that `known` does not have with the same inode, size and
    times.
    """
    done: dict[str, Entry] = {}
    asked: list[Entry] = []
    for entry in look.entries:
        before = known.get(entry.path)
        if entry.kind != "file":
            done[entry.path] = entry
        elif before and before.kind == "file" and before.settled and before.stamp == entry.stamp:
            done[entry.path] = replace(entry, digest=before.digest, blocks=before.blocks)
        else:
            asked.append(entry)
    small = [entry for entry in asked if not entry.large]
    text = tr("Hashing on the server")
    count = max(1, len(asked))
    found, refused = site_tree.digests(
        ssh, folder, small, context, lambda told: context.progress(19 * told // count, text)
    )
    remarks = [_unread(path, why) for path, why in refused.items()]
    for entry in asked:
        if not entry.large:
            if digest := found.get(entry.path):
                done[entry.path] = replace(entry, digest=digest)
            continue
        context.progress(19, tr("Hashing {name}", name=shown(entry.path)))
        blocks = site_tree.block_digests(ssh, folder, entry, context)
        # What cannot be opened looks like a file without content.
        nothing = hashlib.sha256(b"").hexdigest()
        if len(blocks) != entry.block_count or blocks[0] == nothing:
            remarks.append(_unread(entry.path, ""))
        else:
            done[entry.path] = replace(entry, blocks=blocks)
    kept = [done[entry.path] for entry in look.entries if entry.path in done]
    return [one for one in kept if one.kind != "hard" or one.target in done], remarks


def _unread(path: str, why: str) -> TreeRemark:
    if "No such file" in why:
        return TreeRemark("vanished", shown(path))
    return TreeRemark("unreadable", shown(path), why or "?")


class Taking:
    """One run; `hands` are looked through in their order before the server is asked."""

    def __init__(
        self,
        ssh: Ssh,
        place: Place,
        hands: Sequence[Earlier | Remains],
        writer: ArchiveWriter,
        context: Context,
    ) -> None:
        self._ssh, self._place, self._hands = ssh, place, hands
        self._writer, self._context = writer, context
        self._remarks: list[TreeRemark] = []
        self._kept: list[Entry] = []
        self._lost: set[str] = set()  # files that went away: their other names go, too
        self._reused = 0
        self._done = 0
        self._all = 1

    def run(
        self, entries: Sequence[Entry], remarks: Sequence[TreeRemark], begun: datetime, tool: str,
        now: Callable[[], datetime],
    ) -> Taken:  # fmt: skip
        """Write everything, and close the archive."""
        self._all = max(1, sum(entry.size for entry in entries))
        writer = self._writer
        writer.add(signature())
        wanted = [
            entry
            for entry in entries
            if entry.kind == "file" and not entry.large and not self._in_hand(entry.digest)
        ]
        fetched = _Fetched(site_tree.files(self._ssh, self._place.folder, wanted, self._context))
        missing = {entry.path for entry in wanted}
        for group in groups(entries):
            if group.large:
                self._add_large(group.large)
            else:
                self._add_group(group, fetched, missing)
        listed = -1
        for piece in listing(self._kept):
            number = writer.add(piece)
            listed = number if listed < 0 else listed
        writer.settle()
        files = [entry for entry in self._kept if entry.kind == "file"]
        address = self._place.ssh
        manifest = TreeManifest(
            tool=tool,
            source=TreeSource(address.host, address.port, address.user, self._place.folder),
            begun=begun,
            ended=now(),
            excluded=self._place.excluded,
            remarks=(*remarks, *self._remarks),
            entries=len(self._kept),
            files=len(files),
            content_bytes=sum(entry.size for entry in files),
            listed=listed,
            frames=tuple(writer.digests),
        )
        with self._context.uncut():
            written = writer.finish(manifest)
        return Taken(written, manifest, self._reused)

    # ------------------------------------------------------------ small files

    def _add_group(self, group: Group, fetched: _Fetched, missing: set[str]) -> None:
        if not any(entry.path in missing or entry.target in self._lost for entry in group.entries):
            for hand in self._hands:
                if stored := hand.frame_of(group.key):
                    self._keep(group, self._writer.copy(*stored))
                    self._count(group.entries, reused=True)
                    return
        entries: list[Entry] = []
        parts: list[bytes] = []
        for entry in group.entries:
            content = b""
            if entry.kind == "hard" and entry.target in self._lost:
                continue
            if entry.kind == "file":
                read = self._read(entry, fetched if entry.path in missing else None)
                if read is None:
                    self._lost.add(entry.path)
                    self._remarks.append(TreeRemark("vanished", shown(entry.path)))
                    continue
                entry, content = read
                self._count([entry], reused=entry.path not in missing)
            entries.append(entry)
            parts += [header(entry), body(content)]
        if entries:
            self._keep(Group(tuple(entries)), self._writer.add(b"".join(parts)))

    def _read(self, entry: Entry, fetched: _Fetched | None) -> tuple[Entry, bytes] | None:
        """Return a file and its content; None where it is gone."""
        content = fetched.take(entry.path) if fetched else self._find(entry.digest)
        if content is not None and hashlib.sha256(content).hexdigest() == entry.digest:
            return replace(entry, size=len(content)), content
        return self._read_again(entry)

    def _read_again(self, entry: Entry) -> tuple[Entry, bytes] | None:
        """Read a file that changed since it was hashed; a second change is told."""
        folder = self._place.folder
        told, _refused = site_tree.digests(self._ssh, folder, [entry], self._context)
        read = dict(site_tree.files(self._ssh, folder, [entry], self._context))
        if entry.path not in read:
            return None
        content = read[entry.path][: LARGE - 1]  # what grew beyond is for the next archive
        digest = hashlib.sha256(content).hexdigest()
        if told.get(entry.path) != digest:
            self._remarks.append(TreeRemark("changed", shown(entry.path)))
        return replace(entry, size=len(content), digest=digest, settled=False), content

    # ------------------------------------------------------------ large files

    def _add_large(self, entry: Entry) -> None:
        """Write the header of a large file, then its blocks, each from where it is to be had."""
        place = self._writer.add(header(entry))
        wanted = [
            number
            for number, digest in enumerate(entry.blocks)
            if digest != ZEROS and not self._in_hand(digest)
        ]
        coming = site_tree.blocks(self._ssh, self._place.folder, entry, wanted, self._context)
        digests: list[str] = []
        for number, digest in enumerate(entry.blocks):
            name = tr("Reading {name}", name=shown(entry.path))
            self._context.progress(self._percent(), name, self._context.line.travelled)
            last = number == entry.block_count - 1
            if number in wanted:
                content = next(coming, b"")
            else:
                if self._copied(digest):
                    digests.append(digest)
                    self._done += entry.block_size(number)
                    continue
                content = bytes(BLOCK) if digest == ZEROS else self._find(digest) or b""
            content = self._sound_block(entry, number, content)
            self._writer.add(body(content, last=last))
            digests.append(hashlib.sha256(content).hexdigest())
            self._done += len(content)
            self._reused += 0 if number in wanted or digest == ZEROS else len(content)
        if tuple(digests) != entry.blocks:
            self._remarks.append(TreeRemark("changed", shown(entry.path)))
            entry = replace(entry, blocks=tuple(digests), settled=False)
        self._kept.append(replace(entry, frame=place, at=0))

    def _copied(self, digest: str) -> bool:
        for hand in self._hands:
            if stored := hand.block_frame(digest):
                self._writer.copy(*stored)
                self._reused += stored[1]
                return True
        return False

    def _sound_block(self, entry: Entry, number: int, content: bytes) -> bytes:
        """Return a block as it was hashed, or, where it changed, as it is at a second look."""
        if hashlib.sha256(content).hexdigest() == entry.blocks[number]:
            return content
        folder = self._place.folder
        again = next(site_tree.blocks(self._ssh, folder, entry, [number], self._context), b"")
        return again.ljust(entry.block_size(number), b"\0")  # it was cut: the verdict tells

    # ------------------------------------------------------------ both

    def _in_hand(self, digest: str) -> bool:
        return any(hand.has(digest) for hand in self._hands)

    def _find(self, digest: str) -> bytes | None:
        for hand in self._hands:
            if (content := hand.find(digest)) is not None:
                return content
        return None

    def _keep(self, group: Group, frame: int) -> None:
        self._kept += group.placed(frame)

    def _count(self, entries: Sequence[Entry], *, reused: bool) -> None:
        size = sum(entry.size for entry in entries)
        self._done += size
        self._reused += size if reused else 0
        text = tr("Reading {name}", name=shown(entries[0].path))
        self._context.progress(self._percent(), text, self._context.line.travelled)

    def _percent(self) -> int:
        return 20 + 79 * self._done // self._all if self._done < self._all else 99


class _Fetched:
    """Files as they come, in order; those that do not come are missing."""

    def __init__(self, coming: Iterator[tuple[str, bytes]]) -> None:
        self._coming = coming
        self._next: tuple[str, bytes] | None = None
        self._over = False

    def take(self, path: str) -> bytes | None:
        """Return the content of the next file if it is this one."""
        if self._next is None and not self._over:
            self._next = next(self._coming, None)
            self._over = self._next is None
        if self._next is not None and self._next[0] == path:
            content, self._next = self._next[1], None
            return content
        return None
