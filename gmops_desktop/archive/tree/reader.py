"""Reads an archive of a directory: its list, and the content of any file.

What is read may have been made to harm: no frame becomes larger than what this program writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import zstandard

from gmops_desktop.archive.framed import Framed
from gmops_desktop.archive.frames import Damaged, Frame
from gmops_desktop.archive.tree.manifest import TreeManifest, unlisted
from gmops_desktop.archive.tree.packing import header
from gmops_desktop.contract.trees import LARGE, Entry
from gmops_desktop.language import tr

LARGEST: Final = 4 * LARGE  # bytes of a frame's content; ours stay below a third of it
_LARGEST_MANIFEST: Final = 256 << 20


class TreeReader(Framed):
    """An archive opened by its seek table, manifest and list; `ProofFailed` where it has none."""

    def __init__(self, path: Path, *, label: str = "") -> None:
        super().__init__(path, label=label)
        with self._opening(tr("{path} is not a whole archive of files.", path=path)):
            self.manifest = TreeManifest.parse(self._trailer())
            self.entries: tuple[Entry, ...] = tuple(self._listed())

    def stored(self, number: int) -> tuple[bytes, int]:
        """Return a frame as it is stored, proved by the manifest, and its content's size.

        Raises `Damaged`.
        """
        raw = self._raw(number)
        if hashlib.sha256(raw).hexdigest() != self.manifest.frames[number]:
            raise Damaged("digest of the manifest")
        return raw, self.frames[number].content_size

    def frame(self, number: int) -> bytes:
        """Return a frame's content, proved by the manifest; raise `Damaged`."""
        return unpacked(self.stored(number)[0], self.frames[number])

    def block(self, entry: Entry, number: int) -> bytes:
        """Return a block of a large file; raise `Damaged` where its digest does not hold."""
        content = self.frame(entry.frame + 1 + number)[: entry.block_size(number)]
        if hashlib.sha256(content).hexdigest() != entry.blocks[number]:
            raise Damaged("digest of a block")
        return content

    def content(self, entry: Entry) -> bytes:
        """Return the content of a file that is not large; raise `Damaged`."""
        return content_in(self.frame(entry.frame), entry)

    def _trailer(self) -> bytes:
        last = len(self.frames) - 1
        return unpacked(self._raw(last), self.frames[last], _LARGEST_MANIFEST)

    def _listed(self) -> Iterator[Entry]:
        """Return the entries, each proved to lie in the frames there are."""
        manifest = self.manifest
        if not 0 < manifest.listed <= len(manifest.frames) == len(self.frames) - 1:
            raise Damaged("place of the list")
        for number in range(manifest.listed, len(manifest.frames)):
            for entry in unlisted(self.frame(number)):
                last = entry.frame + (len(entry.blocks) if entry.large else 0)
                if not 0 <= entry.frame <= last < manifest.listed:
                    raise Damaged("place of an entry")
                yield entry


def unpacked(raw: bytes, frame: Frame, most: int = LARGEST) -> bytes:
    """Return a stored frame's content, which the seek table gives a size; raise `Damaged`.

    A frame that would swell beyond `most` bytes, or beyond what it says itself, is not unpacked.
    """
    try:
        stated = zstandard.get_frame_parameters(raw).content_size
        if stated != frame.content_size or stated > most:
            raise Damaged("content size")
        return zstandard.ZstdDecompressor().decompress(raw, max_output_size=stated)
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from error


def content_in(frame: bytes, entry: Entry) -> bytes:
    """Return a file's content out of its frame's; raise `Damaged` where the digest is another."""
    begin = entry.at + len(header(entry))
    content = frame[begin : begin + entry.size]
    if entry.at < 0 or hashlib.sha256(content).hexdigest() != entry.digest:
        raise Damaged("digest of a file")
    return content
