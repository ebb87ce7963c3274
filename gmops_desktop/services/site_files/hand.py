"""What is in hand of a directory's contents: an earlier archive, and what an attempt left behind.

Nothing is trusted because it lies on this disk: whatever is used is hashed first.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from gmops_desktop.archive.frames import Damaged, decompress, walk
from gmops_desktop.archive.tree.packing import Group
from gmops_desktop.archive.tree.reader import LARGEST, TreeReader, content_in
from gmops_desktop.contract.trees import BLOCK, LARGE, Entry


class Hand(Protocol):
    """Where contents may be had by their digests."""

    label: str

    def find(self, digest: str) -> bytes | None:
        """Return the content with this digest, proved, or None."""

    def frame_of(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the frame of a group with this key as it is stored, and its content's size."""

    def block_frame(self, digest: str) -> tuple[bytes, int] | None:
        """Return the frame of a block as it is stored, and its content's size."""


class Earlier:
    """The contents of a whole archive."""

    def __init__(self, reader: TreeReader) -> None:
        self.label = reader.label
        self.entries = {entry.path: entry for entry in reader.entries}
        self._reader = reader
        self._files: dict[str, Entry] = {}
        self._blocks: dict[str, tuple[Entry, int]] = {}
        self._groups: dict[bytes, int] = {}
        self._last: tuple[int, bytes] = (-1, b"")
        for frame, together in groupby(reader.entries, key=lambda entry: entry.frame):
            group = Group(tuple(together))
            self._groups[group.key] = frame
            for entry in group.entries:
                if entry.large:
                    numbered = enumerate(entry.blocks)
                    self._blocks |= {digest: (entry, number) for number, digest in numbered}
                elif entry.kind == "file":
                    self._files[entry.digest] = entry

    def has(self, digest: str) -> bool:
        """Say whether a content is said to be here."""
        return digest in self._files or digest in self._blocks

    def find(self, digest: str) -> bytes | None:
        """Return the content with this digest, proved, or None."""
        try:
            if entry := self._files.get(digest):
                return content_in(self._frame(entry.frame), entry)
            if found := self._blocks.get(digest):
                return self._reader.block(*found)
        except Damaged:
            return None
        return None

    def frame_of(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the frame of a group with this key as it is stored, proved, and its size."""
        return self._stored(self._groups.get(key))

    def block_frame(self, digest: str) -> tuple[bytes, int] | None:
        """Return the frame of a block as it is stored, proved, and its size."""
        found = self._blocks.get(digest)
        return self._stored(found[0].frame + 1 + found[1]) if found else None

    def _stored(self, number: int | None) -> tuple[bytes, int] | None:
        try:
            return None if number is None else self._reader.stored(number)
        except Damaged:
            return None

    def _frame(self, number: int) -> bytes:
        """Unpack a frame once for the files in it, which are asked for in order."""
        if self._last[0] != number:
            self._last = (number, self._reader.frame(number))
        return self._last[1]


@dataclass(frozen=True, slots=True)
class _Spot:
    offset: int  # of the frame in the file
    length: int
    at: int  # of the content in the frame
    size: int


class Remains:
    """The contents of an attempt that did not come to its end: a tar in frames, cut anywhere."""

    def __init__(self, path: Path) -> None:
        self.label = path.name
        self._path = path
        self._spots: dict[str, _Spot] = {}
        self._last: tuple[int, bytes] = (-1, b"")
        with path.open("rb") as file:
            following = 0  # bytes of a large file that come in frames of their own
            for frame in walk(file).frames:
                file.seek(frame.offset)
                if not 0 <= frame.content_size <= LARGEST:
                    break
                try:
                    content = decompress(file.read(frame.size))
                except Damaged:
                    break
                if following:
                    size = min(following, BLOCK)
                    self._note(content[:size], _Spot(frame.offset, frame.size, 0, size))
                    following -= size
                    continue
                for info in _members(content):
                    if info.size >= LARGE:
                        following = info.size
                    elif info.isreg():
                        at = info.offset_data
                        part = content[at : at + info.size]
                        self._note(part, _Spot(frame.offset, frame.size, at, info.size))

    def has(self, digest: str) -> bool:
        """Say whether a content is said to be here."""
        return digest in self._spots

    def find(self, digest: str) -> bytes | None:
        """Return the content with this digest, proved, or None."""
        spot = self._spots.get(digest)
        if spot is None:
            return None
        if self._last[0] != spot.offset:
            with self._path.open("rb") as file:
                file.seek(spot.offset)
                self._last = (spot.offset, decompress(file.read(spot.length)))
        content = self._last[1][spot.at : spot.at + spot.size]
        return content if hashlib.sha256(content).hexdigest() == digest else None

    def frame_of(self, key: bytes) -> None:
        """Nothing says which group a frame is."""

    def block_frame(self, digest: str) -> None:
        """A block is packed anew."""

    def _note(self, content: bytes, spot: _Spot) -> None:
        self._spots[hashlib.sha256(content).hexdigest()] = spot


def _members(content: bytes) -> Iterator[tarfile.TarInfo]:
    """Return the headers in a frame, also that of a large file, whose content is elsewhere."""
    try:
        with tarfile.open(
            fileobj=io.BytesIO(content), encoding="utf-8", errors="surrogateescape"
        ) as tar:
            yield from iter(tar.next, None)
    except tarfile.TarError:
        return
