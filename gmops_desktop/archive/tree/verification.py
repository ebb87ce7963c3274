"""Proves an archive of a directory from its bytes alone, and names every fault it finds.

What a stock `tar` would restore and what this program would are held against each other: each
frame must be, byte for byte, the tar of the entries that the list puts there.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from gmops_desktop.archive import damage
from gmops_desktop.archive import verification as sql
from gmops_desktop.archive.frames import Damaged, Frame
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.tree import safety
from gmops_desktop.archive.tree.manifest import TITLE, TreeManifest, unlisted
from gmops_desktop.archive.tree.packing import SIGNATURE, body, header, signature
from gmops_desktop.archive.tree.reader import LARGEST, content_in, unpacked
from gmops_desktop.archive.verification import Verification
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import Entry, shown
from gmops_desktop.language import tr

_MANIFEST_AT_MOST = 256 << 20


def verify(path: Path, context: Context) -> Verification:
    """Recompute everything that can be recomputed from `path`, of a database or of files.

    Raises `OpsError` where the file cannot be read at all.
    """
    if not is_tree(path):
        return sql.verify(path, context)
    begun = time.monotonic()
    try:
        with path.open("rb") as file:
            shape = damage.container(file)
            proof = _Proof(file, shape.frames, context)
            faults = [*shape.faults, *proof.faults()]
            if not faults:  # what is damaged does not fit its sidecar anyway
                faults += sql.sidecar_faults(path, file, context)
    except OSError as error:
        raise cannot_read(path, error) from error
    return Verification(
        ok=not faults,
        faults=tuple(faults),
        frames=len(shape.frames),
        rows=0,
        text_bytes=proof.manifest.content_bytes if proof.manifest else 0,
        file_bytes=shape.size,
        seconds=time.monotonic() - begun,
        files=proof.manifest.entries if proof.manifest else 0,
    )


def is_tree(path: Path) -> bool:
    """Say whether a file is an archive of a directory of ours, whole or not."""
    try:
        with path.open("rb") as file:
            frames = damage.container(file).frames
            if not frames:
                return False
            return _holds(file, frames[0], SIGNATURE.encode()) or _holds(file, frames[-1], TITLE)
    except OSError:
        return False  # told by who opens it


def _holds(file: BinaryIO, frame: Frame, words: bytes) -> bool:
    file.seek(frame.offset)
    try:
        head = unpacked(file.read(frame.size), frame, _MANIFEST_AT_MOST)[:1024]
        return b" comment=" + words in head
    except Damaged:
        return False


class _Proof:
    """One pass over an archive."""

    def __init__(self, file: BinaryIO, frames: Sequence[Frame], context: Context) -> None:
        self._file, self._frames, self._context = file, frames, context
        self.manifest: TreeManifest | None = None

    def faults(self) -> Iterator[str]:
        """Return what is wrong, in sentences."""
        try:
            trailer = self._content(len(self._frames) - 1, _MANIFEST_AT_MOST)
            self.manifest = TreeManifest.parse(trailer)
        except (Damaged, IndexError) as fault:
            yield (
                tr("The manifest was edited: its digest does not fit its text.")
                if str(fault) == "manifest edited"
                else tr("The manifest is missing, so the content cannot be proved.")
            )
            yield from self._unsaid()
            return
        if len(self.manifest.frames) != len(self._frames) - 1:
            yield tr(
                "The archive has {found} frames, and its manifest names {named}.",
                found=len(self._frames) - 1,
                named=len(self.manifest.frames),
            )
            return
        if wrong := list(self._strangers(self.manifest)):
            yield from wrong
            return
        yield from self._entries(self.manifest)

    def _unsaid(self) -> Iterator[str]:
        for number, frame in enumerate(self._frames[:-1]):
            self._context.progress(99 * number // len(self._frames), tr("Verifying the files"))
            if part := damage.part_of(self._raw(number), frame):
                yield damage.damaged(part, number, frame, tr("files"))

    def _strangers(self, manifest: TreeManifest) -> Iterator[str]:
        """Hold every stored frame against the manifest's digest of it."""
        for number, digest in enumerate(manifest.frames):
            self._context.progress(49 * number // len(manifest.frames), tr("Verifying the files"))
            raw, frame = self._raw(number), self._frames[number]
            if frame.content_size > LARGEST:
                yield tr(
                    "Frame {number} would swell to {size} MB: no archive of this program does.",
                    number=number,
                    size=frame.content_size >> 20,
                )
            elif hashlib.sha256(raw).hexdigest() != digest:
                part = damage.part_of(raw, frame)
                yield (
                    damage.damaged(part, number, frame, tr("files"))
                    if part
                    else tr("Frame {number}, from byte {offset}, is not the manifest's: {name}.",
                            number=number, offset=frame.offset, name=tr("files"))
                )  # fmt: skip

    def _entries(self, manifest: TreeManifest) -> Iterator[str]:
        """Hold the tar against the list."""
        entries: list[Entry] = []
        try:
            for number in range(manifest.listed, len(manifest.frames)):
                entries += unlisted(self._content(number))
        except Damaged:
            yield tr("The list of files is not one that this program writes.")
            return
        files = [entry for entry in entries if entry.kind == "file"]
        said = (manifest.entries, manifest.files, manifest.content_bytes)
        if said != (len(entries), len(files), sum(entry.size for entry in files)):
            yield tr("The manifest contradicts itself: its totals are not those of its list.")
        if wrong := safety.faults(entries):
            yield from wrong
            return
        yield from self._tar(entries, manifest.listed)

    def _tar(self, entries: Sequence[Entry], listed: int) -> Iterator[str]:
        expected = 0
        if self._content(expected) != signature():
            yield tr("The tar does not begin as one of this program.")
        expected += 1
        for frame, several in groupby(entries, key=lambda entry: entry.frame):
            together = list(several)
            self._context.progress(50 + 49 * expected // listed, tr("Verifying the files"))
            if frame != expected or (len(together) > 1 and any(one.large for one in together)):
                yield tr("The list puts {path} where it cannot be.", path=shown(together[0].path))
                return
            yield from self._group(together)
            expected += 1 + len(together[0].blocks)
        if expected != listed:
            yield tr("The tar does not end where its list does.")

    def _group(self, entries: Sequence[Entry]) -> Iterator[str]:
        entry, at = entries[0], 0
        try:
            found = self._content(entry.frame)
            for entry in entries:
                head = header(entry)
                if entry.at != at or found[at : at + len(head)] != head:
                    yield tr("The tar tells of {path} otherwise than the list.",
                             path=shown(entry.path))  # fmt: skip
                    return
                at += len(head)
                if entry.kind == "file" and not entry.large:
                    content = content_in(found, entry)
                    filled = body(content)
                    if found[at : at + len(filled)] != filled:
                        raise Damaged("filling")
                    at += len(filled)
                for number, digest in enumerate(entry.blocks if entry.large else ()):
                    self._block(entry, number, digest)
            if at != len(found):
                yield tr("The tar holds more than its list, beside {path}.",
                         path=shown(entries[-1].path))  # fmt: skip
        except Damaged:
            yield tr("The content of {path} does not fit its digest.", path=shown(entry.path))

    def _block(self, entry: Entry, number: int, digest: str) -> None:
        size = entry.block_size(number)
        found = self._content(entry.frame + 1 + number)
        last = number == entry.block_count - 1
        if found != body(found[:size], last=last) or len(found[:size]) != size:
            raise Damaged("filling")
        if hashlib.sha256(found[:size]).hexdigest() != digest:
            raise Damaged("digest of a block")

    def _content(self, number: int, most: int = LARGEST) -> bytes:
        return unpacked(self._raw(number), self._frames[number], most)

    def _raw(self, number: int) -> bytes:
        frame = self._frames[number]
        self._file.seek(frame.offset)
        return self._file.read(frame.size)
