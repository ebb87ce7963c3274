"""A file of frames, any of which may be read at any time, by several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from gmops_desktop.archive.frames import Damaged, Frame, read_seek_table
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr


class Framed:
    """A file opened by its seek table, which each kind of archive reads as its own.

    `label` is the name it is known by, where `path` is but the plain copy of a sealed one.
    """

    def __init__(self, path: Path, *, label: str = "") -> None:
        self.path = path
        self.label = label or path.name
        self.frames: tuple[Frame, ...] = ()
        self._lock = threading.Lock()  # one file position, several readers
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise cannot_read(path, error) from error

    @property
    def packed(self) -> float:
        """The part of its contents' bytes that the archive takes."""
        plain = sum(frame.content_size for frame in self.frames)
        return sum(frame.size for frame in self.frames) / plain if plain else 1.0

    @contextmanager
    def _opening(self, refusal: str) -> Iterator[None]:
        """Read the seek table, then in the block what an archive says of itself; `ProofFailed` with
        the sentence `refusal` where that is not there."""
        try:
            self.frames = read_seek_table(self._file)
            yield
        except (Damaged, IndexError) as error:
            self.close()
            raise ProofFailed(
                refusal,
                hint=tr("Verify it to learn what is wrong with it, and use another archive."),
            ) from error
        except OSError as error:
            self.close()
            raise cannot_read(self.path, error) from error

    def _raw(self, number: int) -> bytes:
        """Return a frame as it is stored."""
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
