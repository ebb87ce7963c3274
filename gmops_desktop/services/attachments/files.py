"""The files themselves: each content once, under its own SHA-256, for its owner alone.

A file comes in as a part of its own, is flushed, and only then takes the name of its digest; so
what stands under a digest is whole, whenever the power fails.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from gmops_desktop.archive.files import new_file
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder
from gmops_desktop.services.attachments.kinds import HEAD

_BLOCK: Final = 1 << 20
_STALE: Final = timedelta(days=1)  # nobody is at a part, or looks at a copy, for so long
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Part:
    """A file on its way in: whole, known by its digest, and not yet named by anything."""

    path: Path
    sha256: str
    size: int
    head: bytes


class Files:
    """The folder of the attachments."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / "parts"
        self._lent = folder / "lent"

    def path(self, sha256: str) -> Path:
        """Return where a content lies, or would lie."""
        return self._folder / sha256[:2] / sha256

    def stored(self) -> Iterator[Path]:
        """Give every file that stands under a digest."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            if len(path.name) == 64:
                yield path

    # ------------------------------------------------------------ in

    def receive(
        self, source: BinaryIO, name: str, expected: int, limit: int, context: Context
    ) -> Part:
        """Copy `source` (called `name`, of about `expected` bytes) into a part of its own.

        Raises `OpsError` where it is larger than `limit` bytes, cannot be read, or the disk refuses
        it; then nothing is left behind.
        """
        with _written(self._parts, tr("No file was attached.")):
            self._make(self._parts)
            path = self._parts / secrets.token_hex(16)
            target = new_file(path)
        digest, size, head = hashlib.sha256(), 0, b""
        try:
            with target:
                while True:
                    with _read(name):
                        block = source.read(_BLOCK)
                    if not block:
                        break
                    size += len(block)
                    if size > limit:
                        raise too_large(name, max(size, expected), limit)
                    digest.update(block)
                    head += block[: HEAD - len(head)]
                    with _written(self._parts, tr("No file was attached.")):
                        target.write(block)
                    context.progress(round(100 * size / max(size, expected)), name)
                with _written(self._parts, tr("No file was attached.")):
                    target.flush()
                    os.fsync(target.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Part(path, digest.hexdigest(), size, head)

    def place(self, part: Part) -> None:
        """Let a part stand under its digest; one that stands there already, and whole, stays."""
        path = self.path(part.sha256)
        if self.whole(part.sha256):
            part.path.unlink(missing_ok=True)
            return
        with _written(path.parent, tr("No file was attached.")):
            self._make(path.parent)
            os.replace(part.path, path)
            sync_folder(path.parent)

    # ------------------------------------------------------------ out

    def size(self, sha256: str) -> int | None:
        """Return how many bytes lie under a digest, None where nothing does."""
        try:
            return self.path(sha256).stat().st_size
        except OSError:
            return None

    def whole(self, sha256: str) -> bool:
        """Whether the content is there, and is what its name says."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def read(self, sha256: str, name: str, most: int) -> bytes:
        """Return a whole content of up to `most` bytes, proved; raise `ProofFailed` if it is not
        what was attached, or is not there."""
        with self._opened(sha256, name) as file, _read_here(name):
            data = file.read(most + 1)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise damaged(name)
        return data

    def copy(self, sha256: str, name: str, target: Path, context: Context) -> None:
        """Write a proved copy to `target`, in one step at the end; an older file is replaced."""
        unharmed = tr("The attachment itself is not touched.")
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        digest, size = hashlib.sha256(), 0
        with self._opened(sha256, name) as file:
            total = os.fstat(file.fileno()).st_size
            with _written(target, unharmed):
                out = new_file(part)
            try:
                with out:
                    while True:
                        with _read_here(name):
                            block = file.read(_BLOCK)
                        if not block:
                            break
                        size += len(block)
                        digest.update(block)
                        with _written(target, unharmed):
                            out.write(block)
                        context.progress(round(100 * size / max(size, total)), name)
                    with _written(target, unharmed):
                        out.flush()
                        os.fsync(out.fileno())
                if digest.hexdigest() != sha256:
                    raise damaged(name)
                with _written(target, unharmed):
                    os.replace(part, target)
                    sync_folder(target.parent)
            except BaseException:
                part.unlink(missing_ok=True)
                raise

    def lend(self, sha256: str, name: str, context: Context) -> Path:
        """Return a proved copy under its own name, for another program to open: read only, in a
        folder of its own, removed by a later start."""
        folder = self._lent / secrets.token_hex(8)
        with _written(folder, tr("The attachment itself is not touched.")):
            self._make(self._lent)
            self._make(folder)
        path = folder / name
        self.copy(sha256, name, path, context)
        path.chmod(0o400)
        return path

    def _make(self, folder: Path) -> None:
        """Make a folder that its owner alone may enter, and ours above it."""
        for one in (self._folder, folder):  # `parents` alone would give those above any mode
            one.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _opened(self, sha256: str, name: str) -> BinaryIO:
        path = self.path(sha256)
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            raise ProofFailed(
                tr("The file of {name} is not on this machine.", name=name),
                hint=tr("It may lie where it was attached, or in a copy of the data folder: attach "
                        "the same file anew, or put it back as {path}.", path=path),
                unharmed=tr("The record still says what it was: name, size and SHA-256."),
            ) from error  # fmt: skip
        except OSError as error:
            raise _unreadable_here(name, error) from error

    # ------------------------------------------------------------ away

    def remove(self, sha256: str) -> None:
        """Remove a content that nothing names any more."""
        path = self.path(sha256)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OpsError(
                tr("{path} could not be removed: {why}.", path=path, why=error.strerror or error),
                hint=tr("Mend the folder's permissions; `gmops attachment verify` names what is "
                        "left."),
                unharmed=tr("The removal itself is recorded."),
            ) from error  # fmt: skip

    def sweep(self, now: datetime) -> None:
        """Remove what a killed program left: parts, and copies lent to other programs."""
        for path in (*self._parts.glob("*"), *self._lent.glob("*/*")):
            try:
                if now.timestamp() - path.stat().st_mtime > _STALE.total_seconds():
                    path.chmod(0o600)
                    path.unlink()
            except OSError:
                continue  # another program was quicker, or still has it open
        for folder in self._lent.glob("*"):
            if folder.is_dir() and not any(folder.iterdir()):
                _remove_folder(folder)


def too_large(name: str, size: int, limit: int) -> OpsError:
    """Return the refusal of a file beyond the limit."""
    return OpsError(
        tr("{name} has {size} MB; {limit} MB is the most for an attachment.",
           name=name, size=f"{size / 1e6:,.1f}", limit=f"{limit / 1e6:,.0f}"),
        hint=tr("Pack it, attach the part that matters, or raise the limit in the settings."),
        unharmed=tr("No file was attached."),
    )  # fmt: skip


def damaged(name: str) -> ProofFailed:
    """Return the refusal of a file that is not what was attached."""
    return ProofFailed(
        tr("{name} is damaged: the file here is not the one that was attached.", name=name),
        hint=tr("Attach the same file anew, which mends it, or take it from a copy of the data "
                "folder."),
        unharmed=tr("The record still says what it was: name, size and SHA-256."),
    )  # fmt: skip


@contextmanager
def _read(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: OSError) -> OpsError:
    """Return the refusal of a file that cannot be read, or vanished meanwhile."""
    return OpsError(
        tr("{name} could not be read: {why}.", name=name, why=error.strerror or error),
        hint=tr("Check that the file is still there (a stick, a network drive), then try again."),
        unharmed=tr("No file was attached."),
    )


@contextmanager
def _written(path: Path, unharmed: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OpsError(
            tr("{path} could not be written: {why}.", path=path, why=error.strerror or error),
            hint=tr("Free some space on the disk, or choose another folder.")
            if error.errno in _FULL
            else tr("Check that the folder exists and may be written to, or choose another."),
            unharmed=unharmed,
        ) from error


def _remove_folder(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # somebody put something there again
        return


@contextmanager
def _read_here(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreadable_here(name, error) from error


def _unreadable_here(name: str, error: OSError) -> OpsError:
    return OpsError(
        tr("{name} could not be read: {why}.", name=name, why=error.strerror or error),
        hint=tr("Mend the disk or the permissions of the data folder, then try again."),
        unharmed=tr("The record still says what it was: name, size and SHA-256."),
    )
