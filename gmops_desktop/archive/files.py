"""Files as they pass: hashed and counted on the way, made for their owner alone, and with a
sentence for what the disk refuses."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from gmops_desktop.archive.writer import sidecar
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Hashed:
    """Hashes and counts what passes; `after` hears the count, and may stop it by raising."""

    def __init__(
        self, file: BinaryIO | None, after: Callable[[int], object] = lambda count: None
    ) -> None:
        self._file, self._after = file, after
        self._sha256 = hashlib.sha256()
        self.count = 0

    @property
    def hexdigest(self) -> str:
        return self._sha256.hexdigest()

    def read(self, size: int = -1) -> bytes:
        assert self._file is not None
        data = self._file.read(size)
        self._note(data)
        return data

    def write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
        self._note(data)

    def _note(self, data: bytes) -> None:
        self._sha256.update(data)
        self.count += len(data)
        self._after(self.count)


def new_file(path: Path) -> BinaryIO:
    """Make a file for its owner alone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "w+b")


def stated_digest(path: Path) -> str:
    """Return the SHA-256 that the sidecar of `path` states, or nothing."""
    try:
        words = sidecar(path).read_text("utf-8").split()
    except (OSError, ValueError):
        return ""
    return words[0] if words and re.fullmatch("[0-9a-f]{64}", words[0]) else ""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence about `path`, which was to be written."""
    try:
        yield
    except FileExistsError as error:
        raise OpsError(
            tr("{path} exists already.", path=path),
            hint=tr("Choose another name; an archive is never overwritten."),
            unharmed=tr("The file there is unchanged."),
        ) from error
    except OSError as error:
        raise OpsError(
            tr("{path} could not be written: {why}.", path=path, why=error.strerror or error),
            hint=tr("Free some space on the disk, or choose another folder.")
            if error.errno in _FULL
            else tr("Check that the folder exists and may be written to, or choose another."),
            unharmed=tr("The archive itself is not touched."),
        ) from error
