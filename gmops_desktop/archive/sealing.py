"""Sealed archives: `NAME.sql.zst.age` beside its SHA-256, and plain copies of them while they are
read.

Whoever holds only public keys can seal; only who holds one of the secret keys can read.  The
streams and keys themselves are in `age.py`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from gmops_desktop.archive import age
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.verification import Verification, verify
from gmops_desktop.archive.writer import Written, sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder, write_atomically

SUFFIX: Final = ".age"

Open = Callable[[Path, Context], AbstractContextManager[Path]]

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NoIdentity(OpsError):
    """A sealed archive, and no key at hand that opens it; nothing is wrong with the archive."""


class BrokenSeal(ProofFailed):
    """A sealed archive that is not what was sealed; `fault` says what is wrong with it."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(
            tr("The sealed archive {path} cannot be opened: {fault}", path=path, fault=fault),
            hint=tr("Choose another backup."),
            unharmed=tr("Nothing of it was used."),
        )
        self.fault = fault


class Seals:
    """What seals archives on this machine and opens them again.

    `recipients` are the public keys to which new archives are sealed; `identities` asks for the
    secret keys at hand, and may block while the keyring asks its user; both are asked each time.
    """

    def __init__(
        self,
        recipients: Callable[[], Sequence[str]],
        identities: Callable[[], Sequence[str]],
        copies: PlainCopies,
    ) -> None:
        self._recipients, self._identities = recipients, identities
        self._copies = copies

    def seal(self, path: Path, context: Context) -> Written:
        """Replace the archive at `path` by its sealed form, and return that."""
        return seal(path, self._recipients(), context, identities=self._at_hand())

    def opened(self, path: Path, context: Context) -> AbstractContextManager[Path]:
        """While inside, give the path of a plain file: `path` itself where it is one."""
        return opened(path, self._identities, context, self._copies)

    def can_open(self) -> bool:
        """Say whether a key is at hand that opens what is sealed now."""
        return bool(_matching(self._recipients(), self._at_hand()))

    def _at_hand(self) -> Sequence[str]:
        try:
            return self._identities()
        except OpsError:  # no keyring here, or a locked one: sealing needs none
            return ()


# ---------------------------------------------------------------- sealing


def is_sealed(path: Path) -> bool:
    """Say whether `path` is named, or begins, as a sealed archive."""
    if path.suffix == SUFFIX:
        return True
    with suppress(OSError), path.open("rb") as file:
        return age.is_age(file)
    return False


def seal(
    path: Path, recipients: Sequence[str], context: Context, *, identities: Sequence[str] = ()
) -> Written:
    """Replace the archive `path` by `path`.age, which only `recipients` can open; return that.

    The plain file and its sidecar go only after the sealed one is on the disk and was read back:
    opened and compared where one of `identities` allows it, else compared as it is.  Failed or
    cancelled, the plain archive stays as it was and nothing is beside it.
    """
    if not recipients:
        raise OpsError(
            tr("There is no key to which backups could be sealed."),
            hint=tr("Make a key in the settings, or with gmops seal key make."),
            unharmed=tr("The archive is unchanged."),
        )
    target = path.with_name(path.name + SUFFIX)
    part = target.with_name(target.name + ".part")
    _refuse_to_seal(path)
    with _explained(target):
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        part.unlink(missing_ok=True)
        try:
            written = _write(path, part, recipients, identities, context)
            with context.uncut():
                text = f"{written.sha256}  {target.name}\n"
                write_atomically(sidecar(target), text.encode(), 0o644)
                os.replace(part, target)
                sync_folder(target.parent)
                path.unlink()
                sidecar(path).unlink(missing_ok=True)
        finally:
            part.unlink(missing_ok=True)
            if not target.exists():
                sidecar(target).unlink(missing_ok=True)
    return replace(written, path=target)


def _refuse_to_seal(path: Path) -> None:
    try:
        with path.open("rb") as file:
            sealed = age.is_age(file)
    except OSError as error:
        raise cannot_read(path, error) from error
    if sealed:
        raise OpsError(
            tr("{path} is sealed already.", path=path), unharmed=tr("The archive is unchanged.")
        )


def _write(
    path: Path,
    part: Path,
    recipients: Sequence[str],
    identities: Sequence[str],
    context: Context,
) -> Written:
    """Write `path` sealed to `part` and read it back."""
    with path.open("rb") as plain, _new_file(part) as file:
        size = os.fstat(plain.fileno()).st_size or 1

        def tell(begun: int, done: int) -> None:
            share = begun + min(done, size) * 49 // size
            context.progress(share, tr("Sealing {file}", file=path.name))

        source = _Hashed(plain, lambda done: tell(0, done))
        sealed = _Hashed(file)
        age.seal(source, sealed, recipients)
        stated = _stated(path)
        if stated and stated != source.hexdigest:
            raise ProofFailed(
                tr("{path} is no longer the file that its sidecar speaks of.", path=path),
                hint=tr("Verify it to learn what is wrong with it, and take a new backup."),
                unharmed=tr("It was not sealed, and stays as it is."),
            )
        file.flush()
        os.fsync(file.fileno())
        fitting = _matching(recipients, identities)
        back = _Hashed(None if fitting else file, lambda done: tell(50, done))
        try:
            if fitting:
                age.unseal(file, back, fitting, "")
            else:
                file.seek(0)
                while back.read(1 << 20):
                    pass
        except (age.Broken, age.NoMatch) as error:
            raise _not_read_back(path, part) from error
        if back.hexdigest != (source if fitting else sealed).hexdigest:
            raise _not_read_back(path, part)
    return Written(part, sealed.count, sealed.hexdigest)


def _not_read_back(path: Path, part: Path) -> ProofFailed:
    return ProofFailed(
        tr("The sealed archive is not on the disk as it was written to {path}.", path=part),
        hint=tr("Check the disk, then try again."),
        unharmed=tr("The archive {path} is whole, but not sealed.", path=path),
    )


def _matching(recipients: Sequence[str], identities: Sequence[str]) -> list[str]:
    return [one for one in identities if age.public_key(one) in recipients]


# ---------------------------------------------------------------- opening


@contextmanager
def opened(
    path: Path, identities: Callable[[], Sequence[str]], context: Context, copies: PlainCopies
) -> Iterator[Path]:
    """While inside, give the path of a plain archive; it is removed afterwards.

    A plain archive gives itself, and `identities` is not asked.  Raises `NoIdentity`, `BrokenSeal`,
    or `OpsError` where the disk refuses.
    """
    if not is_sealed(path):
        yield path
        return
    name = path.name.removesuffix(SUFFIX)
    with ExitStack() as stack:
        with _explained(copies.folder / name):
            room = stack.enter_context(copies.room(name))
            with _new_file(room) as file:
                _unseal(path, file, copies.folder, identities, context)
        yield room


def unseal(
    path: Path, out: Path, identities: Callable[[], Sequence[str]], context: Context
) -> Written:
    """Write the plain archive that `path` holds to `out`, with its sidecar; raises as `opened`."""
    part = out.with_name(out.name + ".part")
    with _explained(out):
        if out.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out))
        part.unlink(missing_ok=True)
        try:
            with _new_file(part) as file:
                found = _unseal(path, file, out.parent, identities, context)
                os.fsync(file.fileno())
            with context.uncut():
                text = f"{found.hexdigest}  {out.name}\n"
                write_atomically(sidecar(out), text.encode(), 0o644)
                os.replace(part, out)
                sync_folder(out.parent)
        finally:
            part.unlink(missing_ok=True)
            if not out.exists():
                sidecar(out).unlink(missing_ok=True)
    return Written(out, found.count, found.hexdigest)


def verify_any(path: Path, open_: Open, context: Context) -> Verification:
    """Verify an archive, sealed or not.

    A sealed one must also open as it was sealed and fit its own sidecar.  Raises `OpsError` where
    it cannot be read, and `NoIdentity` where no key opens it: it is then neither proved nor broken.
    """
    begun = time.monotonic()
    try:
        with open_(path, context) as plain:
            found = verify(plain, context)
            if plain == path:
                return found
    except BrokenSeal as broken:
        return Verification(
            ok=False,
            faults=(broken.fault,),
            frames=0,
            rows=0,
            text_bytes=0,
            file_bytes=path.stat().st_size,
            seconds=time.monotonic() - begun,
        )
    faults = found.faults
    with path.open("rb") as file:
        sealed = hashlib.file_digest(file, "sha256").hexdigest()
    if _stated(path) not in ("", sealed):
        name = sidecar(path).name
        faults = (*faults, tr("The sidecar {name} states another SHA-256.", name=name))
    return replace(
        found,
        ok=not faults,
        faults=faults,
        file_bytes=path.stat().st_size,
        seconds=time.monotonic() - begun,
    )


def _unseal(
    path: Path,
    target: BinaryIO,
    folder: Path,
    identities: Callable[[], Sequence[str]],
    context: Context,
) -> _Hashed:
    """Write the content of `path` to `target`, a file in `folder`; return what was written."""
    try:
        source = path.open("rb")
    except OSError as error:
        raise cannot_read(path, error) from error
    with source:
        size = os.fstat(source.fileno()).st_size or 1
        if not age.is_age(source):
            raise BrokenSeal(path, tr("It is not an age file."))
        keys = _asked(path, identities)
        if shutil.disk_usage(folder).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

        def tell(done: int) -> None:
            percent = min(done, size) * 99 // size
            context.progress(percent, tr("Opening {file}", file=path.name))

        written = _Hashed(target, tell)
        try:
            age.unseal(source, written, keys, _stated(path))
        except age.Broken as broken:
            raise BrokenSeal(path, broken.fault) from broken
        except age.NoMatch as error:
            raise _no_identity(path) from error
        target.flush()
    return written


def _no_identity(path: Path, why: str = "") -> NoIdentity:
    what = tr("{file} is sealed, and none of the keys on this computer opens it.", file=path.name)
    return NoIdentity(
        f"{what} {why}".strip(),
        hint=tr(
            "Import the key from its recovery sheet, in the settings or with gmops seal key import."
        ),
        unharmed=tr("The archive itself is not touched."),
    )


def _asked(path: Path, identities: Callable[[], Sequence[str]]) -> Sequence[str]:
    try:
        keys = identities()
    except OpsError as error:  # no keyring, or a locked one
        raise _no_identity(path, error.message) from error
    if not keys:
        raise _no_identity(path)
    return keys


# ---------------------------------------------------------------- files


class _Hashed:
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


def _new_file(path: Path) -> BinaryIO:
    """Make a file for its owner alone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "w+b")


def _stated(path: Path) -> str:
    """Return the SHA-256 that the sidecar of `path` states, or nothing."""
    try:
        words = sidecar(path).read_text("utf-8").split()
    except (OSError, ValueError):
        return ""
    return words[0] if words and re.fullmatch("[0-9a-f]{64}", words[0]) else ""


@contextmanager
def _explained(path: Path) -> Iterator[None]:
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
