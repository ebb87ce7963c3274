"""Reads an archive, any frame at a time."""

from __future__ import annotations

from pathlib import Path

from gmops_desktop.archive.framed import Framed, cannot_read
from gmops_desktop.archive.frames import Damaged, decompress
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.language import tr

__all__ = ["ArchiveReader", "cannot_read"]


class ArchiveReader(Framed):
    """An archive opened by its seek table and manifest; `ProofFailed` where it has none."""

    def __init__(self, path: Path, *, label: str = "") -> None:
        super().__init__(path, label=label)
        with self._opening(tr("{path} is not a whole archive.", path=path)):
            self.manifest = Manifest.parse(self.frame(len(self.frames) - 1))

    def frame(self, number: int) -> bytes:
        """Return a frame's content; raise `Damaged` where it does not fit its checksum."""
        return decompress(self._raw(number))

    def stored(self, number: int) -> tuple[bytes, int]:
        """Return a frame as it is stored, proved by the manifest, and its content's size.

        Raises `Damaged`.
        """
        raw = self._raw(number)
        if not self.manifest.proves(number, raw, lambda: decompress(raw)):
            raise Damaged("digest of the manifest")
        return raw, self.frames[number].content_size
