"""Reads an archive, any frame at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from gmops_desktop.archive.frames import Damaged, Frame, decompress, read_seek_table
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr


class ArchiveReader:
    """An archive opened by its seek table and manifest; `ProofFailed` where it has none.

    `label` is the name it is known by, where `path` is but the plain copy of a sealed one.
    """

    def __init__(self, path: Path, *, label: str = "") -> None:
        self.path = path
        self.label = label or path.name
        self._lock = threading.Lock()  # one file position, several readers
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise cannot_read(path, error) from error
        try:
            self.frames: tuple[Frame, ...] = read_seek_table(self._file)
            self.manifest = Manifest.parse(self.frame(len(self.frames) - 1))
        except (Damaged, IndexError) as error:
            self._file.close()
            raise ProofFailed(
                tr("{path} is not a whole archive.", path=path),
                hint=tr("Verify it to learn what is wrong with it, and use another archive."),
            ) from error
        except OSError as error:
            self._file.close()
            raise cannot_read(path, error) from error

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

    def _raw(self, number: int) -> bytes:
        frame = self.frames[number]
        with self._lock:
            self._file.seek(frame.offset)
            return self._file.read(frame.size)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def cannot_read(path: Path, error: OSError) -> OpsError:
    """Return the sentence for a file that the system does not let us read."""
    return OpsError(
        tr("The archive {path} cannot be read: {why}.", path=path, why=error.strerror or error),
        hint=tr("Check the name, the disk, and that you may read the file."),
    )
