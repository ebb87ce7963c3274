"""Writes an archive so that no half of it can be taken for a whole.

Frames go to `NAME.part`, in order, compressed by a few threads; only when the manifest and the seek
table stand at the end and everything is on the disk does the file get its name.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from gmops_desktop.archive import attempts
from gmops_desktop.archive.frames import LEVEL, Frame, compress, measure, seek_table, store
from gmops_desktop.archive.manifest import SegmentRecord, TableRecord
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder, write_atomically

_THREADS: Final = 2
_WORTH_KEEPING: Final = 256 << 10  # bytes of an interrupted attempt that the next may use
_AT_RISK: Final = 32 << 20  # bytes of an attempt that a power cut may take, or a few times as many
_WAITING: Final = 6  # contents held in memory until their turn to be written


@dataclass(frozen=True, slots=True)
class Written:
    """A finished archive: its SHA-256 is also in the sidecar beside it."""

    path: Path
    file_bytes: int
    sha256: str


class Closing(Protocol):
    """What closes an archive: the manifest of a database, or of files."""

    def trailer(self) -> bytes:
        """Return the content of the last frame."""


@dataclass(frozen=True, slots=True)
class _Packed:
    frame: bytes
    content_size: int
    digest: str


class ArchiveWriter:
    """A new archive at `path`.  Leaving the block before `finish` removes what was written.

    With a `mark`, which names the database, an attempt that brought in enough to be worth it is
    left behind instead, for the next one (see `attempts`).  Several threads may add frames.
    """

    def __init__(self, path: Path, *, mark: str = "", level: int = LEVEL) -> None:
        self.path = path
        self.mark = mark
        self.part = path.with_name(path.name + attempts.PART)
        self.frames: list[Frame] = []
        self.digests: list[str] = []
        self.file_bytes = 0
        self._level = level
        self._count = 0
        self._finished = False
        self._full = False
        self._notes: deque[tuple[TableRecord, SegmentRecord, int]] = deque()
        self._waiting: deque[Future[_Packed]] = deque()
        self._sha256 = hashlib.sha256()
        self._lock = threading.RLock()
        with self._explained():
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            attempts.remove(self.part)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self.part, flags, 0o600), "wb")
            self._index = attempts.Index(self.part, mark) if mark else None
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="archive")
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="archive-disk")
        self._synced: Future[None] | None = None  # the last time that what was written then was
        self._safe = 0  # bytes that were written by then

    def add(self, content: bytes) -> int:
        """Append `content` as a frame of its own; return the frame's number, from 0."""
        with self._lock:
            return self._take(self._pool.submit(_pack, content, self._level))

    def copy(self, frame: bytes, content_size: int) -> int:
        """Append a frame of another archive as it is stored; return the frame's number here."""
        with self._lock:
            return self._take(self._pool.submit(_packed, frame, content_size))

    def run(self) -> AbstractContextManager[object]:
        """Keep what is added inside the block together: no other thread's frame comes between."""
        return self._lock

    def remember(self, table: TableRecord, segment: SegmentRecord, last: int) -> None:
        """Let a later attempt find a segment, whose frames end with the frame `last`."""
        if self._index:
            with self._lock:
                self._notes.append((table, segment, last))

    def fileno(self) -> int:
        """Return the number of the file that is written, for a lock."""
        return self._file.fileno()

    def settle(self) -> None:
        """Wait until every frame is written, so that `digests` has them all."""
        self._write_waiting(0)
        self._note()

    def finish(self, manifest: Closing) -> Written:
        """Close the archive with its manifest and seek table, and give it its name."""
        self.settle()
        trailer = manifest.trailer()
        stored = store(trailer)
        self.frames.append(measure(stored, self.file_bytes, len(trailer)))
        with self._explained():
            self._append(stored)
            self._append(seek_table(self.frames))
            self._file.flush()
            self._await_disk()
            os.fsync(self._file.fileno())
            self._file.close()
            digest = self._sha256.hexdigest()
            # The sidecar first: a name without its file is harmless, a file half announced is not.
            write_sidecar(self.path, digest)
            os.replace(self.part, self.path)
            sync_folder(self.path.parent)
        self._finished = True
        return Written(self.path, self.file_bytes, digest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._index and not self._finished and not self._full:
            with contextlib.suppress(OpsError):  # what came over the line is worth a last try
                self.settle()
        self._pool.shutdown(cancel_futures=True)
        self._disk.shutdown()  # before the file's number is another file's
        with contextlib.suppress(OSError):  # a full disk is told once, by the write that met it
            self._file.close()
            if self._index:
                self._index.close()
        worth = self._index and self.file_bytes > _WORTH_KEEPING and not self._full
        if self._finished or not worth:
            attempts.remove(self.part)
        if not self._finished and not self.path.exists():
            sidecar(self.path).unlink(missing_ok=True)

    def _take(self, packed: Future[_Packed]) -> int:
        self._waiting.append(packed)
        self._write_waiting(_WAITING)
        self._count += 1
        return self._count - 1

    def _write_waiting(self, allowed: int) -> None:
        # What is packed goes to disk at once: after a crash the next attempt finds it there.
        while self._waiting and (len(self._waiting) > allowed or self._waiting[0].done()):
            packed = self._waiting.popleft().result()
            self.frames.append(measure(packed.frame, self.file_bytes, packed.content_size))
            self.digests.append(packed.digest)
            with self._explained():
                self._append(packed.frame)
                self._note()

    def _note(self) -> None:
        """Enter what is in the file now into the index."""
        while self._index and self._notes and self._notes[0][2] < len(self.frames):
            table, segment, last = self._notes.popleft()
            self._file.flush()
            numbers = range(segment.frame, last + 1)
            self._index.add(table, segment, [(n, self.frames[n], self.digests[n]) for n in numbers])

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)
        self.file_bytes += len(data)
        if self.file_bytes - self._safe >= _AT_RISK and (not self._synced or self._synced.done()):
            # Beside the work: at the end there is little left to wait for.
            self._await_disk()
            self._file.flush()
            self._safe = self.file_bytes
            self._synced = self._disk.submit(self._sync)

    def _sync(self) -> None:
        """Bring what was written, and what tells of it, to the disk."""
        os.fsync(self._file.fileno())
        if self._index:
            self._index.sync()

    def _await_disk(self) -> None:
        """Wait until the disk has taken what it was given; what it refuses is told only once."""
        if synced := self._synced:
            self._synced = None
            synced.result()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the disk refuses into a sentence."""
        try:
            yield
        except FileExistsError as error:
            raise OpsError(
                tr("{path} exists already.", path=self.path),
                hint=tr("Choose another name; an archive is never overwritten."),
                unharmed=tr("The file there is unchanged."),
            ) from error
        except OSError as error:
            self._full = full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise OpsError(
                tr(
                    "The archive {path} could not be written: {why}.",
                    path=self.path,
                    why=error.strerror or error,
                ),
                hint=tr("Free some space on the disk, or choose another folder.")
                if full
                else tr("Check that the folder exists and may be written to, or choose another."),
                unharmed=tr("No incomplete archive was left behind."),
            ) from error


def sidecar(path: Path) -> Path:
    """Return where the archive's SHA-256 stands, in the form of `sha256sum`."""
    return path.with_name(path.name + ".sha256")


def write_sidecar(path: Path, sha256: str) -> None:
    """State an archive's SHA-256 beside it; only who alone writes `path` may."""
    target = sidecar(path)
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.part"):  # by a killed program
        left.unlink(missing_ok=True)
    write_atomically(target, f"{sha256}  {path.name}\n".encode(), 0o644)


def _pack(content: bytes, level: int) -> _Packed:
    frame = compress(content, level)
    return _packed(frame, len(content))


def _packed(frame: bytes, content_size: int) -> _Packed:
    return _Packed(frame, content_size, hashlib.sha256(frame).hexdigest())
