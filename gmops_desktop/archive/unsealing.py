"""Opens sealed archives: as private plain copies while they are read, or for good."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from gmops_desktop.archive import age
from gmops_desktop.archive.files import Hashed, explained, new_file, stated_digest
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.tree.verification import verify
from gmops_desktop.archive.verification import Verification
from gmops_desktop.archive.writer import Written, sidecar, write_sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder

SUFFIX: Final = ".age"

Open = Callable[[Path, Context], AbstractContextManager[Path]]
Identities = Callable[[], Sequence[str]]  # asks for the secret keys at hand


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


def is_sealed(path: Path) -> bool:
    """Say whether `path` is named, or begins, as a sealed archive."""
    if path.suffix == SUFFIX:
        return True
    with suppress(OSError), path.open("rb") as file:
        return age.is_age(file)
    return False


@contextmanager
def opened(
    path: Path, identities: Identities, context: Context, copies: PlainCopies
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
        with explained(copies.folder / name):
            room = stack.enter_context(copies.room(name))
            with new_file(room) as file:
                _unseal(path, file, copies.folder, identities, context)
        yield room


def unseal(path: Path, out: Path, identities: Identities, context: Context) -> Written:
    """Write the plain archive that `path` holds to `out`, with its sidecar; raises as `opened`."""
    part = out.with_name(out.name + ".part")
    with explained(out):
        if out.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out))
        part.unlink(missing_ok=True)
        try:
            with new_file(part) as file:
                found = _unseal(path, file, out.parent, identities, context)
                os.fsync(file.fileno())
            with context.uncut():
                write_sidecar(out, found.hexdigest)
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
    if stated_digest(path) not in ("", sealed):
        name = sidecar(path).name
        faults = (*faults, tr("The sidecar {name} states another SHA-256.", name=name))
    return replace(
        found,
        ok=found.ok and not faults,
        faults=faults,
        file_bytes=path.stat().st_size,
        seconds=time.monotonic() - begun,
    )


def _unseal(
    path: Path,
    target: BinaryIO,
    folder: Path,
    identities: Identities,
    context: Context,
) -> Hashed:
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

        written = Hashed(target, tell)
        try:
            age.unseal(source, written, keys, stated_digest(path))
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


def _asked(path: Path, identities: Identities) -> Sequence[str]:
    try:
        keys = identities()
    except OpsError as error:  # no keyring, or a locked one
        raise _no_identity(path, error.message) from error
    if not keys:
        raise _no_identity(path)
    return keys
